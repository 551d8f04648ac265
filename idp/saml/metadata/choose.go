// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

// Answers go to endpoints that are written in the metadata, letter by letter.
// Clau answers by POST alone, so no other endpoint is ever chosen.

// DefaultACS is where answers go when the request does not say
// (saml-metadata-2.0-os section 2.2.3): the first that says it is the default,
// else the first that does not say it is not, else the first.
func (p *Provider) DefaultACS() (Endpoint, bool) {
	var open, first *Endpoint
	for i := range p.ACS {
		e := &p.ACS[i]
		switch {
		case e.Binding != BindingPOST:
			continue
		case e.Default:
			return *e, true
		}
		if open == nil && !e.notDefault {
			open = e
		}
		if first == nil {
			first = e
		}
	}
	if open == nil {
		open = first
	}
	if open == nil {
		return Endpoint{}, false
	}
	return *open, true
}

// ACSByIndex is the endpoint that a request names by AssertionConsumerServiceIndex.
func (p *Provider) ACSByIndex(index int) (Endpoint, bool) {
	return first(p.ACS, func(e Endpoint) bool { return e.Index == index && index >= 0 })
}

// ACSByURL is the endpoint that a request names by AssertionConsumerServiceURL.
func (p *Provider) ACSByURL(location string) (Endpoint, bool) {
	return first(p.ACS, func(e Endpoint) bool { return e.Location == location })
}

func first(endpoints []Endpoint, fits func(Endpoint) bool) (Endpoint, bool) {
	for _, e := range endpoints {
		if e.Binding == BindingPOST && fits(e) {
			return e, true
		}
	}
	return Endpoint{}, false
}

// Logout is the endpoint for single logout by one binding.
func (p *Provider) Logout(binding string) (Endpoint, bool) {
	for _, e := range p.SLO {
		if e.Binding == binding {
			return e, true
		}
	}
	return Endpoint{}, false
}

// Attributes is the set that a request means by AttributeConsumingServiceIndex;
// nil is the default one. A provider that lists none asks for nothing.
func (p *Provider) Attributes(index *int) (AttributeSet, bool) {
	for _, set := range p.AttributeSets {
		if index != nil && set.Index == *index || index == nil && set.Default {
			return set, true
		}
	}
	if index != nil || len(p.AttributeSets) == 0 {
		return AttributeSet{}, false
	}
	return p.AttributeSets[0], true
}

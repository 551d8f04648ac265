// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"cmp"
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/directory"
)

// Move returns the service at another address: what the preset had made of the
// old one is made of the new one. Addresses there that somebody chose stay, and
// are named, as do those of a service provider: its metadata says them, and not
// we. A page below the old address is only another front page.
func (p Preset) Move(s directory.Service, to string) (directory.Service, []string, error) {
	old := p.recall(s)
	if to == old.URL || strings.HasPrefix(to, old.URL+"/") {
		s.URL = to
		return s, nil, nil
	}
	address, fault := cleanAddress(to)
	if fault != nil {
		return s, nil, fault
	}
	there := old
	there.locate(address)
	made, err := p.readdressed(s, old, there)
	if err != nil {
		return s, nil, err
	}
	if s.URL, err = expand(cmp.Or(p.Link, "{{.URL}}"), there); err != nil {
		return s, nil, err
	}
	var stay []string
	s = unshared(s)
	for _, one := range addresses(&s) {
		switch now, ok := made[*one]; {
		case ok:
			*one = now
		case old.Origin != "" && (*one == old.Origin || strings.HasPrefix(*one, old.Origin+"/")):
			stay = append(stay, *one)
		}
	}
	return s, append(stay, p.said(s)...), nil
}

// said are addresses that are not ours to change.
func (p Preset) said(s directory.Service) []string {
	if s.SAML == nil {
		return nil
	}
	return slices.Compact([]string{s.SAML.EntityID, cmp.Or(s.SAML.Settings.MetadataURL, s.SAML.EntityID)})
}

// readdressed are the addresses that the preset makes at one place, and each at
// the other.
func (p Preset) readdressed(s directory.Service, old, there facts) (map[string]string, error) {
	var before, after directory.Service
	in := Input{Name: s.Name, Provider: s.SAML}
	if err := p.speak(&before, in, old); err != nil {
		return nil, err
	}
	if err := p.speak(&after, in, there); err != nil {
		return nil, err
	}
	from, to := addresses(&before), addresses(&after)
	made := map[string]string{}
	for i := range min(len(from), len(to)) {
		made[*from[i]] = *to[i]
	}
	return made, nil
}

// addresses are all that a service is registered with, in one order.
func addresses(s *directory.Service) []*string {
	var out []*string
	list := func(of []string) {
		for i := range of {
			out = append(out, &of[i])
		}
	}
	switch {
	case s.OIDC != nil:
		m := &s.OIDC.Metadata
		list(s.OIDC.RedirectURIs)
		list(m.PostLogoutRedirectURIs)
		out = append(out, &m.BackchannelLogoutURI, &m.FrontchannelLogoutURI, &m.InitiateLoginURI)
	case s.Discourse != nil:
		list(s.Discourse.ReturnURLs)
	case s.Forward != nil:
		list(s.Forward.Origins)
	}
	return out
}

// unshared copies what is about to be written to: others may hold the record.
func unshared(s directory.Service) directory.Service {
	switch {
	case s.OIDC != nil:
		c := *s.OIDC
		c.RedirectURIs, c.Metadata.PostLogoutRedirectURIs = slices.Clone(c.RedirectURIs), slices.Clone(c.Metadata.PostLogoutRedirectURIs)
		s.OIDC = &c
	case s.Discourse != nil:
		d := *s.Discourse
		d.ReturnURLs = slices.Clone(d.ReturnURLs)
		s.Discourse = &d
	case s.Forward != nil:
		f := *s.Forward
		f.Origins = slices.Clone(f.Origins)
		s.Forward = &f
	}
	return s
}

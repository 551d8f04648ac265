// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// Options say what is taken beyond the rules.
type Options struct {
	// Loopback lets endpoints of this machine be http, as redirect addresses
	// of OpenID Connect may.
	Loopback bool
}

// entityIDMax is in bytes. The schema has 1024; what identifies a service in
// indexes, tokens and logs is shorter, and so is every one that is in use.
const entityIDMax = 256

// Parse reads the metadata of one service provider and checks all that Clau
// relies on. Errors are [Faults]: everything that is wrong, at once. Unknown
// parts are passed over (saml-metadata-2.0-os section 2.3: extensions); a
// signature is neither verified nor needed, since who hands the document in
// vouches for it: see [Fetcher] for what comes from elsewhere.
func Parse(raw []byte, at time.Time, o Options) (Provider, error) {
	root, err := xmlsig.Parse(raw, xmlsig.Metadata())
	if err != nil {
		return Provider{}, Faults{{Code: "xml", Value: clip(err.Error())}}
	}
	switch {
	case xmlsig.Is(root, nsMD, "EntityDescriptor"):
		return parseEntity(root, at, o)
	case xmlsig.Is(root, nsMD, "EntitiesDescriptor"):
		return Provider{}, Faults{{Code: "aggregate", Value: "EntitiesDescriptor"}}
	}
	return Provider{}, Faults{{Code: "not-metadata", Value: clip(root.Tag)}}
}

func parseEntity(root *etree.Element, at time.Time, o Options) (Provider, error) {
	r := &reader{loopback: o.Loopback}
	r.entity(root)
	if r.provider.Expired(at) {
		r.fault("expired", r.provider.ValidUntil.Format(time.DateTime))
	}
	if len(r.faults) > 0 {
		return Provider{}, Faults(r.faults)
	}
	r.provider.Notes = r.notes
	return r.provider, nil
}

// reader makes a [Provider] of an EntityDescriptor.
type reader struct {
	findings
	loopback bool
	provider Provider
	signing  keyring
	sealing  keyring
}

func (r *reader) entity(root *etree.Element) {
	p := &r.provider
	p.EntityID, _ = xmlsig.Attr(root, "entityID")
	if !identifier(p.EntityID) {
		r.fault("entity-id", p.EntityID)
	}
	for el := root; el != nil; el = el.Parent() {
		r.validity(el) // that of a group is that of all in it
	}
	p.EntityAttributes = entityAttributes(xmlsig.Child(root, nsMD, "Extensions"))
	p.Organization = r.organization(xmlsig.Child(root, nsMD, "Organization"))
	roles := 0
	for _, role := range xmlsig.Children(root, nsMD, "SPSSODescriptor") {
		protocols, _ := xmlsig.Attr(role, "protocolSupportEnumeration")
		if slices.Contains(strings.Fields(protocols), protocolSAML2) {
			r.role(role)
			roles++
		}
	}
	if roles == 0 {
		r.fault("no-role", p.EntityID)
		return
	}
	r.conclude()
}

// identifier reports whether an entityID is one. It becomes an audience, a
// qualifier and a key of indexes, so nothing that is read in two ways is taken.
func identifier(id string) bool {
	if id == "" || len(id) > entityIDMax || strings.ContainsFunc(id, blank) {
		return false
	}
	u, err := url.Parse(id)
	return err == nil && u.IsAbs()
}

func blank(c rune) bool { return odd(c) || unicode.IsSpace(c) }

// validity takes the shortest of what the entity and its roles say.
func (r *reader) validity(el *etree.Element) {
	p := &r.provider
	until, err := validUntil(el)
	if err != nil {
		r.fault("date", err.Error())
	}
	p.ValidUntil = earlier(p.ValidUntil, until)
	cache, err := cacheDuration(el)
	if err != nil {
		r.fault("duration", err.Error())
	}
	if cache > 0 && (p.CacheDuration == 0 || cache < p.CacheDuration) {
		p.CacheDuration = cache
	}
}

// earlier is the earlier of two times that are said.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// role reads one SPSSODescriptor (saml-metadata-2.0-os section 2.4.4).
func (r *reader) role(el *etree.Element) {
	p := &r.provider
	r.validity(el)
	p.AuthnRequestsSigned = r.boolean(el, "AuthnRequestsSigned") || p.AuthnRequestsSigned
	p.WantAssertionsSigned = r.boolean(el, "WantAssertionsSigned") || p.WantAssertionsSigned
	for _, key := range xmlsig.Children(el, nsMD, "KeyDescriptor") {
		r.key(key)
	}
	r.consumers(el)
	r.logouts(el)
	for _, format := range xmlsig.Children(el, nsMD, "NameIDFormat") {
		if f := clip(xmlsig.Text(format)); f != "" && !slices.Contains(p.NameIDFormats, f) && len(p.NameIDFormats) < most {
			p.NameIDFormats = append(p.NameIDFormats, f)
		}
	}
	r.attributeSets(el)
	r.interfaces(xmlsig.Child(el, nsMD, "Extensions"))
}

// conclude checks what only the whole can tell.
func (r *reader) conclude() {
	p := &r.provider
	r.keys()
	if _, ok := p.DefaultACS(); !ok {
		r.fault("no-post-acs", p.EntityID)
	}
	if p.AuthnRequestsSigned && len(p.SigningKeys) == 0 {
		r.fault("key-for-signed", p.EntityID)
	}
}

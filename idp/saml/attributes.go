// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/signon"
)

// wireName is what an attribute is called on the wire.
type wireName struct{ name, friendly string }

// Identifiers that are attributes (saml-subject-id-attr-v1.0 sections 3.3, 3.4).
var (
	subjectID  = wireName{"urn:oasis:names:tc:SAML:attribute:subject-id", "subject-id"}
	pairwiseID = wireName{"urn:oasis:names:tc:SAML:attribute:pairwise-id", "pairwise-id"}
)

// What the OID set has besides what is released under its own name.
var (
	principalName     = wireName{"urn:oid:1.3.6.1.4.1.5923.1.1.1.6", "eduPersonPrincipalName"}
	scopedAffiliation = wireName{"urn:oid:1.3.6.1.4.1.5923.1.1.1.9", "eduPersonScopedAffiliation"}
)

// basicNames are what small applications look for.
var basicNames = map[release.Attribute]wireName{
	release.Handle:     {name: "uid"},
	release.Mail:       {name: "mail"},
	release.Name:       {name: "displayName"},
	release.GivenName:  {name: "givenName"},
	release.FamilyName: {name: "sn"},
	release.Language:   {name: "preferredLanguage"},
	release.Tongue:     {name: "language"},
	release.Groups:     {name: "groups"},
	release.Roles:      {name: "roles"},
}

// oidNames are those of federations (saml-profiles-2.0-os section 8.2). There is
// none for what a person may do at one service.
var oidNames = map[release.Attribute]wireName{
	release.Handle:     {"urn:oid:0.9.2342.19200300.100.1.1", "uid"},
	release.Mail:       {"urn:oid:0.9.2342.19200300.100.1.3", "mail"},
	release.Name:       {"urn:oid:2.16.840.1.113730.3.1.241", "displayName"},
	release.GivenName:  {"urn:oid:2.5.4.42", "givenName"},
	release.FamilyName: {"urn:oid:2.5.4.4", "sn"},
	release.Language:   {"urn:oid:2.16.840.1.113730.3.1.39", "preferredLanguage"},
	release.Groups:     {"urn:oid:1.3.6.1.4.1.5923.1.5.1.1", "isMemberOf"},
}

// naming is the set that a service reads: one of the two, and never both.
func naming(s directory.SAMLSettings) map[release.Attribute]wireName {
	if s.Names == "oid" {
		return oidNames
	}
	return basicNames
}

// research is what a service of the category Research and Scholarship gets
// where its metadata names nothing (REFEDS R&S 1.3 section 6).
const research = "http://refeds.org/category/research-and-scholarship"

func researchBundle() []string {
	var out []string
	for _, a := range []release.Attribute{release.Handle, release.Mail, release.Name, release.GivenName, release.FamilyName} {
		out = append(out, basicNames[a].name, oidNames[a].name)
	}
	return append(out, principalName.name, scopedAffiliation.name)
}

// attribute is one Attribute of an assertion.
type attribute struct {
	wireName
	values []string
}

// attributesOf are those of an assertion: what was released and the record still
// allows, under the names that the service reads, and of that what it asked for.
// None stands twice.
func (p *Provider) attributesOf(from party, to reply, result signon.Result) []attribute {
	settings := from.settings()
	released := result.Release.Only(allowed(settings))
	names := naming(settings)
	var out []attribute
	for _, a := range release.Attributes() {
		if name, ok := names[a]; ok && to.wants(name) {
			if values, there := p.valuesOf(a, released, settings); there {
				out = append(out, attribute{name, values})
			}
		}
	}
	if settings.Names == "oid" {
		out = append(out, p.derived(to, released)...)
	}
	out = append(out, p.identifiers(from, to, result.Subject)...)
	slices.SortStableFunc(out, func(a, b attribute) int { return cmp.Compare(a.friendly, b.friendly) })
	return out
}

// wants reports whether the service asked for an attribute. One that names
// nothing asks for all that its record allows.
func (r reply) wants(name wireName) bool {
	return len(r.Only) == 0 || slices.Contains(r.Only, name.name)
}

// valuesOf returns the values of a released attribute, and whether it was.
// Without groups it is there and has no value: services that synchronise take
// people out of groups by it, and read a missing one as "no change".
func (p *Provider) valuesOf(a release.Attribute, r release.Release, s directory.SAMLSettings) ([]string, bool) {
	switch a {
	case release.Groups:
		return groupsOf(r, s.GroupFormat)
	case release.Mail:
		return presentable(addressOf(r))
	}
	switch v := r[a].(type) {
	case string:
		return presentable(v)
	case []string:
		return presentable(v...)
	}
	return nil, false
}

func groupsOf(r release.Release, format directory.GroupFormat) ([]string, bool) {
	if format == directory.GroupsObjects {
		format = directory.GroupsArray
	}
	switch v := release.GroupValues(r, format).(type) {
	case []string:
		values, _ := presentable(v...)
		return values, true
	case string:
		values, _ := presentable(v)
		return values, true
	}
	return nil, false
}

// derived are attributes of federations that say what was released in another
// way. The principal name is made from the handle and never from an address,
// which people can change to somebody else's.
func (p *Provider) derived(to reply, r release.Release) []attribute {
	var out []attribute
	if handle, _ := r[release.Handle].(string); handle != "" && to.wants(principalName) {
		out = append(out, attribute{principalName, []string{p.scoped(handle)}})
	}
	if len(release.GroupList(r)) > 0 && to.wants(scopedAffiliation) {
		out = append(out, attribute{scopedAffiliation, []string{p.scoped("member")}})
	}
	return out
}

// identifiers are subject-id and pairwise-id. The first is for services that
// know people by their handle on purpose; to all others it is pairwise, whatever
// they ask for.
func (p *Provider) identifiers(from party, to reply, subject string) []attribute {
	if !to.Identifier || subject == "" {
		return nil
	}
	name := pairwiseID
	if from.service.PublicSubject() {
		name = subjectID
	}
	// Neither may have but letters, digits, "-" and "=".
	unique := strings.NewReplacer(".", "=2E", "_", "=5F").Replace(subject)
	return []attribute{{name, []string{p.scoped(unique)}}}
}

func (p *Provider) scoped(value string) string { return value + "@" + p.host }

// valueMax is in characters (Kantara saml2int SDP-G02). What is longer would be
// cut off by services, each at another place.
const valueMax = 256

// presentable leaves out values that no service could read, and reports whether
// any is left.
func presentable(values ...string) ([]string, bool) {
	var out []string
	for _, v := range values {
		if v = strings.Map(xmlCharacter, v); v != "" && utf8.RuneCountInString(v) <= valueMax {
			out = append(out, v)
		}
	}
	return out, len(out) > 0
}

// xmlCharacter replaces what XML 1.0 (section 2.2) cannot say even escaped.
func xmlCharacter(c rune) rune {
	if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0xfffe || c == 0xffff {
		return utf8.RuneError
	}
	return c
}

// statementOf writes an AttributeStatement; none is nil, since an empty one
// would not be valid.
func statementOf(attributes []attribute) *etree.Element {
	if len(attributes) == 0 {
		return nil
	}
	statement := etree.NewElement("saml:AttributeStatement")
	statement.CreateAttr("xmlns:xs", nsXS)
	statement.CreateAttr("xmlns:xsi", nsXSI)
	for _, a := range attributes {
		el := statement.CreateElement("saml:Attribute")
		el.CreateAttr("Name", a.name)
		el.CreateAttr("NameFormat", a.format())
		if a.friendly != "" {
			el.CreateAttr("FriendlyName", a.friendly)
		}
		for _, v := range a.values {
			value := el.CreateElement("saml:AttributeValue")
			value.CreateAttr("xsi:type", "xs:string")
			value.SetText(v)
		}
	}
	return statement
}

func (n wireName) format() string {
	if strings.HasPrefix(n.name, "urn:") {
		return metadata.NameFormatURI
	}
	return metadata.NameFormatBasic
}

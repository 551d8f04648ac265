// SPDX-License-Identifier: AGPL-3.0-or-later

// Package release decides which attributes a service gets of a person: what the
// service needs, cut by what the collective allows and the person agreed to.
// Every protocol, and every answer of each (id_token, userinfo, introspection,
// refresh, assertion), takes its attributes from [Decide] and from nowhere else.
//
// It never writes, never asks anybody, and knows no protocol.
package release

import (
	"slices"

	"commonscloud.coop/clau/idp/directory"
)

// Attribute names something that can be released, in the words of OpenID
// Connect Core section 5.1 where it has one.
type Attribute string

const (
	Name         Attribute = "name"
	GivenName    Attribute = "given_name"
	FamilyName   Attribute = "family_name"
	Handle       Attribute = "preferred_username"
	Mail         Attribute = "email"
	MailVerified Attribute = "email_verified"
	Language     Attribute = "locale"
	Groups       Attribute = "groups"
)

// Attributes are all that Clau can release, in the order pages show them.
func Attributes() []Attribute {
	return []Attribute{Name, GivenName, FamilyName, Handle, Mail, MailVerified, Language, Groups}
}

// Need is what a service asks for, whatever the protocol.
type Need []Attribute

// Has reports whether the attribute is asked for.
func (n Need) Has(a Attribute) bool { return slices.Contains(n, a) }

// Release is the exact set of attributes that a sign-on hands to a service. A
// value is a string, a bool, or a []string.
type Release map[Attribute]any

// Only returns the part of r that the need names: an id_token carries less than
// userinfo, and neither more than was released.
func (r Release) Only(n Need) Release {
	out := make(Release, len(n))
	for _, a := range n {
		if v, ok := r[a]; ok {
			out[a] = v
		}
	}
	return out
}

// Terms are what the collective's policy and the person's decision leave. The
// zero value leaves nothing.
type Terms struct {
	Allowed Need
	As      *Appearance                // nil: as they are
	Groups  []directory.CollectiveName // whose membership may be told
}

// Appearance stands in place of the real values. An empty one is not released.
type Appearance struct {
	Name         string
	Handle       string
	Mail         string
	MailVerified bool
}

// Facts are what the decision is made from.
type Facts struct {
	Person   directory.Person
	Standing directory.Standing
	Service  directory.Service
	Terms    Terms
}

// Decide returns what of the need is released: what the terms allow, under the
// appearance that they name. An attribute without a value is left out; groups
// are released even when there are none, and even when the person keeps them to
// themselves, since services that synchronise them read a missing list as "no
// change".
func Decide(need Need, f Facts) Release {
	all := Values(need, f)
	if f.Terms.As != nil {
		all = disguised(all, need, *f.Terms.As)
	}
	out := all.Only(f.Terms.Allowed)
	if need.Has(Groups) {
		out[Groups] = []string{}
	}
	if need.Has(Groups) && f.Terms.Allowed.Has(Groups) {
		out[Groups] = groups(f, f.Terms.Groups)
	}
	return out
}

// Values returns what there is of the need, allowed or not. It is what people
// are shown before they decide, and nothing else may be done with it.
func Values(need Need, f Facts) Release {
	out := make(Release, len(need))
	for _, a := range need {
		if v, ok := value(a, f); ok {
			out[a] = v
		}
	}
	return out
}

// disguised puts an appearance in place of everything that names the person.
func disguised(real Release, need Need, as Appearance) Release {
	out := real.Only(Need{Language, Groups})
	for a, v := range map[Attribute]string{Name: as.Name, Handle: as.Handle, Mail: as.Mail} {
		if need.Has(a) && v != "" {
			out[a] = v
		}
	}
	if need.Has(MailVerified) && as.Mail != "" {
		out[MailVerified] = as.MailVerified
	}
	return out
}

func value(a Attribute, f Facts) (any, bool) {
	p := f.Person
	switch a {
	case Name:
		return p.Name, p.Name != ""
	case GivenName:
		return p.GivenName, p.GivenName != "" && !p.Anonymous
	case FamilyName:
		return p.FamilyName, p.FamilyName != "" && !p.Anonymous
	case Handle:
		return string(p.Handle), p.Handle != ""
	case Mail:
		return p.Mail, p.Mail != ""
	case MailVerified:
		return slices.Contains(p.Verified, p.Mail), p.Mail != ""
	case Language:
		return p.Language, p.Language != ""
	case Groups:
		return groups(f, everyCollective(f.Standing)), true
	}
	return nil, false
}

// groups lists "<collective>" for each membership that concerns the service,
// and "<collective>.<role>" for each role it was given there, of the
// collectives that may be told. A public service may be told of every
// collective of the person; any other only of those it is open to, so that it
// does not learn of the rest.
func groups(f Facts, told []directory.CollectiveName) []string {
	out := []string{}
	for _, m := range f.Standing.Memberships {
		if concerns(m.Collective, f.Service) && slices.Contains(told, m.Collective) {
			out = append(out, string(m.Collective))
		}
	}
	for _, a := range f.Standing.Access {
		// Whoever was let in from outside has no membership to keep quiet about.
		quiet := f.Standing.MemberOf(a.Collective) && !slices.Contains(told, a.Collective)
		if a.Service == f.Service.ID && a.Role != "" && concerns(a.Collective, f.Service) && !quiet {
			out = append(out, string(a.Collective)+"."+a.Role)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func everyCollective(s directory.Standing) []directory.CollectiveName {
	var out []directory.CollectiveName
	for _, m := range s.Memberships {
		out = append(out, m.Collective)
	}
	for _, a := range s.Access {
		out = append(out, a.Collective)
	}
	return out
}

func concerns(c directory.CollectiveName, s directory.Service) bool {
	return s.Access == directory.AccessPublic || c == s.Collective || slices.Contains(s.Guests, c)
}

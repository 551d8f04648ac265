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
	"strings"

	"commonscloud.coop/clau/idp/directory"
)

// Need is what a service asks for, whatever the protocol.
type Need []Attribute

// Has reports whether the attribute is asked for.
func (n Need) Has(a Attribute) bool { return slices.Contains(n, a) }

// Release is the exact set of attributes that a sign-on hands to a service. A
// value is a string, a bool, a []string, or for [Collectives] a []Place.
type Release map[Attribute]any

// Only returns the part of r that the need names: an id_token carries less than
// userinfo, and neither more than was released.
func (r Release) Only(n Need) Release {
	out := make(Release, min(len(n), len(r)))
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
// appearance that they name. An attribute without a value is left out; lists are
// released even when there is nothing in them, and even when the person keeps it
// to themselves, since services that synchronise them read a missing list as "no
// change".
func Decide(need Need, f Facts) Release {
	all := values(need, f, f.Terms.Groups)
	if f.Terms.As != nil {
		all = disguised(all, need, *f.Terms.As)
	}
	out := all.Only(f.Terms.Allowed)
	for _, a := range need {
		if _, some := out[a]; !some && emptyOf(a) != nil {
			out[a] = emptyOf(a)
		}
	}
	return out
}

// emptyOf is the list with nothing in it, of attributes that are lists.
func emptyOf(a Attribute) any {
	switch a {
	case Groups, Roles:
		return []string{}
	case Collectives:
		return []Place{}
	}
	return nil
}

// Values returns what there is of the need, allowed or not. It is what people
// are shown before they decide, and nothing else may be done with it.
func Values(need Need, f Facts) Release {
	return values(need, f, everyCollective(f.Standing))
}

// values names no collectives but those that may be told.
func values(need Need, f Facts, told []directory.CollectiveName) Release {
	out := make(Release, len(need))
	for _, a := range need {
		if v, ok := value(a, f, told); ok {
			out[a] = v
		}
	}
	return out
}

// disguised puts an appearance in place of everything that names the person.
func disguised(real Release, need Need, as Appearance) Release {
	out := real.Only(Need{Language, Tongue, Groups, Collectives, Roles})
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

func value(a Attribute, f Facts, told []directory.CollectiveName) (any, bool) {
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
	case Tongue:
		return strings.ReplaceAll(p.Language, "-", "_"), p.Language != ""
	case Groups:
		return groups(f, told), true
	case Collectives:
		return collectives(f, told), true
	case Roles:
		held := roles(f)
		return held, len(held) > 0
	}
	return nil, false
}

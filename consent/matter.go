// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"slices"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// matter is an input made ready to be judged.
type matter struct {
	*Input
	rules   Effective
	through directory.CollectiveName
	public  bool            // the service knows people by their handle
	units   []item          // what is decided about: needed, not forbidden, and there
	values  release.Release // as they are
	offers  []directory.Appearance
	offered []directory.CollectiveName

	known     directory.Consent    // zero: there is none
	kept      directory.Appearance // decided earlier and still to be had; empty: neither
	stopped   bool
	assembly  bool // an agreement is in force
	chosen    bool // the person decided, and what they kept back stands
	live      bool // what they agreed to stands as well
	rewritten bool // what the screen says above the items has changed since
}

func hear(in *Input) *matter {
	m := &matter{Input: in, rules: in.Policy.For(in.Service.Name), through: Through(in.Service, in.Person, in.Standing)}
	m.public = in.Service.PublicSubject()
	m.offered = offered(in.Service, in.Standing)
	m.recall()
	m.read()
	return m
}

// recall takes up what was decided earlier. A consent of somebody else, or for
// something else, is none.
func (m *matter) recall() {
	if c := m.Consent; c != nil && c.Person == m.Person.ID && c.Service == m.Service.ID {
		m.known = *c
	}
	there := m.known.Person != ""
	m.stopped = there && m.known.State != directory.Active
	m.assembly = m.rules.agreed(m.Now) && !m.stopped
	over := !m.Now.Before(m.known.Expires)
	m.chosen = there && !m.stopped && m.known.Asked && (m.assembly || !over)
	m.live = m.chosen && !over
	lang, sum := shown(m.known.Shown).part(screenPart)
	m.rewritten = m.live && !m.screen(lang).is(sum)
}

// read finds what there is to decide: first what the service needs, then how
// the person can appear so that it gets what it must have, then which of the
// needed attributes exist at all under one of these appearances.
func (m *matter) read() {
	needed := m.needed()
	m.values = m.real(units(needed))
	m.offers = m.appearances(needed)
	if m.chosen && slices.Contains(m.offers, m.known.Appearance) {
		m.kept = m.known.Appearance
	}
	m.units = slices.DeleteFunc(needed, func(i item) bool { return !m.there(i.unit) })
}

// real returns the values of attributes as they are.
func (m *matter) real(of release.Need) release.Release {
	return release.Values(of, release.Facts{Person: m.Person, Standing: m.Standing, Service: m.Service})
}

// ruled reports whether a policy can have a rule about an attribute.
func ruled(a release.Attribute) bool {
	return a.Decided() == a && slices.Contains(release.Attributes(), a)
}

// naming reports whether an attribute depends on how the person appears.
func naming(u release.Attribute) bool {
	switch u {
	case release.Name, release.GivenName, release.FamilyName, release.Handle, release.Mail:
		return true
	}
	return false
}

// item is an attribute that is needed, and what holds for it.
type item struct {
	unit release.Attribute
	rule Rule
}

// needed are the attributes asked for and not forbidden, in the order of pages.
func (m *matter) needed() []item {
	out := make([]item, 0, 8)
	for _, u := range [...]release.Attribute{
		release.Name, release.GivenName, release.FamilyName, release.Handle, release.Mail, release.Language, release.Groups,
		release.Roles,
	} {
		covers := func(a release.Attribute) bool { return a.Decided() == u }
		asked := slices.ContainsFunc(m.Need, covers) || u == release.Handle && m.public
		if !asked {
			continue
		}
		if r := m.rule(u); r.Need != Forbidden {
			out = append(out, item{u, r})
		}
	}
	return out
}

func units(of []item) release.Need {
	out := make(release.Need, len(of))
	for i, one := range of {
		out[i] = one.unit
	}
	return out
}

// rule returns what holds for an attribute here. Where the service knows people
// by their handle, or cannot do without something, there is no entering without
// it: a choice that ends at a service's error page is none.
func (m *matter) rule(u release.Attribute) Rule {
	r := m.rules.Rule(u)
	known := m.public && u == release.Handle
	if (known || slices.Contains(m.Service.Essential, string(u))) && r.Need == Optional {
		r.Need = Required
	}
	return r
}

// appearances are those that policy and person allow and that leave nothing out
// which is required.
func (m *matter) appearances(needed []item) []directory.Appearance {
	var out []directory.Appearance
	for _, a := range [...]directory.Appearance{directory.AppearReal, directory.AppearPseudonym, directory.AppearNone} {
		lacking := func(i item) bool { return i.rule.Need == Required && !carries(a, i.unit) }
		if m.allows(a) && !slices.ContainsFunc(needed, lacking) {
			out = append(out, a)
		}
	}
	return out
}

func (m *matter) allows(a directory.Appearance) bool {
	switch {
	case a == directory.AppearReal:
		return !m.Person.Anonymous
	case m.public: // the identifier would name the person all the same
		return false
	case m.Person.Anonymous:
		return m.rules.Anonymous
	}
	return m.rules.Pseudonyms
}

// carries reports whether an appearance has a value for an attribute at all:
// nobody is half anonymous.
func carries(a directory.Appearance, u release.Attribute) bool {
	switch a {
	case directory.AppearReal:
		return true
	case directory.AppearPseudonym:
		return u != release.GivenName && u != release.FamilyName
	}
	return u == release.Mail || !naming(u)
}

// open reports whether the person can choose anew how to appear.
func (m *matter) open() bool {
	return m.kept == "" || m.rewritten || m.Again
}

// there reports whether an attribute has a value under the appearance that
// stands, or under one that can be chosen. What is not there is not asked about.
func (m *matter) there(u release.Attribute) bool {
	if m.assembly || !m.open() {
		return m.has(m.appearance(), u)
	}
	return slices.ContainsFunc(m.offers, func(a directory.Appearance) bool { return m.has(a, u) })
}

func (m *matter) has(a directory.Appearance, u release.Attribute) bool {
	if a != directory.AppearReal && naming(u) {
		return carries(a, u)
	}
	_, ok := m.values[u]
	return ok
}

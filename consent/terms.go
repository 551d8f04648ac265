// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"cmp"
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// terms are what policy and decision leave of the need.
func (m *matter) terms(found []finding) release.Terms {
	t := release.Terms{Allowed: make(release.Need, 0, len(m.Need)), As: m.as(), Groups: m.groups(found)}
	for _, a := range m.Need {
		if m.released(found, a.Decided()) && !t.Allowed.Has(a) {
			t.Allowed = append(t.Allowed, a)
		}
	}
	return t
}

// released reports whether an attribute is agreed to, to the very value that
// would leave, under an appearance that has one.
func (m *matter) released(found []finding, u release.Attribute) bool {
	for _, f := range found {
		if f.unit == u {
			return f.agreed && !f.withheld && carries(m.appearance(), u)
		}
	}
	return false
}

// groups are the collectives whose membership may be told. An assembly speaks
// for its own collective, not for the others that somebody belongs to.
func (m *matter) groups(found []finding) []directory.CollectiveName {
	if !m.released(found, release.Groups) {
		return nil
	}
	decided := m.live && slices.Contains(m.known.Allowed, string(release.Groups))
	var out []directory.CollectiveName
	for _, c := range m.offered {
		if decided && slices.Contains(m.known.Groups, c) || !decided && c == m.through {
			out = append(out, c)
		}
	}
	return out
}

// appearance is as whom the person appears now. What was chosen holds, even
// where the policy would not offer it any more: nobody's real name comes out
// because a rule changed. Nothing makes an anonymous person appear as anything else.
func (m *matter) appearance() directory.Appearance {
	var a directory.Appearance
	switch {
	case m.chosen && m.known.Appearance != "":
		a = m.known.Appearance
	case m.assembly && m.Person.Anonymous && len(m.offers) > 0:
		a = m.offers[0]
	case m.assembly:
		a = directory.AppearReal
	}
	if a == directory.AppearReal && m.Person.Anonymous {
		return directory.AppearNone
	}
	return cmp.Or(a, directory.AppearNone)
}

// as is what stands in place of the real values; nil: nothing does. Only names
// that a consent has reserved are used.
func (m *matter) as() *release.Appearance {
	a := m.appearance()
	if a == directory.AppearReal {
		return nil
	}
	as := &release.Appearance{Mail: m.known.Alias, MailVerified: delivered(m.known.Alias)}
	if a == directory.AppearPseudonym {
		as.Name, as.Handle = m.known.Pseudonym, m.known.Handle
	}
	return as
}

// delivered reports whether mail to an alias arrives. The name .invalid stands
// for none (RFC 2606 section 2).
func delivered(alias string) bool {
	return alias != "" && !strings.HasSuffix(alias, ".invalid")
}

// names are what the person is or would be called under a pseudonym.
func (m *matter) names() Names {
	return Names{
		Pseudonym: cmp.Or(m.known.Pseudonym, m.Names.Pseudonym),
		Handle:    cmp.Or(m.known.Handle, m.Names.Handle),
		Alias:     cmp.Or(m.known.Alias, m.Names.Alias),
	}
}

// instead is what a service would get in place of the real value; nil: nothing.
func instead(a directory.Appearance, u release.Attribute, real any, n Names) any {
	if a == directory.AppearReal || !naming(u) {
		return real
	}
	name := ""
	switch {
	case !carries(a, u):
	case u == release.Name:
		name = n.Pseudonym
	case u == release.Handle:
		name = n.Handle
	case u == release.Mail:
		name = n.Alias
	}
	if name == "" {
		return nil
	}
	return name
}

// recorded is the value that leaves now, by what the consent says.
func (m *matter) recorded(u release.Attribute) any {
	known := Names{Pseudonym: m.known.Pseudonym, Handle: m.known.Handle, Alias: m.known.Alias}
	return instead(m.appearance(), u, m.values[u], known)
}

// groupNames are the offered collectives as text.
func (m *matter) groupNames() []string {
	out := make([]string, len(m.offered))
	for i, c := range m.offered {
		out[i] = string(c)
	}
	return out
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package release

import (
	"cmp"
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/directory"
)

// Place is what a person is in a collective, as far as it concerns a service.
type Place struct {
	Collective directory.CollectiveName `json:"name"`
	Role       string                   `json:"role,omitempty"` // at the service; empty: a member
}

// canonical is the group that stands for the place: "<collective>" or
// "<collective>.<role>".
func (p Place) canonical() string {
	if p.Role == "" {
		return string(p.Collective)
	}
	return string(p.Collective) + "." + p.Role
}

// groups are the places in the names that the service has for them, sorted.
func groups(f Facts, told []directory.CollectiveName) []string {
	names := groupNames(f.Service)
	out := []string{}
	for _, p := range places(f, told) {
		if !mistaken(p, f.Service) {
			out = append(out, named(names, p.canonical()))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// mistaken reports whether the service would take the name of a place for that of
// another. Names of collectives may have dots: "coop.board" may be a collective
// and the board of coop. It is a collective where one of that name has a say at
// the service, and the board where coop has, whoever founds a "coop.board".
func mistaken(p Place, s directory.Service) bool {
	if p.Role != "" {
		return s.LetsIn(directory.CollectiveName(p.canonical()))
	}
	dot := strings.LastIndexByte(string(p.Collective), '.')
	return dot > 0 && !s.LetsIn(p.Collective) && s.LetsIn(p.Collective[:dot])
}

// collectives are the places; a member who has a role is not told twice.
func collectives(f Facts, told []directory.CollectiveName) []Place {
	all := places(f, told)
	out := []Place{}
	for i, p := range all {
		if more := i+1 < len(all) && all[i+1].Collective == p.Collective; p.Role != "" || !more {
			out = append(out, p)
		}
	}
	return out
}

// places lists each membership that concerns the service, and each role that
// the person was given there, of the collectives that may be told, sorted. A
// public service may be told of every collective of the person; any other only
// of those it is open to, so that it does not learn of the rest. What the
// service's record keeps from it is not there.
func places(f Facts, told []directory.CollectiveName) []Place {
	var out []Place
	for _, m := range f.Standing.Memberships {
		if concerns(m.Collective, f.Service) && slices.Contains(told, m.Collective) {
			out = append(out, Place{Collective: m.Collective})
		}
	}
	for _, a := range f.Standing.Access {
		// Whoever was let in from outside has no membership to keep quiet about.
		quiet := f.Standing.MemberOf(a.Collective) && !slices.Contains(told, a.Collective)
		if directory.ValidRole(a.Role) && f.Service.Granted(a) && !quiet {
			out = append(out, Place{a.Collective, a.Role})
		}
	}
	names := groupNames(f.Service)
	out = slices.DeleteFunc(out, func(p Place) bool { return named(names, p.canonical()) == "" })
	slices.SortFunc(out, func(a, b Place) int {
		return cmp.Or(strings.Compare(string(a.Collective), string(b.Collective)), strings.Compare(a.Role, b.Role))
	})
	return slices.Compact(out)
}

// roles are what the collective that runs this service made of the person there:
// it says nothing of where they belong. Those that a guest gave are groups in the
// guest's name alone, since a service that reads "admin" does not ask by whom.
func roles(f Facts) []string {
	var out []string
	for _, a := range f.Standing.Access {
		if directory.ValidRole(a.Role) && f.Service.Granted(a) && a.Collective == f.Service.Collective {
			out = append(out, a.Role)
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
	return s.Access == directory.AccessPublic || s.LetsIn(c)
}

// groupNames are what a service calls groups of ours.
func groupNames(s directory.Service) map[string]string {
	switch {
	case s.OIDC != nil:
		return s.OIDC.Metadata.GroupNames
	case s.SAML != nil:
		return s.SAML.Settings.GroupNames
	case s.Discourse != nil:
		return s.Discourse.Settings.GroupNames
	}
	return nil
}

func named(names map[string]string, group string) string {
	if name, ok := names[group]; ok {
		return name
	}
	return group
}

// GroupList returns the groups of a release, in the service's own names; nil if
// they were not asked for.
func GroupList(r Release) []string {
	list, _ := r[Groups].([]string)
	return list
}

// groupObject is a group as Nextcloud's user_oidc reads it.
type groupObject struct {
	ID    string `json:"gid"`
	Title string `json:"displayName"`
}

// GroupValues writes the groups of a release in the format that the service
// reads, for whichever protocol: a []string, a string, or a list of objects. It
// is nil where groups were not asked for or the service is told none. That
// there are no groups is an empty list, not nil: services that synchronise take
// people out of groups by it.
//
// The names are the service's own already: [Decide] has renamed them and left
// out what is kept from it, so that people are shown what is sent.
func GroupValues(r Release, format directory.GroupFormat) any {
	list := GroupList(r)
	if list == nil || format == directory.GroupsNone {
		return nil
	}
	switch format {
	case directory.GroupsCSV:
		return joined(list, ",")
	case directory.GroupsSpace:
		return joined(list, " ")
	case directory.GroupsObjects:
		out := make([]groupObject, len(list))
		for i, name := range list {
			out[i] = groupObject{name, name}
		}
		return out
	}
	return list
}

// joined writes the names with something between. One that holds it would be read
// as two groups, and is left out.
func joined(names []string, between string) string {
	holds := func(name string) bool { return strings.Contains(name, between) }
	return strings.Join(slices.DeleteFunc(slices.Clone(names), holds), between)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"slices"

	"commonscloud.coop/clau/idp/directory"
)

// Through returns the collective in whose name a person enters a service: its
// policy holds and its words are shown. That is the person's own collective
// where the service has to do with it; else the service's, if the person
// belongs to it; else the first of its guests that they belong to; else the
// service's all the same.
func Through(s directory.Service, p directory.Person, standing directory.Standing) directory.CollectiveName {
	if p.Primary != "" && concerns(p.Primary, s) {
		return p.Primary
	}
	if standing.MemberOf(s.Collective) {
		return s.Collective
	}
	for _, guest := range s.Guests {
		if standing.MemberOf(guest) {
			return guest
		}
	}
	return s.Collective
}

// concerns reports whether a service may have to do with a collective at all.
func concerns(c directory.CollectiveName, s directory.Service) bool {
	return s.Access == directory.AccessPublic || c == s.Collective || slices.Contains(s.Guests, c)
}

// offered are the person's collectives that a service could be told of.
func offered(s directory.Service, standing directory.Standing) []directory.CollectiveName {
	var out []directory.CollectiveName
	for _, m := range standing.Memberships {
		if concerns(m.Collective, s) {
			out = append(out, m.Collective)
		}
	}
	return out
}

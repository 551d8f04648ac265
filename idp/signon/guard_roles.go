// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"net/http"
	"slices"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

// GuardManager stands before every route that needs [web.Manager]. It asks
// nothing but who they are, which [Pipeline.Guard] has read already: an answer
// that looked for the collective first would be slower for one that exists.
func (p *Pipeline) GuardManager(next web.Handler) web.Handler {
	return p.Guard(func(w http.ResponseWriter, r *http.Request) error {
		if !VisitorOf(r.Context()).Admission.Standing.Manages(collectiveOf(r)) {
			return notThere()
		}
		return next(w, r)
	})
}

// GuardKeeper stands before every route that needs [web.Keeper]. It looks
// through all services, which takes as long for one that is not there.
func (p *Pipeline) GuardKeeper(next web.Handler) web.Handler {
	return p.Guard(func(w http.ResponseWriter, r *http.Request) error {
		services, err := p.c.Directory.Services(r.Context())
		if err != nil {
			return err
		}
		v := VisitorOf(r.Context())
		name, collective := directory.ServiceName(r.PathValue("service")), collectiveOf(r)
		keeps := slices.ContainsFunc(services, func(s directory.Service) bool {
			return s.Name == name && s.Collective == collective && keeps(v, s)
		})
		if !keeps {
			return notThere()
		}
		return next(w, r)
	})
}

func keeps(v Visitor, s directory.Service) bool {
	return v.Admission.Standing.Manages(s.Collective) || slices.Contains(s.Managers, v.Admission.Person.ID)
}

func collectiveOf(r *http.Request) directory.CollectiveName {
	return directory.CollectiveName(r.PathValue("collective"))
}

func notThere() error { return web.Fail(http.StatusNotFound, "not-found", nil) }

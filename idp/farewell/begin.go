// SPDX-License-Identifier: AGPL-3.0-or-later

package farewell

import (
	"errors"
	"net/http"
	"slices"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

// Begin goes on with a log-out whose session is over: at once to the end where
// no service waits for the browser, and through the services otherwise. Of d
// the protocol fills Protocol, Reply and, where it knows one, Language. Outcomes
// are what [logout.Room.End] returned.
func (f *Room) Begin(w http.ResponseWriter, r *http.Request, d logout.Departure, outcomes []logout.Outcome) error {
	for _, o := range outcomes {
		d.Legs = append(d.Legs, logout.Leg{Outcome: o})
	}
	if !slices.ContainsFunc(outcomes, f.c.Logout.Leads) {
		return f.conclude(w, r, d)
	}
	// A form posted from a service's page brings no cookie. The handle goes to
	// this browser and to no other, so that the first to come by with it is it.
	d.Browser, _ = f.known(r)
	if err := f.c.Logout.Depart(r.Context(), &d); err != nil {
		return err
	}
	return web.Redirect(w, r, f.at(d.Handle))
}

func (f *Room) known(r *http.Request) (string, bool) {
	name, ok := f.c.Browsers.Browser(r)
	if !ok {
		return "", false
	}
	return name, true
}

func (f *Room) conclude(w http.ResponseWriter, r *http.Request, d logout.Departure) error {
	one, ok := f.concluders[d.Protocol]
	if !ok {
		return f.Show(w, r, d, "")
	}
	return one.Conclude(w, r, d)
}

// Back takes in the answer that a service sent through the browser, and sends
// it on. Relay is what [logout.Escort] was given; the protocol has proven that
// the answer is of the service, and to this relay. A relay that is spent, or of
// another service, changes nothing.
func (f *Room) Back(w http.ResponseWriter, r *http.Request, relay string, from directory.ServiceID, came logout.Status) error {
	for range 3 { // frames and a second tab may move it meanwhile
		d, i, err := f.c.Logout.Relayed(r.Context(), relay)
		if errors.Is(err, logout.ErrUnknown) {
			return web.Redirect(w, r, f.c.Path+"/farewell")
		}
		if err != nil {
			return err
		}
		leg := &d.Legs[i]
		if leg.Participant.Service != from || !leg.Led || !leg.Waits() {
			return web.Redirect(w, r, f.at(d.Handle))
		}
		leg.Status = came
		err = f.c.Logout.Keep(r.Context(), &d)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err == nil {
			f.c.Logout.Came(leg.Participant, came)
			return web.Redirect(w, r, f.at(d.Handle))
		}
		if !errors.Is(err, logout.ErrUnknown) {
			return err
		}
	}
	return web.Redirect(w, r, f.c.Path+"/farewell")
}

// Stay leads back to the page of a departure, of which nothing has changed: what
// came back from a service was not to be believed.
func (f *Room) Stay(w http.ResponseWriter, r *http.Request, relay string) error {
	d, _, err := f.c.Logout.Relayed(r.Context(), relay)
	if errors.Is(err, logout.ErrUnknown) {
		return web.Redirect(w, r, f.c.Path+"/farewell")
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, f.at(d.Handle))
}

// SPDX-License-Identifier: AGPL-3.0-or-later

// Package farewell owns the log-out as the person sees it: the page that shows
// each service and what came of telling it, and the way of the browser from one
// service to the next where only the browser can tell them.
//
//	Begin ──► nothing for the browser to do ──────────────► Conclude
//	  │
//	  └► /farewell?h=… ──► service ──► its answer ──► Back ──► next … ──► Conclude
//	         │  frames for those that take them
//	         └ continue without: what has not answered is failed
//
// The session is over before anything of this begins: whoever closes the page
// is logged out all the same. The package ends no session and speaks no protocol.
package farewell

import (
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/web"
)

// Concluder is the protocol that began a departure. It sends the browser back to
// who asked for the log-out, or shows the page of [Room.Show].
type Concluder interface {
	Protocol() string
	Conclude(w http.ResponseWriter, r *http.Request, d logout.Departure) error
}

// Room is a [web.Area].
type Room struct{}

// Employ adds who concludes; it is the wiring's last step.
func (f *Room) Employ(concluders ...Concluder) {}

// Begin goes on with a log-out whose session is over: at once to the end where
// no leg waits for the browser, and through the services otherwise. Outcomes
// are what [logout.Room.End] returned.
func (f *Room) Begin(w http.ResponseWriter, r *http.Request, protocol string, reply []byte, outcomes []logout.Outcome) error {
	return errors.New("farewell: not built yet")
}

// Back takes in the answer that a service sent through the browser, and sends
// it on. Relay is what [logout.Escort] was given. A relay that is not this
// browser's, or a service that was not asked, changes nothing: the person sees
// the page of a log-out that is over.
func (f *Room) Back(w http.ResponseWriter, r *http.Request, relay string, from directory.ServiceID, came logout.Status) error {
	return errors.New("farewell: not built yet")
}

// Show draws the page that lists every service and what came of telling it.
func (f *Room) Show(w http.ResponseWriter, r *http.Request, outcomes []logout.Outcome, back string) error {
	return errors.New("farewell: not built yet")
}

// Routes implements [web.Area].
func (f *Room) Routes() []web.Route { return nil }

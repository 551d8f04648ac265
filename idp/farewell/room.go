// SPDX-License-Identifier: AGPL-3.0-or-later

package farewell

import (
	"context"
	"net/http"
	"net/url"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/web"
)

// Concluder is the protocol that began a departure. It sends the browser back to
// who asked for the log-out, or shows the page of [Room.Show].
type Concluder interface {
	Protocol() string
	Conclude(w http.ResponseWriter, r *http.Request, d logout.Departure) error
}

// Directory is what the room reads, from a short cache.
type Directory interface {
	Service(ctx context.Context, id directory.ServiceID) (directory.Service, error)
}

// Browsers tells browsers from each other; [session.Manager] does.
type Browsers interface {
	Browser(r *http.Request) (string, bool)
	NameBrowser(w http.ResponseWriter, r *http.Request) (string, error)
}

var _ Browsers = (*session.Manager)(nil)

// Config is what a [Room] needs.
type Config struct {
	Path      string // of the issuer: "" or "/id"
	Logout    *logout.Room
	Browsers  Browsers
	Directory Directory
	Pages     web.Pages
}

// Room is a [web.Area].
type Room struct {
	c          Config
	concluders map[string]Concluder
}

var _ web.Area = (*Room)(nil)

// New returns a Room that nobody concludes for yet; see [Room.Employ].
func New(c Config) *Room { return &Room{c: c, concluders: map[string]Concluder{}} }

// Employ adds who concludes; it is the wiring's last step. Departures of others
// end with the page of [Room.Show].
func (f *Room) Employ(concluders ...Concluder) {
	for _, one := range concluders {
		f.concluders[one.Protocol()] = one
	}
}

// Routes implements [web.Area].
func (f *Room) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET " + f.c.Path + "/farewell", Needs: web.Anyone, Handle: f.visit},
		{Pattern: "POST " + f.c.Path + "/farewell", Needs: web.Anyone, Handle: f.without},
	}
}

// at is the address of a departure's page.
func (f *Room) at(handle string, more ...string) string {
	query := url.Values{"h": {handle}}
	for i := 0; i < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	return f.c.Path + "/farewell?" + query.Encode()
}

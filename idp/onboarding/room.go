// SPDX-License-Identifier: AGPL-3.0-or-later

// Package onboarding owns the pages of who is on the way in: choosing a
// collective, applying, proving an address, following the application, coming
// back with a code on paper, an invitation, the first password.
//
// It decides nothing: package membership does. Whoever comes here has no
// session; what a page shows of an application it shows to who holds its ticket.
package onboarding

import (
	"net/url"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// Words is what the pages need of the themes beside drawing.
type Words interface {
	web.Pages
	Languages() []themes.Language
	Date(lang string, at time.Time) string
	DateTime(lang string, at time.Time) string
	Text(lang, key string, args ...string) string
}

// Room answers the pages.
type Room struct {
	Issuer      *url.URL
	Directory   directory.Backend // behind the cache of the process
	Memberships *membership.Room
	Sessions    *session.Manager
	Pages       Words
	FormKey     []byte // of [web.FormToken]
	Now         func() time.Time
}

var _ web.Area = (*Room)(nil)

// Routes implements [web.Area].
func (a *Room) Routes() []web.Route { return nil }

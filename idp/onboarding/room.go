// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"context"
	"io"
	"net/netip"
	"net/url"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
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
}

// Directory is what the pages read, from a short cache.
type Directory interface {
	Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error)
	Person(ctx context.Context, id directory.PersonID) (directory.Person, error)
}

// Memberships is what happens behind the pages; see [membership.Room].
type Memberships interface {
	Applications
	Invitations
}

// Applications are what somebody without an account does, step by step.
type Applications interface {
	Open(ctx context.Context) ([]directory.Collective, error)
	Apply(ctx context.Context, a membership.Application, from netip.Addr) (membership.Applied, error)

	Unproven(ctx context.Context, ticket string) (directory.Person, error)
	Prove(ctx context.Context, ticket string) (string, error)

	Application(ctx context.Context, ticket string) (membership.Applicant, error)
	ProveByCode(ctx context.Context, application, code string) (string, error)
	SendAgain(ctx context.Context, application string) error
	Reply(ctx context.Context, ticket, text string) error
	Withdraw(ctx context.Context, ticket string) error
	Return(ctx context.Context, handle, code string, from netip.Addr) (string, error)
	Accepted(ctx context.Context, ticket string) (membership.Applicant, error)
	FirstPassword(ctx context.Context, ticket, password string) (directory.Person, error)
}

// Invitations are shown to who holds them, and followed by who has an account.
type Invitations interface {
	Invited(ctx context.Context, ticket string) (directory.Invitation, error)
	Follow(ctx context.Context, person directory.PersonID, ticket string) (membership.Result, error)
}

var _ Memberships = (*membership.Room)(nil)

// Room answers the pages.
type Room struct {
	Issuer      *url.URL
	Directory   Directory
	Memberships Memberships
	Sessions    *session.Manager
	Logout      *logout.Room
	Pages       Words
	Audit       audit.Log
	Brake       web.Limiter
	FormKey     []byte // of [web.FormToken]
	Now         func() time.Time
	Mailless    bool // no mail leaves: what needs one is not offered
	Rand        io.Reader

	listed catalogue
	decoys decoys
}

var _ web.Area = (*Room)(nil)

// Routes implements [web.Area].
func (a *Room) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /join", Needs: web.Anyone, Handle: a.visited(a.showCollectives)},
		{Pattern: "POST /join", Needs: web.Anyone, Handle: a.visited(a.searchCollectives)},
		{Pattern: "GET /join/{collective}", Needs: web.Anyone, Handle: a.visited(a.showForm)},
		{Pattern: "POST /join/{collective}", Needs: web.Anyone, Handle: a.visited(a.apply)},

		{Pattern: "GET /join/prove", Needs: web.Anyone, Handle: a.visited(a.showProve)},
		{Pattern: "POST /join/prove", Needs: web.Anyone, Handle: a.stepped(a.prove)},

		{Pattern: "GET /join/application", Needs: web.Anyone, Handle: a.visited(a.showApplication)},
		{Pattern: "POST /join/application/noted", Needs: web.Anyone, Handle: a.stepped(a.noted)},
		{Pattern: "POST /join/application/code", Needs: web.Anyone, Handle: a.stepped(a.proveByCode)},
		{Pattern: "POST /join/application/again", Needs: web.Anyone, Handle: a.stepped(a.sendAgain)},
		{Pattern: "POST /join/application/reply", Needs: web.Anyone, Handle: a.stepped(a.reply)},
		{Pattern: "POST /join/application/withdraw", Needs: web.Anyone, Handle: a.stepped(a.withdraw)},

		{Pattern: "GET /join/return", Needs: web.Anyone, Handle: a.visited(a.showReturn)},
		{Pattern: "POST /join/return", Needs: web.Anyone, Handle: a.visited(a.comeBack)},
		{Pattern: "GET /join/password", Needs: web.Anyone, Handle: a.visited(a.showPassword)},
		{Pattern: "POST /join/password", Needs: web.Anyone, Handle: a.stepped(a.setPassword)},

		{Pattern: "GET /invitation", Needs: web.Anyone, Handle: a.visited(a.showInvitation)},
		{Pattern: "GET /invitation/{ticket}", Needs: web.Person, Handle: a.visited(a.backToInvitation)},
		{Pattern: "POST /invitation/{ticket}", Needs: web.Person, Handle: a.visited(a.followInvitation)},
	}
}

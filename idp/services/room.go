// SPDX-License-Identifier: AGPL-3.0-or-later

package services

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"time"

	"commonscloud.coop/clau/idp/activity"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/services/dynamic"
	"commonscloud.coop/clau/idp/services/preset"
	"commonscloud.coop/clau/idp/trace"
	"commonscloud.coop/clau/idp/web"
)

// Directory is what the pages read, from a short cache, and where services are
// written, so that the cache forgets them.
type Directory interface {
	Services(ctx context.Context) ([]directory.Service, error)
	Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error)
	PeopleByID(ctx context.Context, ids []directory.PersonID) ([]directory.Person, error)
	AddService(ctx context.Context, by directory.Actor, s directory.Service) error
	ReplaceService(ctx context.Context, by directory.Actor, s directory.Service) error
	RemoveService(ctx context.Context, by directory.Actor, id directory.ServiceID) error
	ChangeCollective(ctx context.Context, by directory.Actor, name directory.CollectiveName, change directory.CollectiveChange) error
}

// Source is the directory itself. What somebody is about to write over must not
// come from a cache, nor what says that they may.
type Source interface {
	Person(ctx context.Context, id directory.PersonID) (directory.Person, error)
	Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error)
	ListCollectives(ctx context.Context) iter.Seq2[directory.Collective, error]
	ServiceByName(ctx context.Context, name directory.ServiceName) (directory.Service, error)
}

// Providers reads what SAML service providers say of themselves. An error is
// [ErrSource], [ErrExpired], or of metadata that cannot be used.
type Providers interface {
	Read(raw []byte) (directory.SAMLProvider, error)
	Fetch(ctx context.Context, address string) (directory.SAMLProvider, error)
}

// What is wrong with metadata, beside what is in it.
var (
	ErrSource  = errors.New("services: the address does not answer with metadata")
	ErrExpired = errors.New("services: metadata too old by its own word")
)

// Uses says how often services were used.
type Uses interface {
	OfService(ctx context.Context, id directory.ServiceID, since time.Time) ([]activity.Use, error)
}

// Deliveries says what came of telling services of log-outs.
type Deliveries interface {
	Deliveries(ctx context.Context, service directory.ServiceID) (logout.Deliveries, error)
}

// Words is what the pages need of the themes beside drawing.
type Words interface {
	web.Pages
	Date(lang string, at time.Time) string
	DateTime(lang string, at time.Time) string
	Text(lang, key string, args ...string) string
}

// Room answers the pages of those who register and keep services. It is a
// [web.Area].
type Room struct {
	Issuer     *url.URL
	Directory  Directory
	Source     Source
	Presets    *preset.Library
	Providers  Providers
	Dynamic    *dynamic.Room
	Uses       Uses
	Deliveries Deliveries
	Traces     *trace.Desk
	Limiter    web.Limiter
	Pages      Words
	Audit      audit.Log
	FormKey    []byte // of [web.FormToken]
	Sealer     *keys.Sealer
	Now        func() time.Time
	Rand       io.Reader

	// Certificate is the one that Clau signs with for a SAML service provider, in
	// DER. Nil of it: there is none yet.
	Certificate func(id directory.KeyID) []byte
}

var _ web.Area = (*Room)(nil)

// formMax is how much a form may hold beside metadata, in bytes.
const formMax = 64 << 10

// Routes implements [web.Area].
func (a *Room) Routes() []web.Route {
	route := func(needs web.Permission, method, below string, next handler) web.Route {
		return web.Route{Pattern: method + " /collectives/{collective}" + below, Needs: needs, Handle: a.handle(next)}
	}
	added := route(web.Manager, "POST", "/add-service", a.add)
	added.Body = directory.SAMLMetadataMax + formMax
	return []web.Route{
		route(web.Manager, "GET", "/services", a.list),
		route(web.Manager, "GET", "/add-service", a.choose),
		added,
		route(web.Manager, "GET", "/registrars", a.registrars),
		route(web.Manager, "POST", "/registrars", a.changeRegistrars),
		route(web.Keeper, "GET", "/services/{service}/guide", a.guide),
		route(web.Keeper, "GET", "/services/{service}/keep", a.keep),
		route(web.Keeper, "POST", "/services/{service}/keep", a.kept),
		route(web.Keeper, "GET", "/services/{service}/trace", a.trace),
		route(web.Keeper, "POST", "/services/{service}/trace", a.traced),
	}
}

func (a *Room) minter() preset.Minter {
	return preset.Minter{Rand: a.Rand, Now: a.Now, Sealer: a.Sealer}
}

func notThere(cause error) error { return web.Fail(http.StatusNotFound, "not-found", cause) }

func forbidden(cause error) error { return web.Fail(http.StatusForbidden, "forbidden", cause) }

func badRequest() error { return web.Fail(http.StatusBadRequest, "bad-request", nil) }

// absent turns what is missing into the answer for what one may not see.
func absent(err error) error {
	if errors.Is(err, directory.ErrNotFound) || errors.Is(err, directory.ErrRefused) || errors.Is(err, dynamic.ErrNotThere) {
		return notThere(err)
	}
	return err
}

// away reports whether somebody may simply try again.
func away(err error) bool {
	return errors.Is(err, directory.ErrUnavailable) || errors.Is(err, directory.ErrBusy) || errors.Is(err, context.DeadlineExceeded)
}

// path is the address of a collective's page.
func path(name directory.CollectiveName, below ...string) string {
	u := url.URL{Path: "/collectives/" + string(name)}
	return u.JoinPath(below...).String()
}

func servicePath(s directory.Service, below ...string) string {
	return path(s.Collective, append([]string{"services", string(s.Name)}, below...)...)
}

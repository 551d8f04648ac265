// SPDX-License-Identifier: AGPL-3.0-or-later

package dynamic

import (
	"context"
	"io"
	"iter"
	"net/http"
	"net/url"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

// Directory is where services are written: the cache, so that it forgets them.
type Directory interface {
	AddService(ctx context.Context, by directory.Actor, s directory.Service) error
	ReplaceService(ctx context.Context, by directory.Actor, s directory.Service) error
	RemoveService(ctx context.Context, by directory.Actor, id directory.ServiceID) error
}

// Source is what is read past every cache: a token that was taken back must not
// work for a minute longer.
type Source interface {
	Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error)
	ServiceByClientID(ctx context.Context, id directory.ClientID) (directory.Service, error)
	ServiceByName(ctx context.Context, name directory.ServiceName) (directory.Service, error)
	ListServices(ctx context.Context, filter directory.ServiceFilter) iter.Seq2[directory.Service, error]
}

// Room is where software registers. It is a [web.Area].
type Room struct {
	Issuer    *url.URL
	Directory Directory
	Source    Source
	Outbound  *http.Client // guarded: it reaches addresses that software names
	Limiter   web.Limiter
	Audit     audit.Log
	Now       func() time.Time
	Rand      io.Reader

	// Overlap is how long an old secret stays good beside the new one; default
	// 24 h.
	Overlap time.Duration
}

var _ web.Area = (*Room)(nil)

// Routes implements [web.Area].
func (a *Room) Routes() []web.Route {
	at := func(method, path string) string { return method + " " + a.Issuer.Path + path }
	return []web.Route{
		{Pattern: at("POST", "/register"), Needs: web.Service, Handle: a.door(a.register)},
		{Pattern: at("GET", "/register/{client}"), Needs: web.Service, Handle: a.door(a.read)},
		{Pattern: at("PUT", "/register/{client}"), Needs: web.Service, Handle: a.door(a.replace)},
		{Pattern: at("DELETE", "/register/{client}"), Needs: web.Service, Handle: a.door(a.remove)},
	}
}

// Endpoint is the address at which software registers, for discovery.
func (a *Room) Endpoint() string { return a.Issuer.String() + "/register" }

func (a *Room) clientURI(id directory.ClientID) string {
	return a.Endpoint() + "/" + url.PathEscape(string(id))
}

// limit slows whoever tries tokens, or registers and removes without end.
func limit() web.Limit {
	return web.Limit{Name: "register", Max: 600, Window: 10 * time.Minute, OpenWhenStoreIsDown: true}
}

// door slows each address, and says in the protocol's words what went wrong.
func (a *Room) door(handle web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Pragma", "no-cache")
		if err := a.Limiter.Take(r.Context(), limit(), web.AddrKey(web.ClientAddr(r.Context()))); err != nil {
			return err
		}
		if err := handle(w, r); err != nil {
			return refusalOf(err).answer(w, r)
		}
		return nil
	}
}

func (a *Room) record(ctx context.Context, kind audit.Kind, by directory.PersonID, s directory.Service) {
	e := audit.Event{Kind: kind, Actor: by, Service: s.ID, Collective: s.Collective, Reference: web.Reference(ctx)}
	if by == audit.System {
		e.Reason = "registrar." + s.OIDC.Metadata.Registrar
	}
	a.Audit.Write(ctx, e)
}

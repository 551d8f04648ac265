// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Config is what a router is made of.
type Config struct {
	// Issuer is the one origin that Clau has, whatever a request says.
	Issuer *url.URL

	// Hosts are further values of the Host header to answer to, as "host" or
	// "host:port". Links lead to Issuer all the same.
	Hosts []string

	// TrustedProxies are the addresses whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix

	Guards map[Permission]Guard
	Pages  Pages

	// Languages are the languages that a request asks for, best first. Nil
	// means its Accept-Language header.
	Languages func(*http.Request) []string

	Logger  *slog.Logger
	Metrics *Metrics // nil: nothing is counted
	Now     func() time.Time
	Rand    io.Reader
	Limits  Limits
}

// Limits bound what a request may cost. Zero values mean the defaults.
type Limits struct {
	Body int64         // bytes of a request's body; 64 KiB
	Time time.Duration // until a handler's context ends; 15 s

	// Requests of one client address (IPv6: one /64), in this process: a cheap
	// brake before anything is looked up. Counting what matters is [Limiter]'s.
	PerSecond float64 // 50
	Burst     int     // 200

	// The same for routes that need [Service] or [Relay], counted apart. All people of a
	// service come from the one address of its server, hundreds in a second
	// when a meeting begins. What such a route could be tried for has 256
	// random bits, so no brake is needed against guessing: this one only keeps
	// a service that runs wild from taking the whole machine.
	ServicePerSecond float64 // 1000, or PerSecond where that is more
	ServiceBurst     int     // 2000, or Burst where that is more
}

func (l Limits) withDefaults() Limits {
	l.Body = cmp.Or(l.Body, 64<<10)
	l.Time = cmp.Or(l.Time, 15*time.Second)
	l.PerSecond = cmp.Or(l.PerSecond, 50)
	l.Burst = cmp.Or(l.Burst, 200)
	l.ServicePerSecond = cmp.Or(l.ServicePerSecond, max(1000, l.PerSecond))
	l.ServiceBurst = cmp.Or(l.ServiceBurst, max(2000, l.Burst))
	return l
}

type router struct {
	Config
	mux         *http.ServeMux
	headers     http.Header // that every answer starts from
	hosts       map[string]bool
	people      *buckets // at the routes of people, and where there is no route
	services    *buckets // at routes that need [Service]
	crossOrigin *http.CrossOriginProtection
	programs    map[string]bool // paths that programs ask, not people
}

// NewRouter mounts all routes of all areas. A route without a method, without
// a permission that somebody guards, or in the way of another is an error: a
// server that forgot a check does not start.
func NewRouter(c Config, areas ...Area) (http.Handler, error) {
	err := c.complete()
	if err != nil {
		return nil, err
	}
	c.Limits = c.Limits.withDefaults()

	rt := &router{
		Config:      c,
		mux:         http.NewServeMux(),
		headers:     safeHeaders(c.Issuer),
		hosts:       hostsOf(c.Issuer, c.Hosts),
		people:      newBuckets(c.Limits.PerSecond, c.Limits.Burst),
		services:    newBuckets(c.Limits.ServicePerSecond, c.Limits.ServiceBurst),
		crossOrigin: http.NewCrossOriginProtection(),
		programs:    map[string]bool{},
	}
	for _, area := range areas {
		for _, route := range area.Routes() {
			err := rt.mount(route)
			if err != nil {
				return nil, err
			}
		}
	}
	return rt, nil
}

func (c *Config) complete() error {
	if c.Issuer == nil || c.Issuer.Host == "" {
		return errors.New("web: no issuer")
	}
	if c.Pages == nil || c.Logger == nil || c.Now == nil || c.Rand == nil {
		return errors.New("web: pages, logger, clock and randomness are needed")
	}
	return nil
}

func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ev := rt.begin(r)
	rec := &recorder{ResponseWriter: w}
	ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), eventKey{}, ev), rt.Limits.Time)
	defer cancel()

	r = r.WithContext(ctx)
	defer rt.end(ev, rec, r)

	maps.Copy(rec.Header(), rt.headers)
	err := rt.receive(rec, r)
	if err != nil {
		rt.fail(rec, r, err)
	}
}

// receive hands the request to its route.
func (rt *router) receive(w http.ResponseWriter, r *http.Request) error {
	if !rt.knows(r) {
		return Fail(http.StatusMisdirectedRequest, "wrong-host", nil)
	}
	_, pattern := rt.mux.Handler(r)
	if pattern == "" {
		return rt.missed(w, r)
	}
	rt.mux.ServeHTTP(w, r)
	return nil
}

// missed answers a request that no route takes. Only the mux knows whether the
// path is wrong or the method, and it says so only by answering.
func (rt *router) missed(w http.ResponseWriter, r *http.Request) error {
	if err := rt.brake(rt.people, r); err != nil {
		return err
	}
	answer := &probe{header: http.Header{}}
	handler, _ := rt.mux.Handler(r)
	handler.ServeHTTP(answer, r)
	if answer.status != http.StatusMethodNotAllowed {
		return Fail(http.StatusNotFound, "not-found", nil)
	}
	w.Header().Set("Allow", answer.header.Get("Allow"))
	return Fail(http.StatusMethodNotAllowed, "method", nil)
}

// probe takes an answer for its status only.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) WriteHeader(status int)      { p.status = status }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }

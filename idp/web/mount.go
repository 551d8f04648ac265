// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
)

// mount puts one route behind its guard.
func (rt *router) mount(route Route) error {
	method, path, ok := strings.Cut(route.Pattern, " ")
	if !ok || method == "" || !strings.HasPrefix(path, "/") {
		return fmt.Errorf("web: route %q: want a method and a path", route.Pattern)
	}
	if route.Handle == nil {
		return fmt.Errorf("web: route %q: no handler", route.Pattern)
	}
	if name, ok := unnamed(route); !ok {
		return fmt.Errorf("web: route %q: the permission %q needs %s in the path", route.Pattern, route.Needs, name)
	}
	guard, err := rt.guard(route.Needs)
	if err != nil {
		return fmt.Errorf("web: route %q: %w", route.Pattern, err)
	}
	if route.Needs == Service {
		rt.programs[path] = true
	}
	route.Handle = guard(route.Handle)
	return rt.handle(route)
}

// unnamed returns what the path must name for the route's permission to mean
// something, and false if it does not.
func unnamed(route Route) (string, bool) {
	var needs []string
	switch route.Needs {
	case Manager:
		needs = []string{"{collective}"}
	case Keeper:
		needs = []string{"{collective}", "{service}"}
	}
	for _, name := range needs {
		if !strings.Contains(route.Pattern+"/", "/"+name+"/") {
			return name, false
		}
	}
	return "", true
}

// handle turns the panic of [http.ServeMux] about patterns into an error.
func (rt *router) handle(route Route) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("web: route %q: %v", route.Pattern, v)
		}
	}()
	rt.mux.Handle(route.Pattern, rt.serving(route))
	return nil
}

func (rt *router) guard(p Permission) (Guard, error) {
	guard, ok := rt.Guards[p]
	if ok && guard != nil && p != "" {
		return guard, nil
	}
	switch p {
	case Anyone, AnyoneFromAnySite, Service, Relay:
		return func(h Handler) Handler { return h }, nil
	}
	return nil, fmt.Errorf("nobody guards the permission %q", p)
}

// serving is what stands between the mux and a route's handler.
func (rt *router) serving(route Route) http.Handler {
	limit, keep := rt.people, rt.keepLanguage
	if route.Needs == Service || route.Needs == Relay {
		limit, keep = rt.services, func(http.ResponseWriter, *http.Request) {}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		eventOf(r.Context()).matched(route)
		keep(w, r)
		r.Body = http.MaxBytesReader(w, r.Body, cmp.Or(route.Body, rt.Limits.Body))
		err := rt.brake(limit, r)
		if err == nil {
			err = rt.admit(route.Needs, r)
		}
		if err == nil {
			err = route.Handle(w, r)
		}
		if err != nil {
			rt.fail(w, r, err)
		}
	})
}

// admit refuses what no handler should have to think of.
func (rt *router) admit(needs Permission, r *http.Request) error {
	switch needs {
	case Service:
		// A program's route that believed a cookie could be driven by any page.
		r.Header.Del("Cookie")
		return nil
	case Relay:
		eventOf(r.Context()).restore(r.Header)
		return nil
	case AnyoneFromAnySite:
		return nil
	}
	err := rt.crossOrigin.Check(r)
	if err != nil {
		return Fail(http.StatusForbidden, "cross-site", err)
	}
	return nil
}

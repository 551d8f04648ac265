// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

// own is where Clau's pages are at the application's origin. The proxy hands
// them on.
const own = "/.clau/"

// at is a page of ours at the application's origin, for proxies that hand these
// on by themselves.
func (p *Provider) at(w http.ResponseWriter, r *http.Request, q asked) error {
	if !strings.HasPrefix(q.seen.uri, own) {
		return refusal(errSeen)
	}
	return p.page(w, r, q)
}

func (p *Provider) page(w http.ResponseWriter, r *http.Request, q asked) error {
	if q.seen.method != http.MethodGet {
		return web.Fail(http.StatusMethodNotAllowed, "method", nil)
	}
	switch strings.TrimPrefix(q.seen.path(), own) {
	case "enter":
		return p.enter(w, r, q)
	case "callback":
		return p.callback(w, r, q)
	case "logout":
		return p.leave(w, r, q)
	}
	return web.Fail(http.StatusNotFound, "not-found", nil)
}

// enter gives the browser its name at this origin and goes to Clau. A name that
// is there stays: there may be a sign-on under way in another tab.
func (p *Provider) enter(w http.ResponseWriter, r *http.Request, q asked) error {
	name := cookie(r, q.seen.origin, nameCookie)
	if len(name) != secretLength {
		var err error
		if name, err = p.random(); err != nil {
			return err
		}
	}
	setCookie(w, q.seen.origin, nameCookie, name, retention.BrowserName)
	asking := url.Values{"rd": {q.seen.origin + local(q.seen.query("rd"))}, "name": {digest(name)}}
	start := p.c.Issuer + "/forward/" + string(q.service.Name) + "/start"
	to, err := web.Vet(start, []string{start})
	if err != nil {
		return err
	}
	return web.RedirectAway(w, r, to.With(asking))
}

// callback spends the ticket that a sign-on ended with.
func (p *Provider) callback(w http.ResponseWriter, r *http.Request, q asked) error {
	name, ticket := cookie(r, q.seen.origin, nameCookie), q.seen.query("ticket")
	g, err := p.spend(r.Context(), q, name, ticket)
	if errors.Is(err, errNoPass) {
		return web.FailWith(web.Problem{Status: http.StatusGone, Code: "expired", Back: q.seen.origin + "/"}, err)
	}
	if err != nil {
		return err
	}
	setCookie(w, q.seen.origin, passCookie, ticket+"."+name, g.Ends.Sub(p.c.Now()))
	return away(w, r, q.seen.origin, local(q.seen.query("rd")))
}

// leave logs out of the application, and leads to where all of Clau can be left.
// A page elsewhere that leads there takes nobody's pass: who comes from it is
// asked by Clau, like everybody.
func (p *Provider) leave(w http.ResponseWriter, r *http.Request, q asked) error {
	if key, ok := shownKey(r, q.seen.origin); ok && meant(r) {
		if err := p.c.Store.Write(r.Context(), store.Delete{Key: key}); err != nil {
			return err
		}
		setCookie(w, q.seen.origin, passCookie, "", -1)
	}
	to, err := web.Vet(p.c.Issuer+"/logout", []string{p.c.Issuer + "/logout"})
	if err != nil {
		return err
	}
	return web.RedirectAway(w, r, to)
}

// meant reports whether somebody goes there from the application, or by
// themselves (Fetch Metadata Request Headers section 2.4). Old browsers do not
// say.
func meant(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return true
	}
	return false
}

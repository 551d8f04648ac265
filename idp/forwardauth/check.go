// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
)

// check answers proxies that hand on whatever is not a success, as Traefik and
// Caddy do. They know no pages of ours: those are answered in the same place.
func (p *Provider) check(w http.ResponseWriter, r *http.Request, q asked) error {
	if strings.HasPrefix(q.seen.uri, own) {
		return p.page(w, r, q)
	}
	return p.judge(w, r, q, http.StatusSeeOther)
}

// authRequest answers nginx, whose auth_request knows 401, 403 and success. Where
// the person goes stands in the header Location all the same.
func (p *Provider) authRequest(w http.ResponseWriter, r *http.Request, q asked) error {
	return p.judge(w, r, q, http.StatusUnauthorized)
}

// judge decides about one request. Entering is the status by which a proxy is
// told to send the person to Clau.
func (p *Provider) judge(w http.ResponseWriter, r *http.Request, q asked, entering int) error {
	rule, err := q.rule(q.seen.path())
	if err != nil {
		return refusal(err)
	}
	who, told, err := p.visitor(r, q)
	switch {
	case errors.Is(err, errNoPass) && rule.Open:
		return p.through(w, q, nobody)
	case errors.Is(err, errNoPass):
		return unknown(w, r, q, entering)
	case err != nil:
		return err
	case !allows(rule, who):
		return refusal(errRule)
	}
	return p.through(w, q, identityOf(q, who, told))
}

// visitor is who shows a pass, if it is still good. What was granted holds as
// far as the record still allows it; whoever is not let in any more reads why
// at the sign-on.
func (p *Provider) visitor(r *http.Request, q asked) (signon.Admission, release.Release, error) {
	g, err := p.shown(r, q)
	if err != nil {
		return signon.Admission{}, nil, err
	}
	now := q.need()
	need := slices.DeleteFunc(slices.Clone(g.Need), func(a release.Attribute) bool { return !now.Has(a) })
	who, err := p.c.SignOns.Admit(r.Context(), g.Person, g.Service, g.Epoch, need)
	if errors.Is(err, signon.ErrStopped) || errors.Is(err, signon.ErrClosed) || errors.Is(err, signon.ErrWithdrawn) {
		return signon.Admission{}, nil, errNoPass
	}
	if err != nil {
		return signon.Admission{}, nil, err
	}
	if _, err := active(who.Service); err != nil || who.Subject != g.Subject || !p.c.Now().Before(g.Ends) {
		return signon.Admission{}, nil, errNoPass
	}
	facts := release.Facts{Person: who.Person, Standing: who.Standing, Service: who.Service, Terms: who.Terms}
	return who, release.Decide(need, facts), nil
}

// unknown sends a person to the sign-on, and refuses a program: it would follow
// to a page that it cannot read.
func unknown(w http.ResponseWriter, r *http.Request, q asked, entering int) error {
	if !navigates(r) {
		w.Header().Set("Www-Authenticate", "Clau") // RFC 9110 section 15.5.2
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	back := "/"
	if q.seen.method == http.MethodGet {
		back = local(q.seen.uri)
	}
	w.Header().Set("Location", q.seen.origin+own+"enter?"+url.Values{"rd": {back}}.Encode())
	if entering == http.StatusUnauthorized {
		w.Header().Set("Www-Authenticate", "Clau")
	}
	w.WriteHeader(entering)
	return nil
}

// navigates reports whether a person waits for a page (Fetch Metadata Request
// Headers section 2.3), or says so as older browsers do.
func navigates(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// audience is whom assertions for a service are made for: the address below
// which its proxy asks.
func (p *Provider) audience(s directory.Service) string {
	return p.c.Issuer + "/forward/" + string(s.Name)
}

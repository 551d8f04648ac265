// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
)

// reply is what a request leaves for its answer.
type reply struct {
	Origin string `json:"origin"`
	URI    string `json:"uri"`  // where the person goes on
	Name   string `json:"name"` // digest of the browser's name at the origin
}

// start begins the sign-on, at Clau's own origin. A browser that has no name at
// the application yet gets one there first.
func (p *Provider) start(w http.ResponseWriter, r *http.Request) error {
	a, err := p.named(r)
	if errors.Is(err, errUnknown) {
		return web.Fail(http.StatusBadRequest, "client-unknown", err)
	}
	if err != nil {
		return err
	}
	form, err := web.ParseForm(r, "rd", "name")
	if err != nil {
		return err
	}
	g, err := a.reply(form["rd"], form["name"])
	if err != nil {
		return err
	}
	if g.Name == "" {
		return away(w, r, g.Origin, own+"enter?"+url.Values{"rd": {g.URI}}.Encode())
	}
	raw, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("forwardauth: reply: %w", err)
	}
	return p.c.SignOns.Begin(w, r, signon.Request{
		Protocol: p.Protocol(), Service: a.service.ID, Need: a.need(),
		AnswerOrigin: g.Origin, Reply: raw,
	})
}

// longestURI is how long an address to come back to may be, since it is kept while
// somebody logs in; from a longer one they come back to the front page.
const longestURI = 2048

// reply reads where a sign-on leads. An origin that is not the application's is
// no place to send anybody to.
func (a application) reply(rd, name string) (reply, error) {
	u, err := url.Parse(rd)
	if err != nil || u.User != nil || !a.has(u.Scheme+"://"+u.Host) {
		cause := fmt.Errorf("forwardauth: %q is to lead elsewhere than to %q", a.service.Name, a.Origins)
		return reply{}, web.FailDetail(http.StatusBadRequest, "redirect-unproven", a.service.Title, cause)
	}
	g := reply{Origin: u.Scheme + "://" + u.Host, URI: local(u.RequestURI())}
	if len(g.URI) > longestURI {
		g.URI = "/"
	}
	if sum, err := base64.RawURLEncoding.Strict().DecodeString(name); err == nil && len(sum) == 32 {
		g.Name = name
	}
	return g, nil
}

// Answer implements [signon.Protocol].
func (p *Provider) Answer(w http.ResponseWriter, r *http.Request, result signon.Result) error {
	g, err := replyOf(result.Request)
	if err != nil {
		return err
	}
	a, err := active(result.Service)
	if err != nil {
		return web.Fail(http.StatusBadRequest, "client-unknown", err)
	}
	if !a.has(g.Origin) {
		return web.FailDetail(http.StatusBadRequest, "redirect-unproven", a.service.Title, errors.New("forwardauth: the origin was taken back"))
	}
	ticket, err := p.issue(r.Context(), g, result)
	if err != nil {
		return err
	}
	return away(w, r, g.Origin, own+"callback?"+url.Values{"ticket": {ticket}, "rd": {g.URI}}.Encode())
}

// Refuse implements [signon.Protocol]. The application knows nobody to tell, and
// its front page would send people straight back here: the page is ours.
func (p *Provider) Refuse(_ http.ResponseWriter, _ *http.Request, request signon.Request, reason signon.Reason) error {
	g, err := replyOf(request)
	if err != nil {
		return err
	}
	problem := web.Problem{Status: http.StatusForbidden, Code: "cancelled", Back: g.Origin + "/"}
	if reason == signon.Unavailable {
		problem.Status, problem.Code, problem.RetryAfter = http.StatusServiceUnavailable, "unavailable", 10*time.Second
	}
	return web.FailWith(problem, errors.New("forwardauth: "+string(reason)))
}

func replyOf(request signon.Request) (reply, error) {
	var g reply
	if err := json.Unmarshal(request.Reply, &g); err != nil {
		return reply{}, fmt.Errorf("forwardauth: reply: %w", err)
	}
	return g, nil
}

// away leads to a path of an origin that was found to be the application's.
func away(w http.ResponseWriter, r *http.Request, origin, uri string) error {
	to, err := web.Vet(origin+uri, []string{origin + uri})
	if err != nil {
		return err
	}
	return web.RedirectAway(w, r, to)
}

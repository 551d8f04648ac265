// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

// tooLate is when a forum is asked for another request in place of an answer: it
// forgets a nonce after ten minutes, and shows people an error then.
const tooLate = 9 * time.Minute

// asked is what a request leaves for its answer: itself, to be proven again.
type asked struct {
	SSO string    `json:"sso"`
	Sig string    `json:"sig"`
	At  time.Time `json:"at"`
}

// connect takes a forum's request in. Whatever is wrong with it is a page: a
// forum has no ear for errors.
func (p *Provider) connect(w http.ResponseWriter, r *http.Request) error {
	f, err := p.named(r)
	if err != nil {
		return err
	}
	form, err := web.ParseForm(r, "sso", "sig")
	if err != nil {
		return err
	}
	a := asked{form["sso"], form["sig"], p.c.Now()}
	q, err := f.prove(a.SSO, a.Sig, a.At)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("discourse: request: %w", err)
	}
	u, err := url.Parse(q.back.String())
	if err != nil {
		return fmt.Errorf("discourse: return address: %w", err)
	}
	return p.c.SignOns.Begin(w, r, signon.Request{
		Protocol: p.Protocol(), Service: f.service.ID, Need: f.need(),
		AnswerOrigin: u.Scheme + "://" + u.Host,
		Reply:        raw,
	})
}

// named finds the forum that the path names.
func (p *Provider) named(r *http.Request) (forum, error) {
	name := directory.ServiceName(r.PathValue("service"))
	if !name.Valid() {
		return forum{}, unknown(errUnknownForum)
	}
	s, err := p.c.Directory.ServiceByName(r.Context(), name)
	if errors.Is(err, directory.ErrNotFound) {
		return forum{}, unknown(errUnknownForum)
	}
	if err != nil {
		return forum{}, err
	}
	web.Note(r.Context(), "service", string(s.ID))
	f, err := p.active(s)
	return f, unknown(err)
}

// unknown is what people are told of a forum that is none.
func unknown(err error) error {
	if errors.Is(err, errUnknownForum) {
		return web.Fail(http.StatusBadRequest, "client-unknown", err)
	}
	return err
}

// Answer implements [signon.Protocol]. The nonce is claimed together with the
// pipeline's own writes, and before anything is said of the person: one request,
// one answer.
func (p *Provider) Answer(w http.ResponseWriter, r *http.Request, result signon.Result) error {
	a, err := askedOf(result.Request)
	if err != nil {
		return err
	}
	f, err := p.active(result.Service)
	if err != nil {
		return unknown(err)
	}
	q, err := f.prove(a.SSO, a.Sig, p.c.Now())
	if err != nil {
		return err
	}
	if p.c.Now().Sub(a.At) > tooLate {
		return p.onceMore(w, r, q)
	}
	err = p.c.Store.WriteNew(r.Context(), f.nonceKey(q.nonce), []byte{1}, retention.Answered, result.Writes...)
	if errors.Is(err, store.ErrExists) {
		return web.FailWith(web.Problem{Status: http.StatusGone, Code: "expired", Back: directory.ForumBase(q.back.String()) + "/"}, err)
	}
	if err != nil {
		return err
	}
	said := f.profile(result.Subject, result.Release)
	said.Set("nonce", q.nonce)
	return web.RedirectAway(w, r, q.back.With(encode(said, q.secret)))
}

// onceMore sends the browser to where the forum makes requests. It comes back
// with a fresh one, and is answered without a question.
func (p *Provider) onceMore(w http.ResponseWriter, r *http.Request, q question) error {
	again := directory.ForumBase(q.back.String()) + "/session/sso"
	to, err := web.Vet(again, []string{again})
	if err != nil {
		return err
	}
	return web.RedirectAway(w, r, to.With(url.Values{"return_path": {"/"}}))
}

// Refuse implements [signon.Protocol]. A forum cannot be told, and where only
// members read, its front page sends people straight back here: the page is ours,
// and they go on when they wish to.
func (p *Provider) Refuse(_ http.ResponseWriter, _ *http.Request, request signon.Request, reason signon.Reason) error {
	a, err := askedOf(request)
	if err != nil {
		return err
	}
	_, back, err := parsePayload(a.SSO)
	if err != nil {
		return err
	}
	problem := web.Problem{Status: http.StatusForbidden, Code: "cancelled", Back: directory.ForumBase(back) + "/"}
	if reason == signon.Unavailable {
		problem.Status, problem.Code, problem.RetryAfter = http.StatusServiceUnavailable, "unavailable", 10*time.Second
	}
	return web.FailWith(problem, errors.New("discourse: "+string(reason)))
}

func askedOf(request signon.Request) (asked, error) {
	var a asked
	if err := json.Unmarshal(request.Reply, &a); err != nil {
		return asked{}, fmt.Errorf("discourse: request: %w", err)
	}
	return a, nil
}

// nonceKey is where the claim of a nonce lies. What comes when it is gone is too
// late anyway.
func (f forum) nonceKey(nonce string) string {
	sum := sha256.Sum256([]byte(string(f.service.ID) + "\x00" + nonce))
	return "connect:" + base64.RawURLEncoding.EncodeToString(sum[:])
}

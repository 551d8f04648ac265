// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

// handleField is the form field and query parameter that carries the handle.
const handleField = "signon"

// underway is a sign-on in progress and where it lies.
type underway struct {
	handle string
	raw    []byte // as the store holds it, for the swap
	progress
}

// errOver says that the sign-on is over: too old, finished, or begun in another
// browser. Which of them it is nobody is told.
var errOver = errors.New("signon: over, or of another browser")

// progressMax bounds what one request can leave in the store, whatever protocol it
// came by: anybody can make one, and many. The longest that the protocols take
// fit, unless they were made to be long (RFC 8259 section 7: escapes).
const progressMax = 16 << 10

var errTooMuch = errors.New("signon: a request of that size is not kept")

// suspend keeps a sign-on in the store, bound to the browser, and sends the
// person to what is to be asked first.
func (p *Pipeline) suspend(w http.ResponseWriter, r *http.Request, g progress, ask step) error {
	browser, err := p.c.Sessions.NameBrowser(w, r)
	if err != nil {
		return err
	}
	var handle [16]byte
	if _, err := io.ReadFull(p.c.Rand, handle[:]); err != nil {
		return fmt.Errorf("signon: no randomness: %w", err)
	}
	g.Browser = browser
	raw, err := json.Marshal(g)
	if err != nil {
		return err
	}
	if len(raw) > progressMax {
		return web.Fail(http.StatusBadRequest, "bad-request", errTooMuch)
	}
	u := underway{handle: base64.RawURLEncoding.EncodeToString(handle[:]), raw: raw, progress: g}
	put := store.Put{Key: u.key(), Value: raw, TTL: p.c.Patience}
	if err := p.c.Store.Write(r.Context(), put); err != nil {
		return p.refuse(w, r, g.Request, Unavailable, err)
	}
	return u.redirect(w, r, ask)
}

func (u underway) key() string { return "signon:" + u.handle }

// redirect sends the person to a step of this sign-on.
func (u underway) redirect(w http.ResponseWriter, r *http.Request, to step) error {
	http.Redirect(w, r, string(to)+"?"+u.query().Encode(), http.StatusSeeOther)
	return nil
}

func (u underway) query() url.Values { return url.Values{handleField: {u.handle}} }

// resume finds the sign-on that a request goes on with, if it is this browser's.
func (p *Pipeline) resume(r *http.Request, handle string) (underway, error) {
	browser, ok := p.c.Sessions.Browser(r)
	if !ok || len(handle) != base64.RawURLEncoding.EncodedLen(16) || store.CheckKey(handle) != nil {
		return underway{}, over(nil)
	}
	u := underway{handle: handle}
	raw, err := p.c.Store.Get(r.Context(), u.key())
	if err != nil {
		return underway{}, over(err)
	}
	if err := json.Unmarshal(raw, &u.progress); err != nil {
		return underway{}, err
	}
	if u.Browser != browser {
		return underway{}, over(nil)
	}
	u.raw = raw
	return u, nil
}

// over is what a person is told whose sign-on is gone; a store that is down
// stays what it is.
func over(err error) error {
	if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrConflict) {
		return err
	}
	return web.FailWith(web.Problem{Status: http.StatusGone, Code: "expired", Back: "/"}, errOver)
}

// proceed judges a sign-on that came a step further. When nothing is left to
// ask it is taken from the store, and whoever takes it answers: one request,
// one answer, whatever is posted twice.
func (p *Pipeline) proceed(w http.ResponseWriter, r *http.Request, u underway, s session.Session) error {
	v, err := p.judge(r.Context(), u.progress, s)
	if err != nil {
		return err
	}
	if v.ask != "" {
		if err := p.keep(r.Context(), &u); err != nil {
			return err
		}
		return u.redirect(w, r, v.ask)
	}
	if _, err := p.c.Store.Take(r.Context(), u.key()); err != nil {
		return over(err)
	}
	if v.refused != "" {
		return p.refuse(w, r, u.Request, v.refused, nil)
	}
	return p.answer(w, r, v.result)
}

// keep writes how far a sign-on has come, unless it was moved or finished by
// another request meanwhile: what was taken must not come back.
func (p *Pipeline) keep(ctx context.Context, u *underway) error {
	raw, err := json.Marshal(u.progress)
	if err != nil {
		return err
	}
	left := p.c.Patience - p.c.Now().Sub(u.Begun)
	if left <= 0 {
		return over(nil)
	}
	if err := p.c.Store.Swap(ctx, u.key(), u.raw, raw, left); err != nil {
		return over(err)
	}
	u.raw = raw
	return nil
}

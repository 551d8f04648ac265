// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

// comeBackLife is how long a browser takes to follow a redirect.
const comeBackLife = retention.ComeBack

// comeBack asks the browser to go on by a GET of our own: posted from a
// service's page the request came without our cookie (SameSite=Lax), and
// somebody who is logged in would be taken for nobody. What was decided waits
// under a random handle. It opens no more than the request itself would, which
// anybody can send anybody: who the person is is asked afterwards.
func (p *Provider) comeBack(w http.ResponseWriter, r *http.Request, request signon.Request) error {
	handle, err := p.random()
	if err != nil {
		return err
	}
	raw, err := json.Marshal(request)
	if err != nil {
		return err
	}
	if err := p.leave(r.Context(), postedKey(handle), raw); err != nil {
		return err
	}
	return web.Redirect(w, r, p.path+ssoPath+"/"+handle)
}

// goOn takes up what [Provider.comeBack] left, once.
func (p *Provider) goOn(w http.ResponseWriter, r *http.Request) error {
	handle := r.PathValue("handle")
	if !isID(handle) || store.CheckKey(postedKey(handle)) != nil {
		return over(nil)
	}
	raw, err := p.c.Store.Take(r.Context(), postedKey(handle))
	if err != nil {
		return over(err)
	}
	var request signon.Request
	if err := json.Unmarshal(raw, &request); err != nil {
		return err
	}
	return p.c.SignOns.Begin(w, r, request)
}

// waitingMax bounds what a message leaves in the store before anybody has said who
// they are.
const waitingMax = 8 << 10

// leave lets something wait for the browser to come back.
func (p *Provider) leave(ctx context.Context, key string, raw []byte) error {
	if len(raw) > waitingMax {
		return web.Fail(http.StatusBadRequest, "bad-request", errors.New("saml: a message of that size is not kept"))
	}
	return p.c.Store.Write(ctx, store.Put{Key: key, Value: raw, TTL: comeBackLife})
}

func postedKey(handle string) string { return "saml-posted:" + handle }

// over is what a person is told whose sign-on was answered already, or waited
// too long; a store that is down stays what it is.
func over(err error) error {
	if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrExists) {
		return err
	}
	return web.FailWith(web.Problem{Status: http.StatusGone, Code: "expired", Back: "/"}, err)
}

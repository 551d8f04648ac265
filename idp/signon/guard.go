// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"context"
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/web"
)

// Visitor is who asks for a page of Clau's own.
type Visitor struct {
	Session   session.Session
	Admission Admission
}

type visitorKey struct{}

// VisitorOf returns who asks. It is set behind [Pipeline.Guard], which stands
// before every route that needs [web.Person].
func VisitorOf(ctx context.Context) Visitor {
	v, _ := ctx.Value(visitorKey{}).(Visitor)
	return v
}

// Guard lets a request through to the handler with its [Visitor], and sends
// everybody else through a sign-on that leads back here. A form of somebody
// whose session ended is not done afterwards: the way back is always a page.
func (p *Pipeline) Guard(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		s, err := p.c.Sessions.Read(r)
		if errors.Is(err, session.ErrNone) {
			return p.Begin(w, r, HomeRequest(wayBack(r)))
		}
		if err != nil {
			return err
		}
		a, err := p.Admit(r.Context(), s.Person, "", s.Epoch, nil)
		if errors.Is(err, ErrStopped) {
			p.c.Sessions.Forget(w)
			return p.Begin(w, r, HomeRequest(wayBack(r)))
		}
		if err != nil {
			return err
		}
		ctx := context.WithValue(r.Context(), visitorKey{}, Visitor{s, a})
		return next(w, r.WithContext(ctx))
	}
}

func wayBack(r *http.Request) string {
	if r.Method != http.MethodGet {
		return "/account"
	}
	return r.URL.Path
}

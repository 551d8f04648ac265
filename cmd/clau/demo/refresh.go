// SPDX-License-Identifier: AGPL-3.0-or-later

package demo

import (
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

// refresh asks Clau again, with the refresh token. It is how a service learns
// that somebody's account was stopped or that they left a collective.
func (s *Site) refresh(w http.ResponseWriter, r *http.Request) {
	key := s.key(r)
	present, ok := s.visits.get(key)
	if !ok || present.received == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	p, err := s.discover(r.Context())
	if err != nil {
		s.fail(w, http.StatusBadGateway, "Clau cannot be reached just now. Try again in a moment.", err)
		return
	}
	got, err := s.renew(r, p, present.received)
	if err != nil {
		s.visits.end(key)
		s.fail(w, http.StatusForbidden, "Clau no longer vouches for you, so you were logged out here.", err)
		return
	}
	present.received = got
	s.visits.put(key, present)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Site) renew(r *http.Request, p *provider, old *received) (*received, error) {
	ctx := s.outward(r)
	// A token that ended long ago makes the library ask for another one now.
	ended := &oauth2.Token{RefreshToken: old.token.RefreshToken, Expiry: time.Unix(1, 0)}
	token, err := s.oauth(p).TokenSource(ctx, ended).Token()
	if err != nil {
		return nil, err
	}
	got, err := s.read(ctx, p, token, "")
	if err != nil {
		return nil, err
	}
	got.refreshed = old.refreshed + 1
	return got, nil
}

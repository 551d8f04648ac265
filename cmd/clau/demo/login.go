// SPDX-License-Identifier: AGPL-3.0-or-later

package demo

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// login sends the browser to Clau with a state, a nonce and a PKCE challenge,
// and remembers them in a visit that only this browser can come back to.
func (s *Site) login(w http.ResponseWriter, r *http.Request) {
	p, err := s.discover(r.Context())
	if err != nil {
		s.fail(w, http.StatusBadGateway, "Clau cannot be reached just now. Try again in a moment.", err)
		return
	}
	key, err1 := random(s.c.Rand)
	state, err2 := random(s.c.Rand)
	nonce, err3 := random(s.c.Rand)
	if err := errors.Join(err1, err2, err3); err != nil {
		s.fail(w, http.StatusInternalServerError, "Something went wrong here.", err)
		return
	}
	next := visit{state: state, nonce: nonce, verifier: oauth2.GenerateVerifier(), begun: s.c.Now()}
	s.visits.end(s.key(r))
	s.visits.put(key, next)
	http.SetCookie(w, s.cookie(key))
	where := s.oauth(p).AuthCodeURL(next.state, oidc.Nonce(next.nonce), oauth2.S256ChallengeOption(next.verifier))
	http.Redirect(w, r, where, http.StatusSeeOther)
}

// callback takes Clau's answer. A state that this browser did not set out with
// is somebody else's answer, and is not looked at any further.
func (s *Site) callback(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	pending, ok := s.visits.take(s.key(r))
	if !ok || pending.state == "" || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(pending.state)) != 1 {
		s.fail(w, http.StatusBadRequest, "This answer is not for this browser, or it was used already. Log in again.", nil)
		return
	}
	p, err := s.discover(r.Context())
	if err != nil {
		s.fail(w, http.StatusBadGateway, "Clau cannot be reached just now. Try again in a moment.", err)
		return
	}
	// An answer of another issuer would send our code to the wrong token
	// endpoint (RFC 9207 section 2.4).
	if p.issues && q.Get("iss") != s.c.Issuer {
		s.fail(w, http.StatusBadRequest, "This answer is not Clau's.", nil)
		return
	}
	if q.Has("error") {
		s.refused(w, q.Get("error"), q.Get("error_description"))
		return
	}
	got, err := s.exchange(s.outward(r), p, q.Get("code"), pending)
	if err != nil {
		s.fail(w, http.StatusBadGateway, "What Clau answered could not be used.", err)
		return
	}
	s.welcome(w, r, got)
}

// welcome begins a visit under a new secret: the one that was on the way may
// have been planted.
func (s *Site) welcome(w http.ResponseWriter, r *http.Request, got *received) {
	key, err := random(s.c.Rand)
	if err != nil {
		s.fail(w, http.StatusInternalServerError, "Something went wrong here.", err)
		return
	}
	s.visits.put(key, visit{received: got, begun: s.c.Now()})
	http.SetCookie(w, s.cookie(key))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Site) exchange(ctx context.Context, p *provider, code string, pending visit) (*received, error) {
	token, err := s.oauth(p).Exchange(ctx, code, oauth2.VerifierOption(pending.verifier))
	if err != nil {
		return nil, err
	}
	return s.read(ctx, p, token, pending.nonce)
}

// read verifies the id_token and asks userinfo. The nonce is empty after a
// refresh, when there is none (OpenID Connect Core section 12.2).
func (s *Site) read(ctx context.Context, p *provider, token *oauth2.Token, nonce string) (*received, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, errors.New("no id_token in the answer")
	}
	id, err := p.VerifierContext(ctx, &oidc.Config{ClientID: s.c.ClientID, Now: s.c.Now}).Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if nonce != "" && subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1 {
		return nil, errors.New("the id_token has another nonce")
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return nil, err
		}
	}
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, err
	}
	// Another person's claims must not end up in this one's visit (OpenID
	// Connect Core section 5.3.4).
	if info.Subject != id.Subject {
		return nil, fmt.Errorf("userinfo speaks of %q and the id_token of %q", info.Subject, id.Subject)
	}
	return collect(token, raw, id, info)
}

func collect(token *oauth2.Token, raw string, id *oidc.IDToken, info *oidc.UserInfo) (*received, error) {
	var session struct {
		SID string `json:"sid"`
	}
	inToken, err1 := claimsOf("token-", id.Claims)
	inInfo, err2 := claimsOf("claim-", info.Claims)
	if err := errors.Join(id.Claims(&session), err1, err2); err != nil {
		return nil, err
	}
	return &received{
		subject: id.Subject, sid: session.SID, idToken: raw, token: token,
		fromIDToken: inToken, fromUserinfo: inInfo,
	}, nil
}

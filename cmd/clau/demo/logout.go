// SPDX-License-Identifier: AGPL-3.0-or-later

package demo

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// logout ends the visit here and sends the browser on, so that Clau ends its
// session and tells the other services (OpenID Connect RP-Initiated Logout).
func (s *Site) logout(w http.ResponseWriter, r *http.Request) {
	key := s.key(r)
	present, ok := s.visits.take(key)
	if !ok || present.received == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	p, err := s.discover(r.Context())
	if err != nil {
		s.fail(w, http.StatusBadGateway, "You are logged out here. Clau cannot be reached just now, so you may still be logged in there.", err)
		return
	}
	where, err := url.Parse(p.endSession)
	if err != nil {
		s.fail(w, http.StatusBadGateway, "You are logged out here.", err)
		return
	}
	where.RawQuery = url.Values{
		"id_token_hint":            {present.received.idToken},
		"client_id":                {s.c.ClientID},
		"post_logout_redirect_uri": {s.at("/")},
		"state":                    {"goodbye"},
	}.Encode()
	http.Redirect(w, r, where.String(), http.StatusSeeOther)
}

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// logoutToken is what Clau says when somebody's session ended (OpenID Connect
// Back-Channel Logout section 2.4).
type logoutToken struct {
	ID      string                     `json:"jti"`
	Subject string                     `json:"sub"`
	Session string                     `json:"sid"`
	Nonce   *string                    `json:"nonce"`
	Events  map[string]json.RawMessage `json:"events"`
	Expires int64                      `json:"exp"`
}

// backchannel hears from Clau itself, with no browser between, that a session
// ended.
func (s *Site) backchannel(w http.ResponseWriter, r *http.Request) {
	token, err := s.verifyLogout(s.outward(r), r.PostFormValue("logout_token"))
	if err != nil {
		s.c.Logger.Warn("logout token refused", "service", s.c.Name, "cause", err)
		http.Error(w, `{"error":"invalid_request"}`, http.StatusBadRequest)
		return
	}
	ended := s.visits.endSession(token.Subject, token.Session)
	s.c.Logger.Info("told to log out", "service", s.c.Name, "visits", ended)
}

// verifyLogout checks all that section 2.6 asks for. A token of another kind,
// an id_token above all, must not pass.
func (s *Site) verifyLogout(ctx context.Context, raw string) (logoutToken, error) {
	var token logoutToken
	if typ := headerType(raw); typ != "logout+jwt" && typ != "" {
		return token, errors.New("not a logout token: typ " + typ)
	}
	p, err := s.discover(ctx)
	if err != nil {
		return token, err
	}
	verified, err := p.VerifierContext(ctx, &oidc.Config{ClientID: s.c.ClientID, Now: s.c.Now}).Verify(ctx, raw)
	if err != nil {
		return token, err
	}
	if err := verified.Claims(&token); err != nil {
		return token, err
	}
	_, isLogout := token.Events[logoutEvent]
	switch {
	case !isLogout:
		return token, errors.New("it announces no logout")
	case token.Nonce != nil:
		return token, errors.New("it has a nonce, as only id_tokens do")
	case token.Subject == "" && token.Session == "":
		return token, errors.New("it names nobody")
	case token.ID == "" || !s.visits.first(token.ID, time.Unix(token.Expires, 0)):
		return token, errors.New("it was used before")
	}
	return token, nil
}

func headerType(raw string) string {
	head, _, _ := strings.Cut(raw, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return ""
	}
	var header struct {
		Typ string `json:"typ"`
	}
	_ = json.Unmarshal(text, &header) // what is no JSON fails verification
	return strings.ToLower(header.Typ)
}

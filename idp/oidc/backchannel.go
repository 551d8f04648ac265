// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
)

// logoutLife is short: the token says "now" (OpenID Connect Back-Channel Logout
// section 2.4 recommends two minutes).
const logoutLife = 2 * time.Minute

// logoutEvent is the member of events that makes a token a logout token.
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// logoutToken is OpenID Connect Back-Channel Logout section 2.4. It has no
// nonce, so that it can never be taken for an id_token.
type logoutToken struct {
	Issuer   string              `json:"iss"`
	Subject  string              `json:"sub"`
	Audience string              `json:"aud"`
	Issued   int64               `json:"iat"`
	Expires  int64               `json:"exp"`
	ID       string              `json:"jti"`
	SID      string              `json:"sid"`
	Events   map[string]struct{} `json:"events"`
}

// Deliver implements [logout.Courier]: it posts a logout token to the address
// that the service registered, and does not follow where that leads.
func (p *Provider) Deliver(ctx context.Context, to logout.Participant) error {
	s, err := p.c.Directory.Service(ctx, to.Service)
	if errors.Is(err, directory.ErrNotFound) {
		return logout.ErrUnsupported
	}
	if err != nil {
		return err
	}
	switch {
	case s.Protocol() != directory.ProtocolOIDC:
		return logout.ErrUnsupported
	case s.OIDC.Metadata.BackchannelLogoutURI != "":
	case s.OIDC.Metadata.FrontchannelLogoutURI != "":
		return logout.ErrBrowser
	default:
		return logout.ErrUnsupported
	}
	c := client{service: s, oidc: *s.OIDC} // also where it was stopped: it may still hold sessions
	token, err := p.signLogout(c, to)
	if err != nil {
		return err
	}
	return p.post(ctx, c.oidc.Metadata.BackchannelLogoutURI, token)
}

func (p *Provider) signLogout(c client, to logout.Participant) (string, error) {
	alg, err := c.idTokenAlg()
	if err != nil {
		return "", err
	}
	var id [16]byte
	if _, err := io.ReadFull(p.c.Rand, id[:]); err != nil {
		return "", fmt.Errorf("oidc: no randomness: %w", err)
	}
	now := p.c.Now()
	return p.c.Keys.Sign(alg, logoutTokenType, logoutToken{
		Issuer: p.c.Issuer, Subject: to.Subject, Audience: string(c.oidc.ID), SID: to.SID,
		Issued: now.Unix(), Expires: now.Add(logoutLife).Unix(),
		ID:     base64.RawURLEncoding.EncodeToString(id[:]),
		Events: map[string]struct{}{logoutEvent: {}},
	})
}

// post makes one attempt. Only 200 and 204 say that the service is done.
func (p *Provider) post(ctx context.Context, address, token string) error {
	body := url.Values{"logout_token": {token}}.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("oidc: back-channel address: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	direct := *p.c.Outbound
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := direct.Do(r)
	if err != nil {
		return fmt.Errorf("oidc: back-channel log-out: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusNoContent {
		return fmt.Errorf("oidc: back-channel log-out: %w", &logout.AnsweredError{Status: response.StatusCode})
	}
	return nil
}

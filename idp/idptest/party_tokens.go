// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Answer is what an endpoint said to a service.
type Answer struct {
	Status int
	Header http.Header
	JSON   map[string]any
	Body   string
}

// Text is a member of the answer.
func (a Answer) Text(member string) string { s, _ := a.JSON[member].(string); return s }

// Fault is the OAuth error, "" for none, and the status where it has no name.
func (a Answer) Fault() string {
	if a.Status < 400 {
		return ""
	}
	if name := a.Text("error"); name != "" {
		return name
	}
	return fmt.Sprint("status ", a.Status)
}

// Post sends a form to an endpoint as the service itself.
func (p *Party) Post(endpoint string, form url.Values) Answer {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	must(p.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(p.config.ClientID), url.QueryEscape(p.Secret))
	return p.ask(r)
}

func (p *Party) ask(r *http.Request) Answer {
	p.t.Helper()
	answer, err := p.client.Do(r)
	if err != nil {
		p.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(p.t, err)
	a := Answer{Status: answer.StatusCode, Header: answer.Header, Body: string(body)}
	_ = json.Unmarshal(body, &a.JSON) // an answer that is no JSON has no members
	return a
}

// Redeem exchanges a code, with whatever verifier.
func (p *Party) Redeem(code, verifier string) Answer {
	p.t.Helper()
	return p.Post(p.endpoints.Token, url.Values{"grant_type": {"authorization_code"}, "code": {code},
		"redirect_uri": {p.config.RedirectURL}, "code_verifier": {verifier}})
}

// Refresh uses a refresh token.
func (p *Party) Refresh(token string) Answer {
	p.t.Helper()
	return p.Post(p.endpoints.Token, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

// Introspect asks whether a token lives (RFC 7662).
func (p *Party) Introspect(token string) Answer {
	p.t.Helper()
	return p.Post(p.endpoints.Introspection, url.Values{"token": {token}})
}

// Lives reports what introspection says of a token.
func (p *Party) Lives(token string) bool {
	p.t.Helper()
	active, _ := p.Introspect(token).JSON["active"].(bool)
	return active
}

// Revoke gives a token back (RFC 7009).
func (p *Party) Revoke(token string) Answer {
	p.t.Helper()
	return p.Post(p.endpoints.Revocation, url.Values{"token": {token}})
}

// Machine gets a token for the service itself (client_credentials).
func (p *Party) Machine() Answer {
	p.t.Helper()
	return p.Post(p.endpoints.Token, url.Values{"grant_type": {"client_credentials"}})
}

// UserInfo asks who an access token is for.
func (p *Party) UserInfo(token string) Answer {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodGet, p.endpoints.UserInfo, nil)
	must(p.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	return p.ask(r)
}

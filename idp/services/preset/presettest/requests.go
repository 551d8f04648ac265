// SPDX-License-Identifier: AGPL-3.0-or-later

package presettest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/template"
)

// Run is one log-in, as the application's side knows it.
type Run struct {
	ClientID, Secret, Redirect, Scopes string
	Authorize, Token, Who              string // addresses of the endpoints
	Nonce, Verifier                    string // new for each run, but for a fixed verifier

	Code        string // once it came
	AccessToken string
}

// State is what the application sends as its state: it must come back octet for
// octet.
func (e Exchange) State() string {
	return map[string]string{
		"text": "vT2_x.Q-9~", "hex": "5e884898da28047151d0e56f8dc6292773603d0d",
		"json": `{"d": "odoo", "p": 3, "r": "https%3A%2F%2Fapp.example%2Fweb", "c": {"x": "à"}}`,
	}[e.Authorize.State]
}

// AuthorizeURL is where the application sends the browser.
func (e Exchange) AuthorizeURL(r Run) (string, error) {
	query := url.Values{}
	for name, text := range e.Authorize.Parameters {
		value, err := r.fill(text)
		if err != nil {
			return "", err
		}
		query.Set(name, value)
	}
	query.Set("state", e.State())
	if e.Authorize.PKCE != "none" {
		sum := sha256.Sum256([]byte(r.Verifier))
		query.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		query.Set("code_challenge_method", "S256")
	}
	return r.Authorize + "?" + query.Encode(), nil
}

// TokenRequest is the request with the code.
func (e Exchange) TokenRequest(ctx context.Context, r Run) (*http.Request, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {r.Code}, "redirect_uri": {r.Redirect}}
	if e.Authorize.PKCE != "none" {
		form.Set("code_verifier", r.Verifier)
	}
	return e.token(ctx, r, form)
}

// RefreshRequest is the request with a refresh token.
func (e Exchange) RefreshRequest(ctx context.Context, r Run, refresh string) (*http.Request, error) {
	return e.token(ctx, r, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
}

func (e Exchange) token(ctx context.Context, r Run, form url.Values) (*http.Request, error) {
	for name, text := range e.Token.Parameters {
		value, err := r.fill(text)
		if err != nil {
			return nil, err
		}
		form.Set(name, value)
	}
	if e.Token.Auth == "post" || e.Token.Auth == "basic+id" {
		form.Set("client_id", r.ClientID)
	}
	if e.Token.Auth == "post" {
		form.Set("client_secret", r.Secret)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.Token, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	switch e.Token.Auth {
	case "basic", "basic+id": // RFC 6749 section 2.3.1: encoded, then joined
		request.SetBasicAuth(url.QueryEscape(r.ClientID), url.QueryEscape(r.Secret))
	case "basic-raw":
		request.SetBasicAuth(r.ClientID, r.Secret)
	}
	e.dress(request)
	return request, nil
}

// WhoRequest asks whose the token is.
func (e Exchange) WhoRequest(ctx context.Context, r Run) (*http.Request, error) {
	address := r.Who
	if e.Who.Bearer == "query" {
		address += "?access_token=" + url.QueryEscape(r.AccessToken)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	if e.Who.Bearer != "query" {
		request.Header.Set("Authorization", "Bearer "+r.AccessToken)
	} else { // a GET that says how long its body is, and what
		request.Body, request.ContentLength = io.NopCloser(strings.NewReader("")), 0
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	e.dress(request)
	return request, nil
}

// dress adds the headers that the application sends.
func (e Exchange) dress(r *http.Request) {
	if e.Token.Accept != "" {
		r.Header.Set("Accept", e.Token.Accept)
	}
	if e.Token.NoAgent {
		r.Header["User-Agent"] = []string{""} // net/http then sends none
	}
}

func (r Run) fill(text string) (string, error) {
	t, err := template.New("").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", fmt.Errorf("presettest: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, r); err != nil {
		return "", fmt.Errorf("presettest: %w", err)
	}
	return b.String(), nil
}

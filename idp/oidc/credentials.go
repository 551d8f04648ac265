// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"commonscloud.coop/clau/idp/directory"
)

// credentials are how a program says which client it is (RFC 6749 section 2.3,
// RFC 7523 section 2.2). A method is read once, at the door.
type credentials struct {
	id        string
	secrets   []string // spellings of the one secret; empty: none was given
	assertion string
}

// readCredentials takes exactly one way of authentication. What it returns an
// error for is no secret's fault: the request was badly made.
func readCredentials(r *http.Request) (credentials, *refusal) {
	form := r.PostForm
	basicID, basicSecret, basic := r.BasicAuth()
	secret, assertion := form.Get("client_secret"), form.Get("client_assertion")
	switch {
	case r.Header.Get("Authorization") != "" && !basic:
		return credentials{}, refuse(invalidClient, "the Authorization header is not of the Basic scheme")
	case basic && (secret != "" || assertion != ""), secret != "" && assertion != "":
		return credentials{}, refuse(invalidRequest, "the client authenticates in more than one way")
	case basic && basicID == "":
		return credentials{}, refuse(invalidClient, "the client is not named")
	case basic:
		return readBasic(basicID, basicSecret, form.Get("client_id"))
	case assertion != "":
		return readAssertion(form)
	case form.Get("client_id") == "":
		return credentials{}, refuse(invalidClient, "the client is not named")
	}
	c := credentials{id: form.Get("client_id")}
	if secret != "" {
		c.secrets = []string{secret}
	}
	return c, nil
}

// readBasic accepts what RFC 6749 section 2.3.1 demands (id and secret are
// form-encoded first) and what most programs send (they are not). The client_id
// that some repeat in the body must be the same.
func readBasic(id, secret, repeated string) (credentials, *refusal) {
	c := credentials{id: id}
	if plain, err := url.QueryUnescape(id); err == nil {
		c.id = plain
	}
	if repeated != "" && repeated != c.id && repeated != id {
		return credentials{}, refuse(invalidRequest, "client_id is not the one of the Authorization header")
	}
	if secret == "" {
		return c, nil
	}
	c.secrets = []string{secret}
	if plain, err := url.QueryUnescape(secret); err == nil && plain != secret {
		c.secrets = append(c.secrets, plain)
	}
	return c, nil
}

// authenticate finds the client and checks that it is who it says, in the way
// that it registered. Unknown clients and wrong secrets look the same.
func (p *Provider) authenticate(ctx context.Context, given credentials) (client, error) {
	if given.id == "" || len(given.id) > limitOf("client_id") {
		return client{}, errAuthentication()
	}
	c, err := p.client(ctx, directory.ClientID(given.id))
	if errors.Is(err, errUnknownClient) {
		return client{}, errAuthentication().because(err)
	}
	if err != nil {
		return client{}, err
	}
	switch c.AuthMethod() {
	case oidc.AuthMethodNone:
		if len(given.secrets) == 0 && given.assertion == "" {
			return c, nil
		}
	case oidc.AuthMethodBasic, oidc.AuthMethodPost:
		if c.hasSecret(given.secrets, p.c.Now()) {
			return c, nil
		}
	case oidc.AuthMethodPrivateKeyJWT:
		if given.assertion != "" {
			err := p.checkAssertion(ctx, c, given.assertion)
			return c, err
		}
	}
	return client{}, errAuthentication()
}

// errAuthentication is the one answer to every wrong proof.
func errAuthentication() *refusal { return refuse(invalidClient, "client authentication failed") }

// hasSecret compares digests, all of them: the time tells neither which secret
// it was nor how much of it was right.
func (c client) hasSecret(spellings []string, now time.Time) bool {
	found := 0
	for _, given := range spellings {
		sum := sha256.Sum256([]byte(given))
		digest := base64.RawURLEncoding.EncodeToString(sum[:])
		for _, s := range c.oidc.Secrets {
			if s.Expires.IsZero() || now.Before(s.Expires) {
				found |= subtle.ConstantTimeCompare([]byte(digest), []byte(s.SHA256))
			}
		}
	}
	return found == 1
}

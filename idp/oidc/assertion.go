// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/store"
)

const assertionMax = 8192 // bytes

// readAssertion finds out whose key an assertion is to be verified with
// (RFC 7523 section 2.2). What is read here is believed by nobody.
func readAssertion(form url.Values) (credentials, *refusal) {
	if form.Get("client_assertion_type") != oidc.ClientAssertionTypeJWTAssertion {
		return credentials{}, refuse(invalidRequest, "client_assertion_type is not supported")
	}
	signed := form.Get("client_assertion")
	subject := subjectOf(signed)
	if subject == "" {
		return credentials{}, refuse(invalidClient, "client_assertion is not a signed JWT")
	}
	if id := form.Get("client_id"); id != "" && id != subject {
		return credentials{}, refuse(invalidRequest, "client_id is not the one of the assertion")
	}
	return credentials{id: subject, assertion: signed}, nil
}

func subjectOf(signed string) string {
	parts := strings.Split(signed, ".")
	if len(signed) > assertionMax || len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claimed struct {
		Subject string `json:"sub"`
	}
	if json.Unmarshal(payload, &claimed) != nil {
		return ""
	}
	return claimed.Subject
}

// checkAssertion verifies an assertion and that it is shown once. The issuer
// and the token endpoint's address are both accepted as audience: older
// programs send the latter, and both are ours alone.
func (p *Provider) checkAssertion(ctx context.Context, c client, signed string) error {
	now := p.c.Now()
	said, err := p.verifyAssertion(ctx, c, signed, keys.ExpectAssertion{
		ClientID: string(c.oidc.ID), Now: now,
		Audiences: []string{p.c.Issuer, p.url(string(tokenEndpoint))},
	})
	if err != nil {
		return errAuthentication().because(err)
	}
	sum := sha256.Sum256([]byte(string(c.oidc.ID) + "\n" + said.ID))
	key := "jti:" + base64.RawURLEncoding.EncodeToString(sum[:])
	err = p.c.Store.PutNew(ctx, key, []byte{1}, said.Expires.Sub(now))
	if errors.Is(err, store.ErrExists) {
		return errAuthentication().because(err)
	}
	return err
}

// verifyAssertion takes the keys that the client registered, or else those that
// it publishes; of these it asks again, now and then, when none fits: the client
// may have made a new one (OpenID Connect Core section 10.1.1).
func (p *Provider) verifyAssertion(ctx context.Context, c client, signed string, want keys.ExpectAssertion) (keys.Assertion, error) {
	m := c.oidc.Metadata
	if len(m.JWKS) > 0 || m.JWKSURI == "" {
		return keys.VerifyAssertion(signed, m.JWKS, want)
	}
	set, err := p.keys.of(ctx, c.oidc.ID, m.JWKSURI)
	if err != nil {
		return keys.Assertion{}, err
	}
	said, err := keys.VerifyAssertion(signed, set, want)
	if err == nil || errors.Is(err, keys.ErrExpired) {
		return said, err
	}
	set, renewed := p.keys.anew(ctx, c.oidc.ID, m.JWKSURI)
	if !renewed {
		return said, err
	}
	return keys.VerifyAssertion(signed, set, want)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"commonscloud.coop/clau/idp/retention"
)

// assertionMax is the longest life of a client's assertion; one that lives
// longer would have to be remembered longer against replay.
const assertionMax = retention.Assertion

// assertionKeysMax bounds the work that one registration can cause.
const assertionKeysMax = 20

// AssertionAlgorithms returns what clients may sign with.
func AssertionAlgorithms() []string { return []string{RS256, "PS256", ES256, EdDSA} }

// ExpectAssertion says whose assertion is expected, and for whom.
type ExpectAssertion struct {
	ClientID  string   // iss and sub must both be it
	Audiences []string // aud must hold one of these: the issuer, by choice also the endpoint
	Now       time.Time
}

// Assertion is what a client has proven with its key.
type Assertion struct {
	ID      string // jti: the caller refuses to see it twice before Expires
	Expires time.Time
}

// VerifyAssertion checks a client's assertion (RFC 7523 section 3,
// private_key_jwt) against the client's own JWK Set. It must name its id and
// its end, at most an hour away. Symmetric keys and those marked for encryption
// are not looked at, and a key marked for one algorithm verifies no other.
// Every reason to refuse is an [ErrToken].
func VerifyAssertion(token string, jwks []byte, want ExpectAssertion) (Assertion, error) {
	raw, err := rawHeader(token)
	if err != nil {
		return Assertion{}, err
	}
	var h struct{ Alg, Kid string }
	if err := json.Unmarshal(raw, &h); err != nil {
		return Assertion{}, refuse("header")
	}
	if !slices.Contains(AssertionAlgorithms(), h.Alg) {
		return Assertion{}, refuse("alg is not wanted")
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(jwks, &set); err != nil || len(set.Keys) > assertionKeysMax {
		return Assertion{}, refuse("the client's keys cannot be read")
	}
	fits := slices.DeleteFunc(set.Keys, func(k jose.JSONWebKey) bool { return !serves(k, h.Alg, h.Kid) })
	if h.Kid != "" && len(fits) > 1 {
		return Assertion{}, refuse("two of the client's keys have one name")
	}
	for _, k := range fits {
		payload, err := verifySignature(token, h.Alg, k.Key)
		if err == nil {
			return want.check(payload)
		}
	}
	return Assertion{}, refuse("no key of the client's fits")
}

// serves reports whether k may have signed a token with this header.
func serves(k jose.JSONWebKey, alg, kid string) bool {
	return k.IsPublic() && suits(alg, k.Key) &&
		(kid == "" || k.KeyID == kid) &&
		(k.Use == "" || k.Use == "sig") &&
		(k.Algorithm == "" || k.Algorithm == alg)
}

func (e ExpectAssertion) check(payload []byte) (Assertion, error) {
	var c registered
	if err := json.Unmarshal(payload, &c); err != nil {
		return Assertion{}, refuse("claims")
	}
	meant := func(aud string) bool { return aud != "" && slices.Contains(e.Audiences, aud) }
	switch {
	case e.ClientID == "" || c.Issuer != e.ClientID || c.Subject != e.ClientID:
		return Assertion{}, refuse("iss and sub are not the client")
	case !slices.ContainsFunc(c.Audience, meant):
		return Assertion{}, refuse("aud")
	case c.ID == "":
		return Assertion{}, refuse("no jti")
	case c.notYet(e.Now):
		return Assertion{}, refuse("not valid yet")
	case c.Expires == nil:
		return Assertion{}, refuse("no exp")
	case c.over(e.Now):
		return Assertion{}, ErrExpired
	case c.Expires.After(e.Now.Add(assertionMax)):
		return Assertion{}, refuse("lives too long")
	}
	return Assertion{ID: c.ID, Expires: c.Expires.Time}, nil
}

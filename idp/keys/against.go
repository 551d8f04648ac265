// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"encoding/json"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// publishedKeysMax bounds the work that one set of keys can cause.
const publishedKeysMax = 200

// VerifyAgainst checks a signed token of one type against a JWK Set that was
// published (RFC 7517 section 5), offline, and returns its payload. That the
// keys are whose they are said to be is for the caller to know. The token must
// name its key; the algorithm is the key's, and one that Clau signs with. Every
// reason to refuse is an [ErrToken]. Times are not looked at.
func VerifyAgainst(jwks []byte, token, typ string) ([]byte, error) {
	raw, err := rawHeader(token)
	if err != nil {
		return nil, err
	}
	var h struct{ Alg, Kid, Typ string }
	if err := json.Unmarshal(raw, &h); err != nil {
		return nil, refuse("header")
	}
	switch {
	case h.Typ != typ:
		return nil, refuse("a token for something else")
	case h.Kid == "":
		return nil, refuse("names no key")
	case !slices.Contains(Algorithms(), h.Alg):
		return nil, refuse("alg is not wanted")
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(jwks, &set); err != nil || len(set.Keys) > publishedKeysMax {
		return nil, refuse("the keys cannot be read")
	}
	for _, k := range set.Keys {
		if !serves(k, h.Alg, h.Kid) {
			continue
		}
		if payload, err := verifySignature(token, h.Alg, k.Key); err == nil {
			return payload, nil
		}
	}
	return nil, refuse("not signed with one of these keys")
}

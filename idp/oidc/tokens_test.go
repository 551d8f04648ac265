// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// peek reads a token's claims without verifying anything.
func (w *world) peek(token string) got {
	w.t.Helper()
	return w.part(token, 1)
}

func (w *world) part(token string, i int) got {
	w.t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
	w.must(err)
	var g got
	w.must(json.Unmarshal(raw, &g))
	return g
}

// unsigned is the token with alg none.
func unsigned(token string) string {
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	return header + "." + strings.Split(token, ".")[1] + "."
}

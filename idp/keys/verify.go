// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"commonscloud.coop/clau/idp/directory"
)

// Why a token is refused. ErrExpired is an ErrToken too.
var (
	ErrToken   = errors.New("keys: token refused")
	ErrExpired = fmt.Errorf("%w: expired", ErrToken)
)

const (
	tokenMax = 16 << 10        // bytes; longer ones are refused unread
	leeway   = 1 * time.Minute // between the clocks of two machines
)

// Expect says what a token must be. The zero value accepts nothing.
type Expect struct {
	Typ      []string // one of these, exactly as Sign was told; required
	Algs     []string // one of these; empty: any of the ring's
	Issuer   string   // iss; required
	Audience string   // in aud; empty: not looked at

	// AcceptExpired takes tokens whose time is over: an id_token_hint is
	// believed longer than an id_token (OpenID Connect RP-Initiated Logout 1.0
	// section 2).
	AcceptExpired bool
}

// Verify checks a token that the ring has signed and returns its claims as they
// were signed. It accepts one signature in compact form, with the algorithm of
// the key that the token names; the key must be known here, and the header hold
// alg, kid and typ alone. Every reason to refuse is an [ErrToken]; the text is
// for the log.
func (r *Ring) Verify(token string, want Expect) ([]byte, directory.KeyID, error) {
	h, err := parseHeader(token)
	if err != nil {
		return nil, "", err
	}
	k, ok := r.state.Load().byID[h.Kid]
	now := r.c.Now()
	switch {
	case !ok || expired(k.Key, now):
		return nil, "", refuse("unknown key")
	case h.Alg != k.Algorithm:
		return nil, "", refuse("alg is not the key's")
	case len(want.Algs) > 0 && !slices.Contains(want.Algs, h.Alg):
		return nil, "", refuse("alg is not wanted")
	case !slices.Contains(want.Typ, h.Typ):
		return nil, "", refuse("typ is not wanted")
	}
	payload, err := verifySignature(token, k.Algorithm, k.private.Public())
	if err != nil {
		return nil, "", err
	}
	if err := want.check(payload, now); err != nil {
		return nil, "", err
	}
	return payload, k.ID, nil
}

func refuse(reason string) error { return fmt.Errorf("%w: %s", ErrToken, reason) }

// header is all that a token of Clau's has in its header.
type header struct {
	Alg string          `json:"alg"`
	Kid directory.KeyID `json:"kid"`
	Typ string          `json:"typ"`
}

func parseHeader(token string) (header, error) {
	raw, err := rawHeader(token)
	if err != nil {
		return header{}, err
	}
	var h header
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields() // crit, jwk, jku, x5c … have no business here
	if err := d.Decode(&h); err != nil || d.More() {
		return header{}, refuse("header")
	}
	return h, nil
}

// rawHeader checks the form of a token and returns its header. Three parts, each
// the only way to write its bytes in base64url: decoders that skip line ends or
// ignore spare bits would let one token have many spellings.
func rawHeader(token string) ([]byte, error) {
	if len(token) > tokenMax {
		return nil, refuse("too long")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, refuse("not three parts")
	}
	var raw []byte
	for i, part := range parts {
		decoded, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil || len(decoded) == 0 || strings.ContainsAny(part, "\r\n") {
			return nil, refuse("not base64url")
		}
		if i == 0 {
			raw = decoded
		}
	}
	return raw, nil
}

// verifySignature returns the payload if public signed the token with alg.
func verifySignature(token, alg string, public any) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	if err != nil {
		return nil, refuse("not a signed token")
	}
	payload, err := signed.Verify(public)
	if err != nil {
		return nil, refuse("signature")
	}
	return payload, nil
}

// check looks at the claims that every token has.
func (e Expect) check(payload []byte, now time.Time) error {
	var c registered
	if err := json.Unmarshal(payload, &c); err != nil {
		return refuse("claims")
	}
	switch {
	case e.Issuer == "" || c.Issuer != e.Issuer:
		return refuse("iss")
	case e.Audience != "" && !slices.Contains(c.Audience, e.Audience):
		return refuse("aud")
	case c.notYet(now):
		return refuse("not valid yet")
	case c.Expires == nil:
		return refuse("no exp")
	case c.over(now) && !e.AcceptExpired:
		return ErrExpired
	}
	return nil
}

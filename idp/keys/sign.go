// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrNoKey means that the ring has no key to sign with.
var ErrNoKey = errors.New("keys: no signing key")

// Sign returns claims as a JWS in compact form (RFC 7515 section 3.1) under the
// present key of alg. The header holds alg, kid and typ and nothing else.
// Claims are JSON in ASCII, what is not is escaped: some services decode
// tokens as Latin-1.
func (r *Ring) Sign(alg, typ string, claims any) (string, error) {
	k, ok := r.signing(alg)
	if !ok {
		return "", fmt.Errorf("%w for %q", ErrNoKey, alg)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("keys: writing claims: %w", err)
	}
	signer, err := k.signer(typ)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(toASCII(payload))
	if err != nil {
		return "", fmt.Errorf("keys: signing: %w", err)
	}
	return signed.CompactSerialize()
}

// signing finds the key of alg that signs now. The keys are sorted the youngest
// first. If all are to be used later only, because another node's clock is
// ahead, it is the one to be used first.
func (r *Ring) signing(alg string) (*key, bool) {
	now := r.c.Now()
	var ahead *key
	for _, k := range r.state.Load().keys {
		if k.Algorithm != alg || retired(k.Key, now) {
			continue
		}
		if !now.Before(k.Activates) {
			return k, true
		}
		ahead = k
	}
	return ahead, ahead != nil
}

// toASCII escapes what is not ASCII in JSON (RFC 8259 section 7). In JSON such
// characters stand only within strings.
func toASCII(json []byte) []byte {
	i := 0
	for i < len(json) && json[i] < utf8.RuneSelf {
		i++
	}
	if i == len(json) {
		return json
	}
	out := append(make([]byte, 0, len(json)+16), json[:i]...)
	for _, c := range string(json[i:]) {
		switch {
		case c < utf8.RuneSelf:
			out = append(out, byte(c))
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return out
}

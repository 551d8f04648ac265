// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// The kinds of sealed values. Each has keys of its own, so that one kind can
// never be read as another.
const (
	accessKind  = "access token"
	refreshKind = "refresh token"
	confirmKind = "logout confirmation"
)

var errUnsealed = errors.New("oidc: not sealed by us")

// box seals small values that clients and browsers hold for us: nobody else can
// read or make them. The nonce is computed from what is sealed (as in RFC 5297),
// so equal values look equal: that is how a lost answer is given once more.
type box struct {
	aead     cipher.AEAD
	nonceKey []byte
}

func newBox(secret []byte, kind string) (box, error) {
	keys, err := hkdf.Key(sha256.New, secret, nil, "oidc "+kind, 64)
	if err != nil {
		return box{}, fmt.Errorf("oidc: key of %s: %w", kind, err)
	}
	block, err := aes.NewCipher(keys[:32])
	if err != nil {
		return box{}, fmt.Errorf("oidc: cipher of %s: %w", kind, err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return box{}, fmt.Errorf("oidc: cipher of %s: %w", kind, err)
	}
	return box{aead: aead, nonceKey: keys[32:]}, nil
}

// seal returns plain in base64url, readable with the same context only.
func (b box) seal(plain []byte, context string) string {
	mac := hmac.New(sha256.New, b.nonceKey)
	mac.Write([]byte(context))
	mac.Write([]byte{0})
	mac.Write(plain)
	nonce := mac.Sum(make([]byte, 0, sha256.Size))[:b.aead.NonceSize()]
	sealed := b.aead.Seal(nonce[:len(nonce):len(nonce)], nonce, plain, []byte(context))
	return base64.RawURLEncoding.EncodeToString(sealed)
}

func (b box) open(sealed, context string) ([]byte, error) {
	raw, ok := decode(sealed)
	if !ok || len(raw) < b.aead.NonceSize()+b.aead.Overhead() {
		return nil, errUnsealed
	}
	nonce, body := raw[:b.aead.NonceSize()], raw[b.aead.NonceSize():]
	plain, err := b.aead.Open(nil, nonce, body, []byte(context))
	if err != nil {
		return nil, errUnsealed
	}
	return plain, nil
}

// decode accepts one spelling only: even the strict decoder skips line ends.
func decode(s string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return raw, err == nil && !strings.ContainsAny(s, "\r\n")
}

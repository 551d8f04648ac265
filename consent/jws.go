// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
)

// A receipt must be readable by anybody, for as long as its paper lasts, with
// nothing but the published keys. So it is verified here with the standard
// library alone, in the three algorithms that Clau signs with.

// receiptSize bounds what is read, in bytes.
const receiptSize = 64 << 10

type header struct {
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	Typ string `json:"typ"`
}

// jwk is a public key as published (RFC 7517 section 4, RFC 7518 section 6,
// RFC 8037 section 2).
type jwk struct {
	Kty, Kid, Alg, Use, Crv string
	N, E, X, Y              string
}

// verified returns the payload of a JWS in compact form, signed with one of the
// keys. The algorithm is the key's and not the token's (RFC 8725 section 3.1).
func verified(jws, jwks []byte) (header, []byte, error) {
	if len(jws) > receiptSize || len(jwks) > receiptSize {
		return header{}, nil, refuse("too long")
	}
	parts := strings.Split(string(bytes.TrimSpace(jws)), ".")
	if len(parts) != 3 {
		return header{}, nil, refuse("not three parts")
	}
	var raw [3][]byte
	for i, part := range parts {
		b, err := unbase64(part)
		if err != nil {
			return header{}, nil, err
		}
		raw[i] = b
	}
	var h header
	if err := strict(raw[0], &h); err != nil {
		return header{}, nil, refuse("header")
	}
	key, err := find(jwks, h)
	if err != nil {
		return header{}, nil, err
	}
	if !signed(key, h.Alg, []byte(parts[0]+"."+parts[1]), raw[2]) {
		return header{}, nil, refuse("signature")
	}
	return h, raw[1], nil
}

// find returns the key that the header names.
func find(jwks []byte, h header) (jwk, error) {
	var set struct{ Keys []jwk }
	if err := json.Unmarshal(jwks, &set); err != nil {
		return jwk{}, refuse("the keys cannot be read")
	}
	for _, k := range set.Keys {
		if k.Kid == h.Kid && k.Kid != "" && k.Alg == h.Alg && (k.Use == "" || k.Use == "sig") {
			return k, nil
		}
	}
	return jwk{}, refuse("not signed with one of these keys")
}

func signed(k jwk, alg string, input, signature []byte) bool {
	switch {
	case alg == "RS256" && k.Kty == "RSA":
		return signedRS256(k, input, signature)
	case alg == "ES256" && k.Kty == "EC" && k.Crv == "P-256":
		return signedES256(k, input, signature)
	case alg == "EdDSA" && k.Kty == "OKP" && k.Crv == "Ed25519":
		x, err := unbase64(k.X)
		return err == nil && len(x) == ed25519.PublicKeySize && ed25519.Verify(x, input, signature)
	}
	return false
}

func signedRS256(k jwk, input, signature []byte) bool {
	n, errN := unbase64(k.N)
	e, errE := unbase64(k.E)
	if errN != nil || errE != nil || len(e) > 4 {
		return false
	}
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	sum := sha256.Sum256(input)
	return public.N.BitLen() >= 2048 && rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature) == nil
}

// signedES256 takes a signature as two numbers of 32 bytes (RFC 7518 section 3.4).
func signedES256(k jwk, input, signature []byte) bool {
	x, errX := unbase64(k.X)
	y, errY := unbase64(k.Y)
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 || len(signature) != 64 {
		return false
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return false
	}
	sum := sha256.Sum256(input)
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	return ecdsa.Verify(public, sum[:], r, s)
}

// unbase64 takes the one way to write bytes in base64url: a decoder that skips
// line ends or spare bits would give one receipt many spellings.
func unbase64(s string) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) == 0 || strings.ContainsAny(s, "\r\n") {
		return nil, refuse("not base64url")
	}
	return b, nil
}

// strict reads exactly one JSON value, with no key that is not known.
func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("consent: something follows")
	}
	return nil
}

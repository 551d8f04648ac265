// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// The algorithms that Clau signs with (RFC 7518 section 3.1, RFC 8037 section 3.1).
const (
	RS256 = "RS256"
	ES256 = "ES256"
	EdDSA = "EdDSA"
)

// Algorithms returns them in the order in which they are published. RS256
// comes first: it is what a client that says nothing expects (OpenID Connect
// Dynamic Registration section 2).
func Algorithms() []string { return []string{RS256, ES256, EdDSA} }

// rsaMin is the shortest RSA key, in bits (RFC 7518 section 3.3).
const rsaMin = 2048

// A key is somebody's word, and checking one signature with it is work that
// anybody can cause.
const (
	rsaMax         = 4096 // bits
	rsaExponentMax = 65537
)

func generate(alg string, rsaBits int, rand io.Reader) (crypto.Signer, error) {
	switch alg {
	case RS256:
		return rsa.GenerateKey(rand, max(rsaBits, rsaMin))
	case ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand)
	case EdDSA:
		_, private, err := ed25519.GenerateKey(rand)
		return private, err
	}
	return nil, fmt.Errorf("keys: no such algorithm: %q", alg)
}

// suits reports whether a public key is one for the algorithm.
func suits(alg string, public crypto.PublicKey) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return (alg == RS256 || alg == "PS256") && key.N.BitLen() >= rsaMin && key.N.BitLen() <= rsaMax && key.E <= rsaExponentMax
	case *ecdsa.PublicKey:
		return alg == ES256 && key.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return alg == EdDSA
	}
	return false
}

// Hash returns the at_hash or c_hash of a value beside a token signed with alg:
// the left half of its digest, base64url (OpenID Connect Core section 3.1.3.6).
// Ed25519 hashes with SHA-512, and so does this for EdDSA. For an algorithm
// without a hash function it returns "".
func Hash(alg, value string) string {
	var sum []byte
	switch {
	case strings.HasSuffix(alg, "256"):
		h := sha256.Sum256([]byte(value))
		sum = h[:]
	case strings.HasSuffix(alg, "384"):
		h := sha512.Sum384([]byte(value))
		sum = h[:]
	case strings.HasSuffix(alg, "512"), alg == EdDSA:
		h := sha512.Sum512([]byte(value))
		sum = h[:]
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

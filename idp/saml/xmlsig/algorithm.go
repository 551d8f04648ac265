// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" // for Options.SHA1, and inside RSA-OAEP, where it is sound
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"strings"
)

// Options are what a service's record may ask of verification.
type Options struct {
	// SHA1 also takes RSA-SHA1 and SHA-1 digests: for services that cannot do
	// better, until the date in their record.
	SHA1 bool
}

const (
	minBits = 2048
	maxBits = 8192 // a larger key costs much and is nobody's
	maxKeys = 16   // of one service that are tried; metadata with more is refused at import
)

// signatureHash is the hash of a signature algorithm that is taken, 0 if it is
// not. All are RSA with PKCS #1 v1.5: HMAC would make the public key the secret,
// and ECDSA is written in two ways that cannot be told apart.
func (o Options) signatureHash(algorithm string) crypto.Hash {
	switch algorithm {
	case RSASHA256:
		return crypto.SHA256
	case RSASHA384:
		return crypto.SHA384
	case RSASHA512:
		return crypto.SHA512
	case RSASHA1:
		return o.sha1()
	}
	return 0
}

// digestHash is the hash of a digest algorithm that is taken, 0 if it is not.
func (o Options) digestHash(algorithm string) crypto.Hash {
	switch algorithm {
	case SHA256:
		return crypto.SHA256
	case SHA384:
		return crypto.SHA384
	case SHA512:
		return crypto.SHA512
	case SHA1:
		return o.sha1()
	}
	return 0
}

func (o Options) sha1() crypto.Hash {
	if o.SHA1 {
		return crypto.SHA1
	}
	return 0
}

// verify verifies signature over octets with the first of keys that fits. The
// keys are those of the service's record, of any age: what a message says about
// its key is for nobody here.
func (o Options) verify(octets []byte, algorithm string, signature []byte, keys []crypto.PublicKey) error {
	hash := o.signatureHash(algorithm)
	if hash == 0 {
		return badSignature("an algorithm that is not taken")
	}
	sum := digest(hash, octets)
	for _, key := range keys[:min(len(keys), maxKeys)] {
		public, ok := key.(*rsa.PublicKey)
		if !ok || !sound(public) {
			continue
		}
		if rsa.VerifyPKCS1v15(public, hash, sum, signature) == nil {
			return nil
		}
	}
	return badSignature("of none of %d keys", len(keys))
}

// sound reports whether a key is neither too short to be safe nor so long that
// using it is an attack.
func sound(key *rsa.PublicKey) bool {
	bits := key.N.BitLen()
	return minBits <= bits && bits <= maxBits
}

func digest(hash crypto.Hash, octets []byte) []byte {
	h := hash.New()
	h.Write(octets)
	return h.Sum(nil)
}

// decode reads base64 as XML has it: with white space anywhere.
func decode(text string) ([]byte, error) {
	return base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(text), ""))
}

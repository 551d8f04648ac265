// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"commonscloud.coop/clau/idp/directory"
)

// key is a signing key ready for use.
type key struct {
	directory.Key
	private crypto.Signer
	signers sync.Map // typ -> jose.Signer
}

// jwk is the public half as services read it (RFC 7517).
func (k *key) jwk() jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.private.Public(), KeyID: string(k.ID), Algorithm: k.Algorithm, Use: "sig"}
}

// signer returns the signer for tokens of one typ; making one costs about as
// much as a tenth of an ES256 signature, so they are kept.
func (k *key) signer(typ string) (jose.Signer, error) {
	if s, ok := k.signers.Load(typ); ok {
		return s.(jose.Signer), nil
	}
	s, err := jose.NewSigner(
		jose.SigningKey{
			Algorithm: jose.SignatureAlgorithm(k.Algorithm),
			Key:       jose.JSONWebKey{Key: k.private, KeyID: string(k.ID)},
		},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		return nil, fmt.Errorf("keys: signer: %w", err)
	}
	k.signers.Store(typ, s)
	return s, nil
}

// sealContext binds a sealed key to its name and algorithm: whoever can write
// the directory still cannot give one key the name of another.
func sealContext(id directory.KeyID, alg string) string {
	return "signing-key/" + alg + "/" + string(id)
}

// make generates a key and seals it for the directory.
func (r *Ring) make(id directory.KeyID, alg string, created, activates time.Time) (directory.Key, error) {
	private, err := generate(alg, r.c.RSABits, r.c.Rand)
	if err != nil {
		return directory.Key{}, err
	}
	k := &key{private: private, Key: directory.Key{
		ID: id, Algorithm: alg, State: directory.Active, Created: created, Activates: activates,
	}}
	if k.Public, err = json.Marshal(k.jwk()); err != nil {
		return directory.Key{}, fmt.Errorf("keys: writing a public key: %w", err)
	}
	plain, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return directory.Key{}, fmt.Errorf("keys: writing a key: %w", err)
	}
	if k.Sealed, err = r.c.Sealer.Seal(plain, sealContext(id, alg)); err != nil {
		return directory.Key{}, err
	}
	return k.Key, nil
}

// open makes a key of the directory ready for use. The public half is computed
// from the sealed one and never believed as it stands: whoever can write the
// directory could put a key of their own there.
func (r *Ring) open(stored directory.Key) (*key, error) {
	plain, err := r.c.Sealer.Open(stored.Sealed, sealContext(stored.ID, stored.Algorithm))
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", stored.ID, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", stored.ID, ErrSealBroken)
	}
	private, ok := parsed.(crypto.Signer)
	if !ok || !suits(stored.Algorithm, private.Public()) {
		return nil, fmt.Errorf("signing key %s: not a key for %s", stored.ID, stored.Algorithm)
	}
	return &key{Key: stored, private: private}, nil
}

// successorID names the key that follows another, or the first one of a day.
// Nodes that rotate at the same time come to the same name, and the directory
// takes it only once.
func successorID(s *Sealer, alg, of string) directory.KeyID {
	sum := sha256.Sum256([]byte(strings.Join([]string{"clau signing key", string(s.id), alg, of}, "\x00")))
	return directory.KeyID(strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10])))
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"commonscloud.coop/clau/idp/directory"
)

// What Clau signs for people to keep must be checkable for as long as they keep
// it. A key of an algorithm in [Config.Archive] therefore loses its private half
// when its end comes, and its public half stays: sealed too, since whoever can
// write the directory could otherwise put one of their own there, and receipts
// of the past would be forged with it. A key that was withdrawn early is not
// kept: nobody knows who signed with it.

// outlives reports whether the public half of a key stays.
func (r *Ring) outlives(k directory.Key) bool {
	return k.State == directory.Active && slices.Contains(r.c.Archive, k.Algorithm)
}

func archiveContext(id directory.KeyID, alg string) string {
	return "public-key/" + alg + "/" + string(id)
}

// empty leaves the public half of a key, as it follows from the private one.
func (r *Ring) empty(ctx context.Context, k directory.Key) error {
	open, err := r.open(k)
	if err != nil {
		return err
	}
	public, err := json.Marshal(open.jwk())
	if err != nil {
		return fmt.Errorf("keys: writing a public key: %w", err)
	}
	k.State, k.Public = directory.Expired, public
	if k.Sealed, err = r.c.Sealer.Seal(public, archiveContext(k.ID, k.Algorithm)); err != nil {
		return err
	}
	if err := r.c.Directory.ReplaceKey(ctx, k); err != nil && !errors.Is(err, directory.ErrNotFound) {
		return fmt.Errorf("emptying a signing key: %w", err)
	}
	r.c.Logger.Info("signing key emptied", "kid", k.ID, "alg", k.Algorithm)
	return nil
}

// past reads the public half of a key that was emptied.
func (r *Ring) past(stored directory.Key) (jose.JSONWebKey, error) {
	var k jose.JSONWebKey
	plain, err := r.c.Sealer.Open(stored.Sealed, archiveContext(stored.ID, stored.Algorithm))
	if err == nil {
		err = json.Unmarshal(plain, &k)
	}
	if err != nil || !k.IsPublic() || k.KeyID != string(stored.ID) {
		return k, fmt.Errorf("public key %s: %w", stored.ID, ErrSealBroken)
	}
	return k, nil
}

// Archive returns the keys of the archived algorithms as a JWK Set: those that
// are published, the newest first, and all that ever were.
func (r *Ring) Archive() ([]byte, error) {
	s := r.state.Load()
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range s.keys {
		if slices.Contains(r.c.Archive, k.Algorithm) {
			set.Keys = append(set.Keys, k.jwk())
		}
	}
	set.Keys = append(set.Keys, s.past...)
	body, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("keys: writing the archive: %w", err)
	}
	return body, nil
}

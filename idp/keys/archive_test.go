// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"encoding/json"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// years lets time pass on a ring.
func years(t *testing.T, r *Ring, clock *clock, n int) {
	t.Helper()
	for range n * 73 {
		clock.advance(5 * day)
		if err := r.maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// A receipt of years ago verifies against the archive, and against nothing that
// is still published; nothing can be signed with its key any more.
func TestAReceiptOutlivesItsKey(t *testing.T) {
	clock, shelf := new(clock), newShelf()
	config := Config{Directory: shelf, Sealer: testSealer(t, testMaster(t)), Now: clock.now,
		Algorithms: []string{ES256, EdDSA}, Archive: []string{ES256}}
	r := loaded(t, config)
	receipt := sign(t, r, ES256, "receipt+jwt", testClaims(clock.now(), time.Hour))
	years(t, r, clock, 3)
	published, _ := r.JWKS()
	if _, err := VerifyAgainst(published, receipt, "receipt+jwt"); err == nil {
		t.Fatal("the key is still published")
	}
	for name, ring := range map[string]*Ring{"this node": r, "another": loaded(t, config)} {
		archive, err := ring.Archive()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyAgainst(archive, receipt, "receipt+jwt"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := VerifyAgainst(archive, sign(t, ring, ES256, "receipt+jwt", testClaims(clock.now(), time.Hour)), "receipt+jwt"); err != nil {
			t.Errorf("%s, a receipt of today: %v", name, err)
		}
	}
	for _, k := range shelf.keys {
		if k.State != directory.Expired {
			continue
		}
		if _, err := r.open(k); err == nil {
			t.Errorf("the private half of %s is still there", k.ID)
		}
		if k.Algorithm != ES256 {
			t.Errorf("a key for %s is kept", k.Algorithm)
		}
	}
}

// Whoever can write the directory can put no public key of their own there, nor
// give one the name of another, nor make a private one public.
func TestTheArchiveIsSealed(t *testing.T) {
	clock, shelf := new(clock), newShelf()
	config := Config{Directory: shelf, Sealer: testSealer(t, testMaster(t)), Now: clock.now,
		Algorithms: []string{ES256}, Archive: []string{ES256}}
	r := loaded(t, config)
	private := shelf.keys
	var first directory.Key
	for _, k := range private {
		first = k
	}
	years(t, r, clock, 1)
	forged := loaded(t, Config{Now: clock.now, Algorithms: []string{ES256}})
	body, _ := forged.JWKS()
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(body, &set); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*directory.Key){
		"another key in clear":   func(k *directory.Key) { k.Sealed = set.Keys[0] },
		"another name":           func(k *directory.Key) { k.ID += "x" },
		"another algorithm":      func(k *directory.Key) { k.Algorithm = EdDSA },
		"what was sealed for it": func(k *directory.Key) { k.Sealed = first.Sealed },
	} {
		var k directory.Key
		for _, one := range shelf.keys {
			if one.State == directory.Expired {
				k = one
			}
		}
		change(&k)
		if _, err := r.past(k); err == nil {
			t.Errorf("%s: believed", name)
		}
	}
}

// A key that was withdrawn early is in no archive.
func TestAWithdrawnKeyIsForgotten(t *testing.T) {
	clock, shelf := new(clock), newShelf()
	r := loaded(t, Config{Directory: shelf, Sealer: testSealer(t, testMaster(t)), Now: clock.now,
		Algorithms: []string{ES256}, Archive: []string{ES256}})
	receipt := sign(t, r, ES256, "receipt+jwt", testClaims(clock.now(), time.Hour))
	if err := r.Withdraw(t.Context(), directory.KeyID(kidOf(t, r, ES256))); err != nil {
		t.Fatal(err)
	}
	years(t, r, clock, 1)
	archive, err := r.Archive()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyAgainst(archive, receipt, "receipt+jwt"); err == nil {
		t.Error("verifies")
	}
}

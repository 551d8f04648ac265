// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

func TestFirstLoadMakesOneKeyOfEachAlgorithm(t *testing.T) {
	shelf := newShelf()
	r := loaded(t, Config{Directory: shelf})
	got := published(t, r)
	if len(got) != 3 || got[0].Alg != RS256 || got[1].Alg != ES256 || got[2].Alg != EdDSA {
		t.Fatalf("published %+v", got)
	}
	for _, k := range got {
		if k.Use != "sig" || k.D != "" || !regexp.MustCompile(`^[a-z2-7]{16}$`).MatchString(k.Kid) {
			t.Errorf("published %+v", k)
		}
		token := sign(t, r, k.Alg, "JWT", testClaims(r.c.Now(), time.Hour))
		if _, kid, err := r.Verify(token, expectJWT()); err != nil || string(kid) != k.Kid {
			t.Errorf("%s: key %s, %v", k.Alg, kid, err)
		}
	}
	again := loaded(t, Config{Directory: shelf, Sealer: r.c.Sealer})
	if a, b := kids(t, r, ES256), kids(t, again, ES256); !slices.Equal(a, b) {
		t.Errorf("a second start made keys anew: %s, %s", a, b)
	}
}

func TestEmptyRingDoesNothing(t *testing.T) {
	r := NewRing(Config{Now: new(clock).now})
	if _, err := r.Sign(ES256, "JWT", nil); !errors.Is(err, ErrNoKey) {
		t.Errorf("Sign: %v", err)
	}
	if body, etag := r.JWKS(); string(body) != `{"keys":[]}` || etag == "" {
		t.Errorf("JWKS = %s, %s", body, etag)
	}
}

// Two nodes of a new installation start at the same moment: both find no keys
// before either has made one.
func TestTwoNodesStartingAtOnceShareTheirKeys(t *testing.T) {
	shelf, sealer := newShelf(), testSealer(t, testMaster(t))
	var both sync.WaitGroup
	both.Add(2)
	var meet [2]sync.Once
	rings := make([]*Ring, 2)
	var done sync.WaitGroup
	for i := range rings {
		view := &racing{shelf: shelf, meet: func() { meet[i].Do(func() { both.Done(); both.Wait() }) }}
		done.Go(func() { rings[i] = loaded(t, Config{Directory: view, Sealer: sealer, Algorithms: fastAlgorithms}) })
	}
	done.Wait()
	for _, alg := range fastAlgorithms {
		if a, b := kids(t, rings[0], alg), kids(t, rings[1], alg); len(a) != 1 || !slices.Equal(a, b) {
			t.Errorf("%s: %s and %s", alg, a, b)
		}
		token := sign(t, rings[0], alg, "JWT", testClaims(rings[0].c.Now(), time.Hour))
		if _, _, err := rings[1].Verify(token, expectJWT()); err != nil {
			t.Errorf("%s: one node's token at the other: %v", alg, err)
		}
	}
}

// racing lets a node wait for the other after its first look at the shelf.
type racing struct {
	*shelf
	meet func()
}

func (r *racing) ListKeys(ctx context.Context) ([]directory.Key, error) {
	keys, err := r.shelf.ListKeys(ctx)
	r.meet()
	return keys, err
}

// A directory with several writable copies may take both nodes' keys.
func TestTwoFirstKeysAreUsedAlikeByAll(t *testing.T) {
	shelf, sealer := newShelf(), testSealer(t, testMaster(t))
	first := loaded(t, Config{Directory: shelf, Sealer: sealer, Algorithms: fastAlgorithms})
	twin, err := first.make("aaaaaaaaaaaaaaaa", ES256, first.c.Now(), first.c.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := shelf.AddKey(t.Context(), twin); err != nil {
		t.Fatal(err)
	}
	second := loaded(t, Config{Directory: shelf, Sealer: sealer, Algorithms: fastAlgorithms})
	before := sign(t, first, ES256, "JWT", testClaims(first.c.Now(), time.Hour))
	if err := first.maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a, b := kidOf(t, first, ES256), kidOf(t, second, ES256); a != b {
		t.Errorf("one signs with %s, the other with %s", a, b)
	}
	for _, r := range []*Ring{first, second} {
		if _, _, err := r.Verify(before, expectJWT()); err != nil {
			t.Errorf("a token of the moment before: %v", err)
		}
	}
}

func TestAnotherMasterSecretIsSaidPlainly(t *testing.T) {
	shelf := newShelf()
	r := loaded(t, Config{Directory: shelf, Algorithms: fastAlgorithms})
	other := NewRing(Config{Directory: shelf, Sealer: testSealer(t, testMaster(t)), Now: r.c.Now, Rand: r.c.Rand})
	if err := other.Load(t.Context()); !errors.Is(err, ErrOtherMaster) {
		t.Fatalf("Load: %v", err)
	}
	if len(shelf.keys) != 2 {
		t.Fatalf("%d keys: something was made or removed", len(shelf.keys))
	}
}

// Somebody who can write the directory, and no more, cannot sign.
func TestTamperedKeysAreNotBelieved(t *testing.T) {
	for name, tamper := range map[string]func(k, other *directory.Key){
		"changed":              func(k, _ *directory.Key) { k.Sealed = append(slices.Clone(k.Sealed), 0) },
		"empty":                func(k, _ *directory.Key) { k.Sealed = nil },
		"of another algorithm": func(k, _ *directory.Key) { k.Algorithm = EdDSA },
		"under another name":   func(k, other *directory.Key) { k.Sealed = other.Sealed },
	} {
		t.Run(name, func(t *testing.T) {
			shelf := newShelf()
			r := loaded(t, Config{Directory: shelf, Algorithms: []string{ES256}})
			if err := r.Rotate(t.Context(), ES256, true); err != nil {
				t.Fatal(err)
			}
			want := kidOf(t, r, ES256)
			k, other := shelf.keys[directory.KeyID(want)], directory.Key{}
			for id, o := range shelf.keys {
				if id != k.ID {
					other = o
				}
			}
			tamper(&k, &other)
			shelf.keys[k.ID] = k
			if err := r.maintain(t.Context()); !errors.Is(err, ErrSealBroken) {
				t.Fatalf("maintain: %v", err)
			}
			if got := kidOf(t, r, ES256); got != want {
				t.Errorf("signs with %s now, not with %s as before", got, want)
			}
		})
	}
}

func TestPublicHalfInTheDirectoryIsNotBelieved(t *testing.T) {
	shelf, sealer := newShelf(), testSealer(t, testMaster(t))
	r := loaded(t, Config{Directory: shelf, Sealer: sealer, Algorithms: []string{ES256}})
	before, _ := r.JWKS()
	mine := published(t, loaded(t, Config{Algorithms: []string{ES256}}))[0]
	shelf.change(func(k *directory.Key) {
		k.Public = []byte(`{"kty":"EC","crv":"P-256","x":"` + mine.X + `","y":"` + mine.Y + `"}`)
	})
	after, _ := loaded(t, Config{Directory: shelf, Sealer: sealer, Algorithms: []string{ES256}}).JWKS()
	if string(after) != string(before) {
		t.Errorf("published %s", after)
	}
}

func TestRingGoesOnWhileTheDirectoryIsDown(t *testing.T) {
	shelf := newShelf()
	r := loaded(t, Config{Directory: shelf, Algorithms: fastAlgorithms})
	shelf.setDown(directory.ErrUnavailable)
	if err := r.maintain(t.Context()); !errors.Is(err, directory.ErrUnavailable) {
		t.Fatalf("maintain: %v", err)
	}
	token := sign(t, r, EdDSA, "JWT", testClaims(r.c.Now(), time.Hour))
	if _, _, err := r.Verify(token, expectJWT()); err != nil {
		t.Fatal(err)
	}
}

func TestRunRereadsWhenTold(t *testing.T) {
	shelf, sealer := newShelf(), testSealer(t, testMaster(t))
	a := loaded(t, Config{Directory: shelf, Sealer: sealer, Algorithms: []string{EdDSA}})
	b := loaded(t, Config{Directory: shelf, Sealer: sealer, Algorithms: []string{EdDSA}})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { b.Run(ctx) })
	if err := a.Rotate(ctx, EdDSA, true); err != nil {
		t.Fatal(err)
	}
	token := sign(t, a, EdDSA, "JWT", testClaims(a.c.Now(), time.Hour))
	b.Refresh()
	b.Refresh() // never waits
	deadline := time.Now().Add(10 * time.Second)
	for {
		_, _, err := b.Verify(token, expectJWT())
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the other node's key is still not known: %v", err)
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	running.Wait()
}

func TestETagChangesWithTheKeysOnly(t *testing.T) {
	r := loaded(t, Config{Algorithms: fastAlgorithms})
	_, before := r.JWKS()
	if err := r.maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, same := r.JWKS(); same != before || !strings.HasPrefix(before, `"`) {
		t.Errorf("etag %s became %s", before, same)
	}
	if err := r.Rotate(t.Context(), ES256, false); err != nil {
		t.Fatal(err)
	}
	if _, after := r.JWKS(); after == before {
		t.Error("the etag stayed though the keys changed")
	}
}

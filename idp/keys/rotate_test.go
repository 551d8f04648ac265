// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"errors"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

const day = 24 * time.Hour

// observer is a service: it reads the published keys now and then, and
// remembers when it first saw each.
type observer map[string]time.Time

func (o observer) look(t *testing.T, r *Ring, now time.Time) {
	for _, k := range published(t, r) {
		if _, ok := o[k.Kid]; !ok {
			o[k.Kid] = now
		}
	}
}

type issued struct {
	token string
	ends  time.Time
}

// Half a year passes on two nodes that both tend the keys. A service that reads
// the keys has always known a key for a day when it meets a token signed with
// it, and every token verifies on both nodes until it ends.
func TestRotationIsNeverNoticed(t *testing.T) {
	const life, step = 10 * day, 12 * time.Hour
	clock, shelf, sealer := new(clock), newShelf(), testSealer(t, testMaster(t))
	config := Config{
		Directory: shelf, Sealer: sealer, Now: clock.now, Algorithms: fastAlgorithms,
		RotateEvery: 30 * day, Overlap: life,
	}
	nodes := []*Ring{loaded(t, config), loaded(t, config)}
	service, start, used := observer{}, clock.now(), map[string]bool{}
	var tokens []issued
	for steps := 0; clock.now().Before(start.Add(180 * day)); steps++ {
		for _, node := range nodes {
			if err := node.maintain(t.Context()); err != nil {
				t.Fatal(err)
			}
			service.look(t, node, clock.now())
		}
		for i, node := range nodes {
			alg := fastAlgorithms[i]
			kid := kidOf(t, node, alg)
			if now := clock.now(); now.Sub(service[kid]) < day && !service[kid].Equal(start) {
				t.Fatalf("after %v: %s is used %v after it was first shown", now.Sub(start), kid, now.Sub(service[kid]))
			}
			used[kid] = true
			tokens = append(tokens, issued{sign(t, node, alg, "JWT", testClaims(clock.now(), life)), clock.now().Add(life)})
		}
		if steps%3 == 0 {
			tokens = verifyAll(t, nodes, tokens, clock.now())
		}
		clock.advance(step)
	}
	if len(used) != 12 {
		t.Errorf("%d keys signed in half a year, want 6 of each algorithm", len(used))
	}
	if n := len(shelf.keys); n > 5 {
		t.Errorf("%d keys are left: the old ones are not removed", n)
	}
}

// verifyAll wants every token to verify until it ends, and returns those that
// have not.
func verifyAll(t *testing.T, nodes []*Ring, tokens []issued, now time.Time) []issued {
	t.Helper()
	var alive []issued
	for _, issued := range tokens {
		for _, node := range nodes {
			_, _, err := node.Verify(issued.token, expectJWT())
			if now.Before(issued.ends) && err != nil {
				t.Fatalf("a token that ends in %v: %v", issued.ends.Sub(now), err)
			}
			if !now.Before(issued.ends) && err == nil {
				t.Fatalf("a token that ended %v ago verifies", now.Sub(issued.ends))
			}
		}
		if now.Before(issued.ends) {
			alive = append(alive, issued)
		}
	}
	return alive
}

// The machine was off for a year: the old key still signs, and the next is
// shown for its full day before it is used.
func TestRotationAfterALongSleep(t *testing.T) {
	clock := new(clock)
	r := loaded(t, Config{Now: clock.now, Algorithms: []string{ES256}})
	old := kidOf(t, r, ES256)
	clock.advance(365 * day)
	if err := r.maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kidOf(t, r, ES256) != old || len(kids(t, r, ES256)) != 2 {
		t.Fatalf("signs with %s of %s", kidOf(t, r, ES256), kids(t, r, ES256))
	}
	clock.advance(day - time.Minute)
	if kidOf(t, r, ES256) != old {
		t.Fatal("the new key is used too early")
	}
	clock.advance(2 * time.Minute)
	if kidOf(t, r, ES256) == old {
		t.Fatal("the old key is used for ever")
	}
}

func TestRotateByHand(t *testing.T) {
	clock := new(clock)
	r := loaded(t, Config{Now: clock.now, Algorithms: fastAlgorithms})
	first := kidOf(t, r, ES256)
	for range 2 { // the second finds a successor published already
		if err := r.Rotate(t.Context(), ES256, false); err != nil {
			t.Fatal(err)
		}
		if kidOf(t, r, ES256) != first || len(kids(t, r, ES256)) != 2 {
			t.Fatalf("signs with %s of %s", kidOf(t, r, ES256), kids(t, r, ES256))
		}
	}
	token := sign(t, r, ES256, "JWT", testClaims(clock.now(), 20*day))

	clock.advance(time.Hour)
	if err := r.Rotate(t.Context(), ES256, true); err != nil {
		t.Fatal(err)
	}
	second := kidOf(t, r, ES256)
	if second == first || kids(t, r, ES256)[1] != second {
		t.Fatalf("signs with %s of %s, after %s", second, kids(t, r, ES256), first)
	}
	if _, _, err := r.Verify(token, expectJWT()); err != nil {
		t.Fatalf("a token of the old key: %v", err)
	}
	clock.advance(25 * time.Hour)
	if third := kidOf(t, r, ES256); third == second || third == first {
		t.Fatal("the successor published before is not used")
	}
	if err := r.Rotate(t.Context(), "HS256", true); err == nil {
		t.Fatal("rotated an algorithm that the ring does not have")
	}
}

func TestWithdrawnKeyIsVoidAtOnce(t *testing.T) {
	clock, shelf := new(clock), newShelf()
	r := loaded(t, Config{Directory: shelf, Now: clock.now, Algorithms: fastAlgorithms})
	first := kidOf(t, r, ES256)
	token := sign(t, r, ES256, "JWT", testClaims(clock.now(), day))
	if err := r.Withdraw(t.Context(), directory.KeyID(first)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Verify(token, expectJWT()); !errors.Is(err, ErrToken) {
		t.Fatalf("a token of a withdrawn key: %v", err)
	}
	if ids := kids(t, r, ES256); len(ids) != 1 || ids[0] == first {
		t.Fatalf("published %s after %s was withdrawn", ids, first)
	}
	token = sign(t, r, ES256, "JWT", testClaims(clock.now(), day))
	if _, _, err := r.Verify(token, expectJWT()); err != nil {
		t.Fatal(err)
	}
	if err := r.Withdraw(t.Context(), "nosuchkey"); !errors.Is(err, directory.ErrNotFound) {
		t.Fatalf("withdrawing what is not there: %v", err)
	}
	clock.advance(60 * day)
	if err := r.maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := shelf.keys[directory.KeyID(first)]; ok {
		t.Error("the withdrawn key is kept for ever")
	}
}

// The successor is withdrawn before it was ever used: the present key goes on,
// and there is another successor when it ends.
func TestWithdrawnSuccessor(t *testing.T) {
	clock := new(clock)
	r := loaded(t, Config{Now: clock.now, Algorithms: []string{ES256}})
	first := kidOf(t, r, ES256)
	if err := r.Rotate(t.Context(), ES256, false); err != nil {
		t.Fatal(err)
	}
	next := kids(t, r, ES256)[0]
	if next == first {
		next = kids(t, r, ES256)[1]
	}
	if err := r.Withdraw(t.Context(), directory.KeyID(next)); err != nil {
		t.Fatal(err)
	}
	for range 40 {
		kid := kidOf(t, r, ES256)
		if kid == next {
			t.Fatal("the withdrawn key signs")
		}
		token := sign(t, r, ES256, "JWT", testClaims(clock.now(), time.Hour))
		if _, _, err := r.Verify(token, expectJWT()); err != nil {
			t.Fatal(err)
		}
		clock.advance(time.Hour)
		if err := r.maintain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if kidOf(t, r, ES256) == first {
		t.Fatal("the first key signs after its end")
	}
}

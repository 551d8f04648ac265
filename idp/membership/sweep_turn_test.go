// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/letter"
)

// Of two nodes one sweeps in each minute.
func TestOneNodeSweeps(t *testing.T) {
	w := newTown(t)
	_, err := w.room.Apply(w.ctx(), marta(ateneu), homeNetwork)
	w.must(err)
	other := New(w.room.c)
	w.clock.pass(proveFor + lateness)
	w.must(w.room.turn(w.ctx()))
	if len(w.ledger.cases) != 0 {
		t.Fatal("nobody swept")
	}
	reads := w.ledger.reads
	w.must(other.turn(w.ctx()))
	if w.ledger.reads != reads {
		t.Error("both swept within the minute")
	}
	w.clock.pass(sweepEvery)
	w.must(other.turn(w.ctx()))
	if w.ledger.reads == reads {
		t.Error("nobody swept a minute later")
	}
}

// A node stops sweeping when it is told to.
func TestRunEnds(t *testing.T) {
	w := newTown(t)
	ctx, cancel := context.WithCancel(w.ctx())
	done := make(chan struct{})
	go func() { w.room.Run(ctx); close(done) }()
	cancel()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it runs on")
	}
}

// A store that is down keeps nobody from applying; the managers find the
// request on their pages.
func TestWithoutAStoreThePeopleStillWait(t *testing.T) {
	w := newTown(t)
	w.shelf.down = true
	_, err := w.room.Apply(w.ctx(), Application{Collective: ateneu, Handle: "ombra", Anonymous: true}, homeNetwork)
	is(t, err, nil)
	list, err := w.room.Waiting(w.ctx(), manages("anna", ateneu))
	if err != nil || len(list) != 1 || w.letters.count(letter.Waiting) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

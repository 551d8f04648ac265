// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"context"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
)

// run runs a book until the returned function is called.
func (l *library) run(b *Book) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() { defer close(over); b.Run(ctx) }()
	return func() { cancel(); <-over }
}

func (l *library) eventually(what string, so func() bool) {
	l.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !so(); {
		if time.Now().After(deadline) {
			l.t.Fatalf("not in time: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (l *library) keptOfMarta() int {
	members, err := l.store.Members(l.t.Context(), ofPerson("marta").key(l.clock.Now()))
	if err != nil {
		l.t.Fatal(err)
	}
	return len(members)
}

func TestEventsAreWrittenWithinASecondOrSo(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	defer l.run(b)()
	b.Write(t.Context(), happened(audit.LoginFailed, "marta", "", "x"))
	l.eventually("written", func() bool { return l.keptOfMarta() == 1 })
}

func TestAFullPageDoesNotWaitForTheSecond(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	for i := range pageLength {
		if len(b.full) != 0 {
			t.Fatalf("a page is full with %d events", i)
		}
		b.Write(t.Context(), happened(audit.LoginFailed, "marta", "", "x"))
	}
	if len(b.full) != 1 {
		t.Error("the writer is not called")
	}
}

func TestTheRestIsWrittenAtTheEnd(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	end := l.run(b)
	for range 3 {
		b.Write(t.Context(), happened(audit.LoginFailed, "marta", "", "x"))
	}
	end()
	if got := l.keptOfMarta(); got != 3 {
		t.Errorf("%d of 3 events", got)
	}
}

// A request may outlive the Clau that it began in, when the configuration is
// read again.
func TestWhatComesAfterTheEndIsWrittenStill(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	l.run(b)()
	b.Write(t.Context(), happened(audit.LoginFailed, "marta", "", "x"))
	l.eventually("written", func() bool { return l.keptOfMarta() == 1 })
}

func TestAStoreThatIsAwayCostsNothingButTheWait(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	l.broken.Break()
	b.Write(t.Context(), happened(audit.LoginFailed, "marta", "", "x"))
	if _, err := b.OfPerson(t.Context(), "marta", time.Time{}, 10); err == nil {
		t.Error("an empty page is told for the truth")
	}
	if err := b.ForgetPerson(t.Context(), "marta"); err == nil {
		t.Error("forgetting is said to be done")
	}
	l.broken.Mend()
	if got := l.ofPerson(b, "marta"); len(got) != 1 {
		t.Errorf("afterwards: %v", got)
	}
}

// The copy is bounded; the record is not cut.
func TestAStoreThatIsAwayForLongFillsNoMemory(t *testing.T) {
	l := onBolt(t)
	b := l.node()
	l.broken.Break()
	for range heldMax + 7 {
		b.Write(t.Context(), happened(audit.LoginFailed, "marta", "", "x"))
	}
	if len(b.held) != heldMax || len(l.record.Events()) != heldMax+7 {
		t.Errorf("held %d, recorded %d", len(b.held), len(l.record.Events()))
	}
	l.broken.Mend()
	if got := l.ofPerson(b, "marta"); len(got) != heldMax {
		t.Errorf("%d are shown", len(got))
	}
	if !strings.Contains(l.log.String(), "events=7") {
		t.Errorf("the operator is not told: %s", l.log)
	}
}

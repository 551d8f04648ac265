// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// refusing is a disk that refuses until it is told otherwise.
type refusing struct {
	mu      sync.Mutex
	full    bool
	started chan struct{} // gets one for each try
	stream
}

func (r *refusing) append(events []Event) error {
	select {
	case r.started <- struct{}{}:
	default:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full {
		return errors.New("no space left")
	}
	return r.stream.append(events)
}

func TestWhatCannotBeWrittenIsToldNotDropped(t *testing.T) {
	l := newLedger(t)
	disk := &refusing{full: true, started: make(chan struct{}, 1), stream: stream{to: &told{}, at: origin()}}
	j := newJournal(disk, l.config())
	j.Write(t.Context(), Event{Kind: LoginSucceeded, Reference: "first"})
	<-disk.started
	end(t, j)
	j.Write(t.Context(), Event{Kind: LoginSucceeded, Reference: "after-the-end"})
	for _, reference := range []string{"first", "after-the-end", "no space left"} {
		if !strings.Contains(l.told.String(), reference) {
			t.Errorf("the operator was not told of %q: %s", reference, l.told)
		}
	}
}

func TestAFullQueueMakesWritersWaitAndThenTells(t *testing.T) {
	l := newLedger(t)
	var written told
	disk := &refusing{full: true, started: make(chan struct{}, 1), stream: stream{to: &written, at: origin()}}
	j := newJournal(disk, l.config())
	j.Write(t.Context(), Event{Kind: LoginSucceeded})
	<-disk.started // the writer holds one, and the queue is empty
	for range queueLength {
		j.Write(t.Context(), Event{Kind: LoginSucceeded})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	j.Write(ctx, Event{Kind: LoginSucceeded, Reference: "one-too-many"})
	if !strings.Contains(l.told.String(), "one-too-many") {
		t.Error("the operator was not told")
	}
	disk.mu.Lock()
	disk.full = false
	disk.mu.Unlock()
	// The writer tries again by itself, before anybody closes.
	for deadline := time.Now().Add(10 * time.Second); len(j.queue) > 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	end(t, j)
	_, to, err := Verify(strings.NewReader(written.String()))
	if err != nil || to.Line != queueLength+2 {
		t.Errorf("the chain stands at %d with %v, want %d", to.Line, err, queueLength+2)
	}
	if !strings.Contains(written.String(), `"kind":"events-lost","actor":"system","reason":"1"`) {
		t.Error("the record does not say that an event is missing")
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// moody answers one error after another, then takes mails.
type moody struct {
	mu    sync.Mutex
	moods []error
	tries int
	taken []Message
	block chan struct{} // if there, each try waits for it
}

func (m *moody) Send(ctx context.Context, msg Message) error {
	if m.block != nil {
		select {
		case <-m.block:
		case <-ctx.Done():
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tries++
	if len(m.moods) > 0 {
		mood := m.moods[0]
		m.moods = m.moods[1:]
		return mood
	}
	m.taken = append(m.taken, msg)
	return nil
}

// notes are an operator's log.
type notes struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *notes) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *notes) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func newQueue(to Sender, delays ...time.Duration) (*Queue, *notes) {
	log := &notes{}
	return NewQueue(to, QueueConfig{Logger: slog.New(slog.NewTextHandler(log, nil)), Delays: delays}), log
}

func away() error { return fmt.Errorf("%w: dial", ErrUnavailable) }

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !done(); {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func (m *moody) count() (tries, taken int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tries, len(m.taken)
}

func end(t *testing.T, q *Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := q.Close(ctx); err != nil {
		t.Fatalf("Close: %v", err)
	}
}

func TestAServerThatComesBackGetsTheMail(t *testing.T) {
	server := &moody{moods: []error{away(), away()}}
	q, log := newQueue(server, time.Millisecond, time.Millisecond, time.Millisecond)
	if err := q.Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the mail is taken", func() bool { _, taken := server.count(); return taken == 1 })
	end(t, q)
	if strings.Contains(log.String(), "nuria") || strings.Contains(log.String(), "contrasenya") {
		t.Errorf("the log tells of the mail: %s", log)
	}
}

func TestARefusalIsFinal(t *testing.T) {
	server := &moody{moods: []error{fmt.Errorf("%w: code 550", ErrRefused)}}
	q, log := newQueue(server, time.Millisecond)
	if err := q.Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "given up", func() bool { return strings.Contains(log.String(), "mail given up") })
	end(t, q)
	if tries, _ := server.count(); tries != 1 {
		t.Errorf("%d tries", tries)
	}
}

func TestTriesEnd(t *testing.T) {
	server := &moody{moods: []error{away(), away(), away(), away(), away()}}
	q, log := newQueue(server, time.Millisecond, time.Millisecond)
	if err := q.Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "given up", func() bool { return strings.Contains(log.String(), "mail given up") })
	if tries, _ := server.count(); tries != 3 {
		t.Errorf("%d tries", tries)
	}
	end(t, q)
}

func TestWhatWaitsGetsALastTryAtTheEnd(t *testing.T) {
	server := &moody{moods: []error{away()}}
	q, log := newQueue(server, time.Hour, time.Hour)
	if err := q.Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "waiting", func() bool { return strings.Contains(log.String(), "mail waits") })
	end(t, q)
	if tries, taken := server.count(); tries != 2 || taken != 1 {
		t.Errorf("%d tries, %d taken", tries, taken)
	}
	if err := q.Send(t.Context(), letter()); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

func TestTheQueueIsBoundedAndSaysSo(t *testing.T) {
	server := &moody{block: make(chan struct{})}
	q, _ := newQueue(server)
	for i := range queueLength {
		if err := q.Send(t.Context(), letter()); err != nil {
			t.Fatalf("mail %d: %v", i, err)
		}
	}
	if err := q.Send(t.Context(), letter()); !errors.Is(err, ErrFull) {
		t.Errorf("one more: %v", err)
	}
	close(server.block)
	end(t, q)
	if _, taken := server.count(); taken != queueLength {
		t.Errorf("%d taken", taken)
	}
}

func TestAHangingServerDoesNotHoldUpTheEnd(t *testing.T) {
	server := &moody{block: make(chan struct{})}
	q, log := newQueue(server)
	if err := q.Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := q.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(log.String(), "mails=1") {
		t.Errorf("the log says %s", log)
	}
	close(server.block)
	end(t, q)
}

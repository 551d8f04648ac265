// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"cmp"
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// SAML is the algorithm of the directory's keys that [Certificates] are made of.
// A [Ring] leaves them alone.
const SAML = "saml"

// CertificatesConfig says how [Certificates] live.
type CertificatesConfig struct {
	Directory directory.Keys
	Sealer    *Sealer
	Now       func() time.Time
	Rand      io.Reader
	Logger    *slog.Logger // nil: silent
	Name      string       // common name of the certificates: the issuer's host
	RSABits   int          // 2048, and never less
}

// Certificates are the RSA keys that SAML messages are signed with, in
// self-signed certificates. They live for years, since service providers pin
// them by hand: nothing turns them over but an operator, in steps that each wait
// for the slowest service (publish, sign, withdraw).
//
// In the directory each is a [directory.Key] of the algorithm [SAML]: the
// certificate (DER) beside its key, which is sealed. It is published while it is
// active. Activates says when it was last made the one that signs: the latest
// does. Of one that was withdrawn the certificate stays and the key is gone.
//
// They are used by many goroutines at once.
type Certificates struct {
	c       CertificatesConfig
	state   atomic.Pointer[[]*certificate] // those published, the one that signs first
	refresh chan struct{}
	tending sync.Mutex // one at a time reads the directory and adopts what it holds
}

// Certificate is one of them, ready to sign.
type Certificate struct {
	ID     directory.KeyID
	DER    []byte        // read-only
	Signer crypto.Signer // RSA
}

// certificate is one as it was last read.
type certificate struct {
	directory.Key
	Certificate
}

// NewCertificates returns an empty set, which signs nothing before
// [Certificates.Load].
func NewCertificates(c CertificatesConfig) *Certificates {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.RSABits = max(c.RSABits, rsaMin)
	all := &Certificates{c: c, refresh: make(chan struct{}, 1)}
	all.state.Store(&[]*certificate{})
	return all
}

// Load reads the certificates, and makes the first if there is none.
func (c *Certificates) Load(ctx context.Context) error {
	c.tending.Lock()
	defer c.tending.Unlock()
	stored, err := c.read(ctx)
	if err != nil {
		return err
	}
	if err := c.adopt(stored); err != nil { // nothing is made beside keys of another master secret
		return err
	}
	if signing(stored) != "" {
		return nil
	}
	if _, err := c.add(ctx, stored, c.c.Now()); err != nil {
		return err
	}
	if stored, err = c.read(ctx); err != nil {
		return err
	}
	return c.adopt(stored)
}

// Run keeps them up to date until ctx ends: it reads them every minute and after
// [Certificates.Refresh]. While the directory is down the last ones go on.
func (c *Certificates) Run(ctx context.Context) {
	ticker := time.NewTicker(rereadEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-c.refresh:
		}
		if err := c.Load(ctx); err != nil && ctx.Err() == nil {
			c.c.Logger.Error("certificates not refreshed", "error", err)
		}
	}
}

// Refresh makes Run read them soon. It never waits.
func (c *Certificates) Refresh() {
	select {
	case c.refresh <- struct{}{}:
	default:
	}
}

// Signing is the one that signs now, if id is empty, or the named one while it is
// published. Otherwise it is [ErrNoKey].
func (c *Certificates) Signing(id directory.KeyID) (Certificate, error) {
	for _, each := range *c.state.Load() {
		if id == "" || id == each.Key.ID {
			return each.Certificate, nil
		}
	}
	return Certificate{}, fmt.Errorf("%w: no certificate %q is published", ErrNoKey, id)
}

// Published are all that metadata names, the signing one first: some services
// take the first and look no further.
func (c *Certificates) Published() []Certificate {
	var all []Certificate
	for _, each := range *c.state.Load() {
		all = append(all, each.Certificate)
	}
	return all
}

func (c *Certificates) read(ctx context.Context) ([]directory.Key, error) {
	stored, err := c.c.Directory.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the certificates: %w", err)
	}
	return slices.DeleteFunc(stored, func(k directory.Key) bool { return !certified(k) }), nil
}

// certified reports whether a key is one of [Certificates].
func certified(k directory.Key) bool { return strings.EqualFold(k.Algorithm, SAML) }

// adopt makes what the directory holds the present state. What is open already
// stays so.
func (c *Certificates) adopt(stored []directory.Key) error {
	var next []*certificate
	for _, k := range stored {
		if k.State != directory.Active {
			continue
		}
		open, err := c.reuse(k)
		if err != nil {
			return err
		}
		next = append(next, open)
	}
	slices.SortFunc(next, func(a, b *certificate) int { return signsBefore(a.Key, b.Key) })
	c.state.Store(&next)
	return nil
}

func (c *Certificates) reuse(stored directory.Key) (*certificate, error) {
	for _, old := range *c.state.Load() {
		if old.Key.ID == stored.ID && string(old.Sealed) == string(stored.Sealed) && string(old.Public) == string(stored.Public) {
			return &certificate{stored, old.Certificate}, nil
		}
	}
	return c.open(stored)
}

// signsBefore sorts the one that signs first, then the younger ones.
func signsBefore(a, b directory.Key) int {
	return cmp.Or(b.Activates.Compare(a.Activates), b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID))
}

// signing is the id of the one that signs, if there is one.
func signing(stored []directory.Key) directory.KeyID {
	var best directory.Key
	for _, k := range stored {
		if k.State == directory.Active && !k.Activates.IsZero() && (best.ID == "" || signsBefore(k, best) < 0) {
			best = k
		}
	}
	return best.ID
}

// add makes a certificate and gives it to the directory. That another node was
// faster is as good: its certificate has the same name and the directory has it.
func (c *Certificates) add(ctx context.Context, stored []directory.Key, activates time.Time) (directory.KeyID, error) {
	k, err := c.make(c.nextID(stored), activates)
	if err != nil {
		return "", err
	}
	err = c.c.Directory.AddKey(ctx, k)
	if err != nil && !errors.Is(err, directory.ErrExists) {
		return "", fmt.Errorf("adding a certificate: %w", err)
	}
	if err == nil {
		c.c.Logger.Info("certificate made", "id", k.ID, "signs", !activates.IsZero())
	}
	return k.ID, nil
}

// nextID names a certificate after the last one, so that two nodes make one.
func (c *Certificates) nextID(stored []directory.Key) directory.KeyID {
	taken, last := map[directory.KeyID]bool{}, directory.Key{}
	for _, k := range stored {
		taken[k.ID] = true
		if !k.Created.Before(last.Created) {
			last = k
		}
	}
	id := successorID(c.c.Sealer, SAML, string(last.ID))
	for taken[id] {
		id = successorID(c.c.Sealer, SAML, string(id))
	}
	return id
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"commonscloud.coop/clau/idp/directory"
)

// BookConfig is what a [Book] needs.
type BookConfig struct {
	Now      func() time.Time
	Size     int  // providers it remembers; 0: 1000
	Loopback bool // see [Options]
}

// Book reads the metadata of registered services, each once: a sign-on finds its
// provider ready. It is only ever asked about services that the directory knows,
// so strangers fill nothing.
type Book struct {
	c       BookConfig
	entries *lru.Cache[edition, *Provider]
}

// edition is one service's record as it was written once.
type edition struct {
	service directory.ServiceID
	version string
}

// NewBook returns an empty book.
func NewBook(c BookConfig) *Book {
	if c.Size <= 0 {
		c.Size = 1000
	}
	entries, err := lru.New[edition, *Provider](c.Size)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &Book{c: c, entries: entries}
}

// Provider is what the metadata of a service says. It is shared: read it only.
// A record that Clau would not take at registration is [ErrFaulty], whoever wrote
// it into the directory; one of another entity than the record's is [ErrEntity].
// [ErrExpired] is a copy of something fetched that is too old by its own word. A
// file's end is its admin's affair; see the package's comment.
func (b *Book) Provider(s directory.Service) (*Provider, error) {
	if s.SAML == nil {
		return nil, fmt.Errorf("%w: it speaks %q", ErrFaulty, s.Protocol())
	}
	p, err := b.read(s)
	if err != nil {
		return nil, err
	}
	if s.SAML.Settings.MetadataURL != "" && p.Expired(b.c.Now()) {
		return nil, ErrExpired
	}
	return p, nil
}

func (b *Book) read(s directory.Service) (*Provider, error) {
	key := edition{s.ID, s.Version}
	if s.Version == "" {
		sum := sha256.Sum256(s.SAML.Metadata)
		key.version = hex.EncodeToString(sum[:])
	}
	if p, known := b.entries.Get(key); known {
		return p, nil
	}
	p, err := Parse(s.SAML.Metadata, time.Time{}, Options{Loopback: b.c.Loopback})
	if err != nil {
		return nil, err
	}
	if p.EntityID != s.SAML.EntityID {
		return nil, fmt.Errorf("%w: the record is of %q", ErrEntity, clip(s.SAML.EntityID))
	}
	b.entries.Add(key, &p)
	return &p, nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package login

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
)

// Limits are how many attempts are let through. The zero value takes the defaults.
type Limits struct {
	Here       int64         // for one person from one address in Window; default 8
	Everywhere int64         // for one person from all addresses in Window; default 60
	Window     time.Duration // default 10 min
}

// Brake counts attempts in the store, so that all nodes count together.
type Brake struct {
	Store  store.Store
	Limits Limits
}

// Attempt is one try at proving one person from one address.
type Attempt struct {
	brake            *Brake
	here, everywhere string
}

// subject is the one name under which attempts on a person are counted.
// Unknown names are counted too, under their digest: an attempt that is never
// slowed down would tell that there is nobody.
func subject(p directory.Person, known bool, typed string) string {
	if known {
		return "id/" + string(p.ID)
	}
	sum := sha256.Sum256([]byte(strings.ToLower(typed)))
	return "name/" + base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Attempt returns the attempt on a subject from an address.
func (b *Brake) Attempt(subject string, from netip.Addr) Attempt {
	return Attempt{b, "tries:" + subject + "@" + network(from), "tries:" + subject}
}

// network is what stands for a client: its address, or the /64 that a client of
// IPv6 is usually given whole.
func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a.String()
	}
	return p.Addr().String() + "/64"
}

// Count counts the attempt and answers [ErrSlow] when it is one too many. It
// comes before the attempt is judged: when the store is down nobody is let try.
func (a Attempt) Count(ctx context.Context) error {
	l := a.brake.limits()
	n, err := a.brake.Store.Count(ctx, a.here, l.Window)
	if err != nil {
		return err
	}
	if n > l.Here {
		return ErrSlow
	}
	if n, err = a.brake.Store.Count(ctx, a.everywhere, l.Window); err != nil {
		return err
	}
	if n > l.Everywhere {
		return ErrSlow
	}
	return nil
}

// Forgive forgets the attempts that led to a right one.
func (a Attempt) Forgive(ctx context.Context) error {
	return a.brake.Store.Write(ctx, store.Delete{Key: a.here}, store.Delete{Key: a.everywhere})
}

func (b *Brake) limits() Limits {
	l := b.Limits
	if l.Here == 0 {
		l.Here = 8
	}
	if l.Everywhere == 0 {
		l.Everywhere = 60
	}
	if l.Window == 0 {
		l.Window = 10 * time.Minute
	}
	return l
}

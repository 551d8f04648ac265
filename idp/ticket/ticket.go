// SPDX-License-Identifier: AGPL-3.0-or-later

package ticket

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
)

// Why a ticket opens nothing. A person is told the same of both: ask for a new one.
var (
	ErrInvalid = errors.New("ticket: not one of ours, not for this, overtaken, or too old")
	ErrSpent   = errors.New("ticket: used already")
)

// Purpose is what a ticket is for. A ticket for one opens no other.
type Purpose string

const (
	ProveAddress  Purpose = "prove-address"  // bound to the address
	Application   Purpose = "application"    // to see and answer one's own application
	FirstPassword Purpose = "first-password" // bound to the epoch
	Reset         Purpose = "reset"          // bound to the epoch
	Revive        Purpose = "revive"         // to cancel an erasure; bound to its date
	Invitation    Purpose = "invitation"     // names an invitation instead of a person
)

// codeDigits is the length of a code to be typed. With the few tries that a
// code has, a hundred million are enough.
const codeDigits = 8

// Desk issues tickets and reads them.
type Desk struct {
	Key   []byte // of its own purpose, from the master secret
	Store store.Store
	Now   func() time.Time
}

// Ticket is one that was read.
type Ticket struct {
	Purpose Purpose
	Person  directory.PersonID
	Expires time.Time
	mac     string
}

// Issue writes a ticket that is good until a moment, for use in a URL.
func (d *Desk) Issue(p Purpose, person directory.PersonID, bound string, until time.Time) string {
	return string(person) + "." + seconds(until) + "." + d.mac(p, person, seconds(until), bound)
}

// Read reads a ticket. The caller says what it must be bound to, now that it
// knows whose it is; an error of bound is returned as it is.
func (d *Desk) Read(p Purpose, text string, bound func(directory.PersonID) (string, error)) (Ticket, error) {
	rest, mac, _ := cutLast(text, ".")
	id, until, found := cutLast(rest, ".")
	if !found || len(text) > 400 {
		return Ticket{}, ErrInvalid
	}
	t := Ticket{Purpose: p, Person: directory.PersonID(id), Expires: moment(until), mac: mac}
	if !d.Now().Before(t.Expires) {
		return Ticket{}, ErrInvalid
	}
	to, err := bound(t.Person)
	if err != nil {
		return Ticket{}, err
	}
	if !hmac.Equal([]byte(mac), []byte(d.mac(p, t.Person, until, to))) {
		return Ticket{}, ErrInvalid
	}
	return t, nil
}

// Spend uses a ticket up: of many who come with it at once, one gets nil and
// the others [ErrSpent].
func (d *Desk) Spend(ctx context.Context, t Ticket) error {
	err := d.Store.PutNew(ctx, "ticket:"+t.mac, nil, max(time.Second, t.Expires.Sub(d.Now())))
	if errors.Is(err, store.ErrExists) {
		return ErrSpent
	}
	return err
}

// Code is the same as a ticket, short enough to be typed from another screen.
// Whoever checks one counts the tries.
func (d *Desk) Code(p Purpose, person directory.PersonID, bound string, until time.Time) string {
	sum := d.sum("code", p, person, seconds(until), bound)
	return fmt.Sprintf("%0*d", codeDigits, binary.BigEndian.Uint64(sum)%1e8)
}

// CheckCode reports whether a typed code is that of [Desk.Code] and still good.
// Spaces and dashes that people type between digits do not count.
func (d *Desk) CheckCode(p Purpose, person directory.PersonID, bound string, until time.Time, typed string) bool {
	typed = strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(typed)
	return d.Now().Before(until) && hmac.Equal([]byte(typed), []byte(d.Code(p, person, bound, until)))
}

func (d *Desk) mac(p Purpose, person directory.PersonID, until, bound string) string {
	return base64.RawURLEncoding.EncodeToString(d.sum("ticket", p, person, until, bound)[:18])
}

// sum hashes its fields with their lengths, so that no two lists of fields are
// the same bytes.
func (d *Desk) sum(form string, p Purpose, person directory.PersonID, until, bound string) []byte {
	h := hmac.New(sha256.New, d.Key)
	for _, field := range []string{form, string(p), string(person), until, bound} {
		fmt.Fprintf(h, "%d:%s", len(field), field)
	}
	return h.Sum(nil)
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package trace

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/store"
)

// entriesMax is how many messages are kept of one test.
const entriesMax = 100

// Config is what a [Desk] needs.
type Config struct {
	Store  store.Store
	Now    func() time.Time
	Key    []byte // signs the cookie
	Secure bool   // the issuer is https
	Logger *slog.Logger
}

// Desk keeps traces.
type Desk struct{ c Config }

// New returns a Desk.
func New(c Config) *Desk { return &Desk{c} }

// Entry is one message and what became of it.
type Entry struct {
	At     time.Time `json:"at"`
	Direct bool      `json:"direct,omitempty"` // the service asked by itself, not through the browser
	Asked  string    `json:"asked"`            // method and path
	Sent   []Said    `json:"sent,omitempty"`   // with the request
	Within []Said    `json:"within,omitempty"` // what Clau made of it
	Status int       `json:"status"`
	To     string    `json:"to,omitempty"`    // where the browser was sent
	Error  string    `json:"error,omitempty"` // code of the page that people saw instead
	Answer []Said    `json:"answer,omitempty"`
}

// Read returns what a person's test of a service has shown so far, oldest first.
func (d *Desk) Read(ctx context.Context, person directory.PersonID, service directory.ServiceID) ([]Entry, error) {
	found, err := d.c.Store.Members(ctx, mark{person: person, service: service}.key())
	if err != nil {
		return nil, err
	}
	var out []Entry
	oldest := d.c.Now().Add(-retention.Trace)
	for _, one := range found {
		var e Entry
		if json.Unmarshal([]byte(one), &e) == nil && e.At.After(oldest) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b Entry) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Asked, b.Asked)) })
	return out, nil
}

// Clear forgets what was traced before.
func (d *Desk) Clear(ctx context.Context, person directory.PersonID, service directory.ServiceID) error {
	key := mark{person: person, service: service}.key()
	return d.c.Store.Write(ctx, store.Delete{Key: key}, store.Delete{Key: key + ":n"})
}

// keep writes an entry down, unless there are too many. A code that it gave out
// leads back to it, so that a redemption which fails can be shown.
func (d *Desk) keep(ctx context.Context, m mark, e Entry, code string) {
	ctx = context.WithoutCancel(ctx)
	n, err := d.c.Store.Count(ctx, m.key()+":n", retention.Trace)
	if err == nil && n <= entriesMax {
		raw, _ := json.Marshal(e) // strings, numbers and a time
		ops := []store.Op{store.Join{Key: m.key(), Member: string(raw), TTL: retention.Trace}}
		if code != "" {
			ops = append(ops, store.Put{Key: codeKey(code), Value: []byte(m.person + " " + directory.PersonID(m.service)), TTL: retention.Trace})
		}
		err = d.c.Store.Write(ctx, ops...)
	}
	if err != nil {
		d.c.Logger.Warn("trace not kept", "cause", err)
	}
}

// whose finds the test in which a code was given out.
func (d *Desk) whose(ctx context.Context, code string) (mark, bool) {
	raw, err := d.c.Store.Get(ctx, codeKey(code))
	if err != nil {
		if !errors.Is(err, store.ErrNotFound) {
			d.c.Logger.Warn("trace not found", "cause", err)
		}
		return mark{}, false
	}
	person, service, ok := cut(string(raw))
	return mark{person: directory.PersonID(person), service: directory.ServiceID(service)}, ok
}

func codeKey(code string) string {
	sum := sha256.Sum256([]byte(code))
	return "trace-code:" + encode(sum[:])
}

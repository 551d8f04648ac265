// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
)

// pass is what a sign-on gives: the right to be let through to the application.
type pass struct {
	Service directory.ServiceID `json:"service"`
	Person  directory.PersonID  `json:"person"`
	Epoch   int64               `json:"epoch,omitempty"`
	Subject string              `json:"sub"`
	Need    release.Need        `json:"need"`
	Origin  string              `json:"origin"`
	Made    time.Time           `json:"made"`
	Ends    time.Time           `json:"ends"`
}

// States of a pass's record.
const (
	ticketState = "ticket" // on its way through the browser
	openState   = "open"
)

// ticketLife is how long a ticket may be on its way.
const ticketLife = time.Minute

// secretLength is that of a ticket and of a browser's name, as text.
var secretLength = base64.RawURLEncoding.EncodedLen(32)

// passKey is where the pass of a ticket lies. It takes the digest of the
// browser's name, as whoever asks for the ticket says it; opening it takes the
// name itself.
func passKey(nameDigest, ticket string) string {
	return "forward:" + digest(nameDigest+"."+ticket)
}

// issue keeps a pass and returns its ticket. It is written with the pipeline's
// own writes and with those that let it die, so that no log-out can come between.
func (p *Provider) issue(ctx context.Context, g reply, result signon.Result) (string, error) {
	ticket, err := p.random()
	if err != nil {
		return "", err
	}
	now := p.c.Now()
	ends := result.Session.Created.Add(p.c.Life)
	life := max(ends.Sub(now), ticketLife)
	raw, err := json.Marshal(pass{
		Service: result.Service.ID, Person: result.Person.ID, Epoch: result.Session.Epoch, Subject: result.Subject,
		Need: result.Request.Need, Origin: g.Origin, Made: now, Ends: now.Add(life),
	})
	if err != nil {
		return "", fmt.Errorf("forwardauth: pass: %w", err)
	}
	put := store.PutRecord{Key: passKey(g.Name, ticket), Record: store.Record{Data: raw, State: ticketState}, TTL: life}
	return ticket, p.c.Store.Write(ctx, append(result.Writes, put,
		p.c.Room.Hold(result.Session.Key, put.Key, life),
		p.c.Room.HoldFor(result.Person.ID, result.Service.ID, put.Key, life),
	)...)
}

// errNoPass says that there is nobody we know: no pass, none any more, or one of
// something else.
var errNoPass = errors.New("forwardauth: no pass")

// spend makes a pass of a ticket, for the one who comes first, in time, from the
// browser and at the origin that it was made for.
func (p *Provider) spend(ctx context.Context, q asked, name, ticket string) (pass, error) {
	if len(name) != secretLength || len(ticket) != secretLength {
		return pass{}, errNoPass
	}
	key := passKey(digest(name), ticket)
	record, won, err := p.c.Store.Advance(ctx, key, ticketState, openState)
	if errors.Is(err, store.ErrNotFound) || err == nil && !won {
		return pass{}, errNoPass
	}
	if err != nil {
		return pass{}, err
	}
	g, err := q.pass(record)
	if err == nil && p.c.Now().Sub(g.Made) <= ticketLife {
		return g, nil
	}
	if err := p.c.Store.Write(ctx, store.Delete{Key: key}); err != nil {
		return pass{}, err
	}
	return pass{}, errNoPass
}

// shown reads the pass that a browser shows, in one round trip.
func (p *Provider) shown(r *http.Request, q asked) (pass, error) {
	key, ok := shownKey(r, q.seen.origin)
	if !ok {
		return pass{}, errNoPass
	}
	record, err := p.c.Store.Record(r.Context(), key)
	if errors.Is(err, store.ErrNotFound) {
		return pass{}, errNoPass
	}
	if err != nil {
		return pass{}, err
	}
	if record.State != openState {
		return pass{}, errNoPass
	}
	return q.pass(record)
}

// pass reads a record as a pass for what is asked.
func (q asked) pass(record store.Record) (pass, error) {
	var g pass
	if err := json.Unmarshal(record.Data, &g); err != nil {
		return pass{}, errors.New("forwardauth: pass unreadable")
	}
	if g.Service != q.service.ID || g.Origin != q.seen.origin {
		return pass{}, errNoPass
	}
	return g, nil
}

// shownKey is where the pass lies that a browser's cookie says: the ticket that
// it came from and the browser's name.
func shownKey(r *http.Request, origin string) (string, bool) {
	ticket, name, ok := strings.Cut(cookie(r, origin, passCookie), ".")
	if !ok || len(ticket) != secretLength || len(name) != secretLength {
		return "", false
	}
	return passKey(digest(name), ticket), true
}

func (p *Provider) random() (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(p.c.Rand, b[:]); err != nil {
		return "", fmt.Errorf("forwardauth: no randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store"
)

// grant is what a sign-on gave a client, or what a client has by itself
// (client_credentials: no Person). The state of its record says how far it got.
type grant struct {
	Client   directory.ClientID  `json:"client"`
	Service  directory.ServiceID `json:"service"`
	Person   directory.PersonID  `json:"person,omitempty"`
	Epoch    int64               `json:"epoch,omitempty"`
	Subject  string              `json:"sub"`
	SID      string              `json:"sid,omitempty"`
	AuthTime int64               `json:"auth_time,omitempty"`
	ACR      string              `json:"acr,omitempty"`
	AMR      []string            `json:"amr,omitempty"`
	Scopes   scopes              `json:"scopes,omitempty"`
	Claims   claimsRequest       `json:"claims,omitzero"`

	// What the code is held against when it is redeemed.
	Redirect  string `json:"redirect,omitempty"`
	Challenge string `json:"challenge,omitempty"`
	Nonce     string `json:"nonce,omitempty"`

	Begun int64 `json:"begun"` // Unix seconds
	Ends  int64 `json:"ends"`

	Traced int64 `json:"traced,omitempty"` // [signon.Result].Traced
}

// grantKey is the digest of a grant's name, which is the code. Knowing the key
// redeems nothing.
type grantKey [sha256.Size]byte

func (k grantKey) String() string    { return base64.RawURLEncoding.EncodeToString(k[:]) }
func (k grantKey) inStore() string   { return "grant:" + k.String() }
func keyOfCode(code string) grantKey { return sha256.Sum256([]byte(code)) }

func parseKey(s string) (grantKey, bool) {
	raw, ok := decode(s)
	if !ok || len(raw) != sha256.Size {
		return grantKey{}, false
	}
	return grantKey(raw), true
}

// freshState is that of a grant whose code waits to be redeemed; the others are
// steps.
const freshState = "fresh"

// step is the number of the one refresh token that is good, and when it came
// to be in Unix seconds.
type step struct {
	n  uint32
	at int64
}

func (s step) String() string {
	return strconv.FormatUint(uint64(s.n), 10) + "." + strconv.FormatInt(s.at, 10)
}

func parseStep(state string) (step, bool) {
	number, since, _ := strings.Cut(state, ".")
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return step{}, false
	}
	at, err := strconv.ParseInt(since, 10, 64)
	return step{uint32(n), at}, err == nil
}

func (s step) next(now time.Time) step { return step{s.n + 1, now.Unix()} }

// newCode makes a new name for a grant: 256 random bits.
func (p *Provider) newCode() (string, error) {
	var name [32]byte
	if _, err := io.ReadFull(p.c.Rand, name[:]); err != nil {
		return "", fmt.Errorf("oidc: no randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(name[:]), nil
}

// grant keeps what the sign-on gives and returns its code. Unless the client
// asked for offline access, it goes when the session goes.
func (p *Provider) grant(ctx context.Context, c client, to reply, result signon.Result) (string, error) {
	code, err := p.newCode()
	if err != nil {
		return "", err
	}
	granted := to.Scopes
	if !c.mayUse(refreshGrant) {
		granted = granted.without(offlineScope)
	}
	now, life := p.c.Now(), p.lifeOf(c, granted)
	s := result.Session
	g := grant{
		Client: c.oidc.ID, Service: c.service.ID, Person: result.Person.ID, Epoch: s.Epoch,
		Subject: result.Subject, SID: result.SID,
		AuthTime: authTimeFor(result, to), ACR: s.ACR, AMR: s.AMR,
		Scopes: granted, Claims: to.Claims,
		Redirect: to.Target.URI, Challenge: to.Challenge, Nonce: to.Nonce,
		Begun: now.Unix(), Ends: now.Add(life).Unix(), Traced: result.Traced,
	}
	put, err := g.put(keyOfCode(code), freshState, life)
	if err != nil {
		return "", err
	}
	ops := append(result.Writes, put)
	ops = append(ops, p.c.Room.HoldFor(result.Person.ID, c.service.ID, put.Key, life))
	if !granted.has(offlineScope) {
		ops = append(ops, p.c.Room.Hold(s.Key, put.Key, life))
	}
	return code, p.c.Store.Write(ctx, ops...)
}

// authTimeFor is when the person proved who they are, in Unix seconds, for a
// service that asked for it (OpenID Connect Core section 2); 0 for any other:
// the services of one session would know each other's people by the second.
func authTimeFor(result signon.Result, to reply) int64 {
	if result.Request.MaxAge == nil && !to.Claims.AuthTime {
		return 0
	}
	return result.Session.AuthTime.Unix()
}

// lifeOf is how long a grant lasts, counted from the sign-on. It is written
// with the code already: redeeming the code then is one round trip, with
// nothing to be written after it that could fail.
func (p *Provider) lifeOf(c client, granted scopes) time.Duration {
	switch {
	case granted.has(offlineScope):
		return p.c.OfflineLife
	case c.mayUse(refreshGrant):
		return p.c.RefreshLife
	}
	return p.c.CodeLife + p.c.AccessLife
}

func (g grant) put(key grantKey, state string, life time.Duration) (store.PutRecord, error) {
	raw, err := json.Marshal(g)
	if err != nil {
		return store.PutRecord{}, fmt.Errorf("oidc: grant: %w", err)
	}
	return store.PutRecord{Key: key.inStore(), Record: store.Record{Data: raw, State: state}, TTL: life}, nil
}

// need is all that the grant covers, in whatever place.
func (g grant) need() release.Need {
	return union(g.Scopes.need(), g.Claims.IDToken, g.Claims.Userinfo)
}

func parseGrant(raw []byte) (grant, error) {
	var g grant
	if err := json.Unmarshal(raw, &g); err != nil {
		return grant{}, fmt.Errorf("oidc: grant unreadable: %w", err)
	}
	return g, nil
}

// load reads a grant that is in use.
func (p *Provider) load(ctx context.Context, key grantKey) (grant, error) {
	record, err := p.c.Store.Record(ctx, key.inStore())
	if err != nil {
		return grant{}, err
	}
	if record.State == freshState {
		return grant{}, store.ErrNotFound // its code was not redeemed: no token names it
	}
	return parseGrant(record.Data)
}

// spend moves a grant from one state to the next. Whoever is not the one that
// moves it gets the record as it is.
func (p *Provider) spend(ctx context.Context, key grantKey, from string, to step) (record store.Record, won bool, err error) {
	record, won, err = p.c.Store.Advance(ctx, key.inStore(), from, to.String())
	if errors.Is(err, store.ErrNotFound) {
		return record, false, refuse(invalidGrant, "the grant is over").because(err)
	}
	return record, won, err
}

// revoke ends a grant and with it every token.
func (p *Provider) revoke(ctx context.Context, key grantKey) error {
	return p.c.Store.Write(ctx, store.Delete{Key: key.inStore()})
}

// admit asks once more whether what was granted still holds: for every grant
// type and every use, by the one question that the sign-on asks too. A client's
// own grant holds as long as its service runs.
func (p *Provider) admit(ctx context.Context, g grant) (signon.Admission, error) {
	a, err := p.admission(ctx, g.Person, g.Service, g.Epoch, g.need())
	if err != nil {
		return signon.Admission{}, err
	}
	if c, err := clientOf(a.Service); err != nil || c.oidc.ID != g.Client {
		return signon.Admission{}, signon.ErrClosed
	}
	// With another seed the person is somebody else to this service.
	if g.Person != "" && a.Subject != g.Subject {
		return signon.Admission{}, signon.ErrStopped
	}
	return a, nil
}

func (p *Provider) admission(ctx context.Context, person directory.PersonID, service directory.ServiceID, epoch int64, need release.Need) (signon.Admission, error) {
	if person != "" {
		return p.c.SignOns.Admit(ctx, person, service, epoch, need)
	}
	s, err := p.c.Directory.Service(ctx, service)
	if errors.Is(err, directory.ErrNotFound) || err == nil && s.State != directory.Active {
		return signon.Admission{}, signon.ErrClosed
	}
	return signon.Admission{Service: s}, err
}

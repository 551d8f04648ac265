// SPDX-License-Identifier: AGPL-3.0-or-later

package login

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/ticket"
	"commonscloud.coop/clau/idp/web"
)

// ErrLink says that a link is none of ours, too old, used, or overtaken.
var ErrLink = errors.New("login: the link is not good any more")

// RecoveryPeople is what recovery needs of a directory.
type RecoveryPeople interface {
	PersonByLogin(ctx context.Context, login string) (directory.Person, error)
	SetPassword(ctx context.Context, by directory.Actor, id directory.PersonID, password string) error
	ChangePerson(ctx context.Context, by directory.Actor, id directory.PersonID, change directory.PersonChange) error
	SwapCode(ctx context.Context, id directory.PersonID, old, new string) error
}

// RecoverySource reads people from the directory itself: whether a link was
// overtaken must not be judged by what a cache remembers.
type RecoverySource interface {
	Person(ctx context.Context, id directory.PersonID) (directory.Person, error)
}

// RecoveryConfig is what a [Recovery] needs.
type RecoveryConfig struct {
	People  RecoveryPeople
	Source  RecoverySource
	Store   store.Store
	Limits  Limits // of tries with codes
	Tickets *ticket.Desk
	Letters letter.Writer
	Audit   audit.Log
	Now     func() time.Time
	Rand    io.Reader
	Logger  *slog.Logger
}

// Recovery brings people back who forgot their password: by a link to their
// address, or by the code on paper of who has none. It begins no session:
// whoever set a new password logs in with it, by the door where every rule is.
type Recovery struct {
	c       RecoveryConfig
	brake   *Brake
	limiter web.Limiter
	asked   chan asked
}

// askedMax is how many wait to be written to; beyond it people are told to come
// back later. Each costs one search of the directory.
const askedMax = 256

// NewRecovery returns a Recovery; [Recovery.Run] writes its letters.
func NewRecovery(c RecoveryConfig) *Recovery {
	return &Recovery{
		c: c, brake: &Brake{Store: c.Store, Limits: c.Limits}, limiter: web.Limiter{Store: c.Store},
		asked: make(chan asked, askedMax),
	}
}

// ResetLife is how long the link of a letter is good.
const ResetLife = time.Hour

// ResetPath is where the link of a letter leads, before its ticket.
const ResetPath = "/recover/password?t="

// ResetBound is what a [ticket.Reset] is bound to: whatever voids the sessions
// of a person voids the links to their account, and so does another address: the
// old one may be in other hands.
func ResetBound(p directory.Person) string { return strconv.FormatInt(p.Epoch, 10) + " " + p.Mail }

// mayRecover reports whether somebody has an account to come back to. A
// suspended person may set a password, and is still suspended then.
func mayRecover(p directory.Person) bool {
	switch p.State {
	case directory.Active, directory.Suspended, directory.Retired, directory.Locked:
		return true
	}
	return false
}

// Reset says whose password a link would set, without setting it: programs that
// look after mail follow links.
func (r *Recovery) Reset(ctx context.Context, link string) (directory.Person, error) {
	_, person, err := r.read(ctx, link)
	return person, err
}

func (r *Recovery) read(ctx context.Context, link string) (ticket.Ticket, directory.Person, error) {
	var person directory.Person
	t, err := r.c.Tickets.Read(ticket.Reset, link, func(id directory.PersonID) (string, error) {
		found, err := r.c.Source.Person(ctx, id)
		if errors.Is(err, directory.ErrNotFound) || err == nil && !mayRecover(found) {
			return "", ticket.ErrInvalid
		}
		person = found
		return ResetBound(found), err
	})
	if errors.Is(err, ticket.ErrInvalid) {
		return t, directory.Person{}, ErrLink
	}
	return t, person, err
}

// SetByLink sets a password by a link, once: of many who come with it at once,
// one does. [ErrWeak] leaves the link good.
func (r *Recovery) SetByLink(ctx context.Context, link, password string) (directory.Person, error) {
	t, person, err := r.read(ctx, link)
	if err != nil {
		return directory.Person{}, err
	}
	if password == "" || len(password) > passwordMax {
		return directory.Person{}, ErrWeak
	}
	err = r.c.Tickets.Spend(ctx, t)
	if errors.Is(err, ticket.ErrSpent) {
		return directory.Person{}, ErrLink
	}
	if err != nil {
		return directory.Person{}, err
	}
	if err := r.set(ctx, person, password); err != nil {
		return directory.Person{}, errors.Join(err, r.c.Tickets.GiveBack(ctx, t))
	}
	r.tell(ctx, person, audit.PasswordChanged, letter.PasswordChanged)
	return person, nil
}

// set writes the password as the person, who has just shown that they are it,
// and voids every session, token and link there was.
func (r *Recovery) set(ctx context.Context, p directory.Person, password string) error {
	err := r.c.People.SetPassword(ctx, directory.As(p.ID), p.ID, password)
	if errors.Is(err, directory.ErrWeakPassword) {
		return ErrWeak
	}
	if err != nil {
		return err
	}
	done := false
	return RaiseEpoch(ctx, r.c.People, p.ID, directory.PersonChange{MustChange: &done})
}

func (r *Recovery) tell(ctx context.Context, p directory.Person, kind audit.Kind, of letter.Kind) {
	r.c.Audit.Write(ctx, audit.Event{Kind: kind, Person: p.ID, Reason: "recovery", Reference: web.Reference(ctx)})
	r.c.Letters.Write(ctx, letter.Letter{Kind: of, To: p, Collective: p.Primary})
}

// named trims what somebody typed as their name, and reports whether it can be one.
func named(typed string) (string, bool) {
	name := strings.TrimSpace(typed)
	return name, name != "" && len(name) <= nameMax
}

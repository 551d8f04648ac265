// SPDX-License-Identifier: AGPL-3.0-or-later

package login

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/session"
)

// Why a step did not prove anything.
var (
	ErrWrong   = errors.New("login: not proven")     // all that must look alike
	ErrSlow    = errors.New("login: too many tries") // also when the directory's policy locked the account
	ErrExpired = errors.New("login: right, but expired beyond grace")
	ErrWeak    = errors.New("login: new password refused by policy")
	ErrSame    = errors.New("login: new password is the old one")

	// ErrRetired: right, but the account is to be erased. Whoever proved this
	// much may cancel that; [Outcome.Proof] says who it is, and begins no session.
	ErrRetired = errors.New("login: right, but the account is to be erased")

	// ErrSuspended: right, but managers have suspended the account. Whoever proved
	// this may read why; others cannot tell it from a wrong password.
	ErrSuspended = errors.New("login: right, but the account is suspended")
)

// People is what the password step needs of a directory.
type People interface {
	Person(ctx context.Context, id directory.PersonID) (directory.Person, error)
	PersonByLogin(ctx context.Context, login string) (directory.Person, error)
	Authenticate(ctx context.Context, id directory.PersonID, password string) (directory.PasswordAdvice, error)
	AuthenticateNobody(ctx context.Context, password string) error
	SetPassword(ctx context.Context, by directory.Actor, id directory.PersonID, password string) error
	ChangePerson(ctx context.Context, by directory.Actor, id directory.PersonID, change directory.PersonChange) error
}

// Password proves people by password.
type Password struct {
	People People
	Brake  *Brake
	Now    func() time.Time
}

// Outcome is what a right password established.
type Outcome struct {
	Proof      session.Proof
	MustChange bool // a new password comes before anything else
	Advice     directory.PasswordAdvice
}

// nameMax is longer than any address (RFC 5321 section 4.5.3.1).
const nameMax = 320

// passwordMax keeps a hash from being fed megabytes.
const passwordMax = 1024

// Prove checks a password for who is called name, a handle or a verified
// address, asked from an address. The error is one of this package's
// sentinels, or the directory's or store's when they are down.
func (l *Password) Prove(ctx context.Context, name, password string, from netip.Addr) (Outcome, error) {
	name = strings.TrimSpace(name)
	if name == "" || password == "" || len(name) > nameMax || len(password) > passwordMax {
		return Outcome{}, ErrWrong
	}
	person, err := l.People.PersonByLogin(ctx, name)
	known := err == nil
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return Outcome{}, err
	}
	attempt := l.Brake.Attempt(subject(person, known, name), from)
	if err := attempt.Count(ctx); err != nil {
		return Outcome{}, err
	}
	if !known {
		return Outcome{}, wrong(l.People.AuthenticateNobody(ctx, password))
	}
	advice, err := l.People.Authenticate(ctx, person.ID, password)
	if err != nil {
		return Outcome{}, l.refused(ctx, password, err)
	}
	if person.State == directory.Retired && l.Now().Before(person.Expires) {
		return Outcome{Proof: l.proof(person)}, ErrRetired
	}
	switch {
	case person.MayEnter(l.Now()):
	case person.State == directory.Suspended:
		return Outcome{Proof: l.proof(person)}, ErrSuspended
	default:
		return Outcome{}, ErrWrong
	}
	if err := attempt.Forgive(ctx); err != nil {
		return Outcome{}, err
	}
	return Outcome{
		Proof:      l.proof(person),
		MustChange: advice.MustChange || advice.Expired || person.MustChange,
		Advice:     advice,
	}, nil
}

func (l *Password) proof(p directory.Person) session.Proof {
	return session.Proof{Person: p, At: l.Now(), ACR: session.ACRPassword, AMR: []string{"pwd"}}
}

// refused turns the directory's refusal into ours. A locked account is refused
// before anything is hashed; the missing work is done here, so that the time
// does not tell.
func (l *Password) refused(ctx context.Context, password string, err error) error {
	switch {
	case errors.Is(err, directory.ErrLocked):
		if err := l.People.AuthenticateNobody(ctx, password); !errors.Is(err, directory.ErrPassword) {
			return err
		}
		return ErrSlow
	case errors.Is(err, directory.ErrExpired):
		return ErrExpired
	default:
		return wrong(err)
	}
}

// wrong hides which of the doors stayed shut, and lets faults through.
func wrong(err error) error {
	if errors.Is(err, directory.ErrPassword) || errors.Is(err, directory.ErrNotFound) {
		return ErrWrong
	}
	return err
}

// Change sets a new password for who has just proven the old one, writes it as
// that person, and returns the proof that a session may begin from. Every other
// session and token of the person is void from then on.
func (l *Password) Change(ctx context.Context, id directory.PersonID, password string) (session.Proof, error) {
	if password == "" || len(password) > passwordMax {
		return session.Proof{}, ErrWeak
	}
	switch _, err := l.People.Authenticate(ctx, id, password); {
	case err == nil, errors.Is(err, directory.ErrExpired):
		return session.Proof{}, ErrSame
	case errors.Is(err, directory.ErrLocked):
		return session.Proof{}, ErrSlow
	case !errors.Is(err, directory.ErrPassword):
		return session.Proof{}, err
	}
	err := l.People.SetPassword(ctx, directory.As(id), id, password)
	if errors.Is(err, directory.ErrWeakPassword) {
		return session.Proof{}, ErrWeak
	}
	if err != nil {
		return session.Proof{}, err
	}
	done := false
	if err := RaiseEpoch(ctx, l.People, id, directory.PersonChange{MustChange: &done}); err != nil {
		return session.Proof{}, err
	}
	person, err := l.People.Person(ctx, id)
	if err != nil {
		return session.Proof{}, err
	}
	if !person.MayEnter(l.Now()) {
		return session.Proof{}, ErrWrong
	}
	return l.proof(person), nil
}

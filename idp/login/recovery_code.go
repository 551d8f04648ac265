// SPDX-License-Identifier: AGPL-3.0-or-later

package login

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/netip"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/ticket"
	"commonscloud.coop/clau/idp/web"
)

// SetByCode sets a password by a code on paper, and returns the code that is
// good from then on. A wrong code, an unknown name and somebody who has no code
// are the same [ErrWrong] after the same work. [ErrWeak] leaves the code good.
func (r *Recovery) SetByCode(ctx context.Context, name, code, password string, from netip.Addr) (directory.Person, string, error) {
	person, attempt, err := r.byCode(ctx, name, code, from)
	if err != nil {
		return directory.Person{}, "", err
	}
	if password == "" || len(password) > passwordMax {
		return directory.Person{}, "", ErrWeak
	}
	fresh, digest, err := r.spend(ctx, person)
	if err != nil {
		return directory.Person{}, "", err
	}
	if err := r.set(ctx, person, password); err != nil {
		// Nobody has the new code yet: the old one must stay good.
		return directory.Person{}, "", errors.Join(err, r.c.People.SwapCode(context.WithoutCancel(ctx), person.ID, digest, person.Code))
	}
	r.tell(ctx, person, audit.CodeUsed, letter.CodeUsed)
	r.tell(ctx, person, audit.PasswordChanged, letter.PasswordChanged)
	if err := attempt.Forgive(ctx); err != nil {
		// It is done, and the new code must be shown: tries are forgotten by themselves.
		web.NoteError(ctx, err)
	}
	return person, fresh, nil
}

// byCode finds who a name and a code are of. Other than with a password the code
// is judged first, and only what was wrong is counted: nobody guesses eighty bits
// in any number of tries, and whoever made some would keep out who has the paper.
func (r *Recovery) byCode(ctx context.Context, name, code string, from netip.Addr) (directory.Person, Attempt, error) {
	name, ok := named(name)
	if !ok {
		return directory.Person{}, Attempt{}, ErrWrong
	}
	person, err := r.c.People.PersonByLogin(ctx, name)
	known := err == nil
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return directory.Person{}, Attempt{}, err
	}
	attempt := r.brake.Attempt("code/"+subject(person, known, name), from)
	if known && mayRecover(person) && IsCode(person, code) {
		return person, attempt, nil
	}
	if err := attempt.Count(ctx); err != nil {
		return directory.Person{}, attempt, err
	}
	return directory.Person{}, attempt, ErrWrong
}

// IsCode reports whether what was typed is the person's code on paper.
func IsCode(p directory.Person, typed string) bool {
	digest := ticket.PaperDigest(typed)
	return digest != "" && subtle.ConstantTimeCompare([]byte(digest), []byte(p.Code)) == 1
}

// spend replaces the code by a new one. Of two who came with the old one at
// once, one does, and the other came with a wrong code.
func (r *Recovery) spend(ctx context.Context, p directory.Person) (code, digest string, err error) {
	code, digest, err = ticket.NewPaper(r.c.Rand)
	if err != nil {
		return "", "", err
	}
	err = r.c.People.SwapCode(ctx, p.ID, p.Code, digest)
	if errors.Is(err, directory.ErrConflict) || errors.Is(err, directory.ErrNotFound) {
		return "", "", ErrWrong
	}
	return code, digest, err
}

// NewCode gives somebody a code on paper, over the one they had. That they are
// who they say the caller has just made sure of.
func (r *Recovery) NewCode(ctx context.Context, id directory.PersonID) (string, error) {
	person, err := r.c.Source.Person(ctx, id)
	if err != nil {
		return "", err
	}
	code, _, err := r.spend(ctx, person)
	return code, err
}

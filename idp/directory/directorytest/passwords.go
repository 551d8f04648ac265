// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"errors"
	"strings"

	"commonscloud.coop/clau/idp/directory"
)

const good = "correct horse battery"

func passwords(w *world) {
	p := w.person("marta")
	_, err := w.Authenticate(w.ctx, p.ID, good)
	w.is(err, directory.ErrPassword) // none set
	w.ok(w.SetPassword(w.ctx, directory.System(), p.ID, good))
	advice, err := w.Authenticate(w.ctx, p.ID, good)
	w.ok(err)
	same(w, advice, directory.PasswordAdvice{})
	for _, wrong := range []string{"", "wrong", good + " ", strings.ToUpper(good), good + "\x00", "*"} {
		_, err := w.Authenticate(w.ctx, p.ID, wrong)
		w.is(err, directory.ErrPassword)
	}
	w.is(w.SetPassword(w.ctx, directory.System(), p.ID, ""), directory.ErrWeakPassword)
	w.is(w.SetPassword(w.ctx, directory.System(), p.ID, "short"), directory.ErrWeakPassword)
	w.is(w.SetPassword(w.ctx, directory.System(), "00000000-0000-4000-8000-000000000000", good), directory.ErrNotFound)
	_, err = w.Authenticate(w.ctx, p.ID, good)
	w.ok(err) // what was refused changed nothing
	next := "contrasenya nova à 🔑"
	w.ok(w.SetPassword(w.ctx, directory.System(), p.ID, next))
	_, err = w.Authenticate(w.ctx, p.ID, next)
	w.ok(err)
	_, err = w.Authenticate(w.ctx, p.ID, good)
	w.is(err, directory.ErrPassword)
	_, err = w.Authenticate(w.ctx, "00000000-0000-4000-8000-000000000000", next)
	w.is(err, directory.ErrPassword)
}

func passwordMustChange(w *world) {
	p := w.person("marta")
	w.ok(w.SetPassword(w.ctx, directory.System(), p.ID, good))
	w.ok(w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{MustChange: ptr(true)}))
	advice, err := w.Authenticate(w.ctx, p.ID, good)
	w.ok(err)
	same(w, advice.MustChange, true)
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, got.MustChange, true)
	w.ok(w.SetPassword(w.ctx, directory.As(p.ID), p.ID, "una altra contrasenya"))
	advice, err = w.Authenticate(w.ctx, p.ID, "una altra contrasenya")
	w.ok(err)
	same(w, advice.MustChange, false)
	got, err = w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, got.MustChange, false)
}

func passwordLocked(w *world) {
	p, bystander := w.person("marta"), w.person("pau")
	for _, each := range []directory.Person{p, bystander} {
		w.ok(w.SetPassword(w.ctx, directory.System(), each.ID, good))
	}
	locked := false
	for range 21 {
		_, err := w.Authenticate(w.ctx, p.ID, "wrong")
		if locked = errors.Is(err, directory.ErrLocked); locked {
			break
		}
		w.is(err, directory.ErrPassword)
	}
	same(w, locked, true)
	_, err := w.Authenticate(w.ctx, p.ID, good)
	w.is(err, directory.ErrLocked)
	_, err = w.Authenticate(w.ctx, bystander.ID, good)
	w.ok(err)
	w.ok(w.SetPassword(w.ctx, directory.System(), p.ID, "una altra contrasenya"))
	_, err = w.Authenticate(w.ctx, p.ID, "una altra contrasenya")
	w.ok(err) // a new password unlocks
}

func passwordNobody(w *world) {
	for _, password := range []string{"", good, "*", strings.Repeat("x", 300)} {
		for range 2 {
			w.is(w.AuthenticateNobody(w.ctx, password), directory.ErrPassword)
		}
	}
}

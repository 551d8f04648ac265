// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// manyAtOnce: thirty people register, log in and look around at the same
// time; nobody sees another.
func manyAtOnce(w *world) {
	unit := w.collective("ateneu")
	errs := make(chan error, 30)
	var all sync.WaitGroup
	for i := range 30 {
		p := w.somebody(fmt.Sprintf("p%d", i))
		all.Go(func() { errs <- w.day(p, unit.Name) })
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			w.Error(err)
		}
	}
	same(w, len(collect(w, w.ListPeople(w.ctx, directory.PersonFilter{Collective: unit.Name}))), 30)
}

func (w *world) day(p directory.Person, unit directory.CollectiveName) error {
	password := "secret of " + string(p.ID)
	if err := w.AddPerson(w.ctx, directory.System(), p); err != nil {
		return fmt.Errorf("add: %w", err)
	}
	if err := w.SetPassword(w.ctx, directory.System(), p.ID, password); err != nil {
		return fmt.Errorf("password: %w", err)
	}
	if err := w.AddMember(w.ctx, directory.System(), unit, p.ID); err != nil {
		return fmt.Errorf("member: %w", err)
	}
	found, err := w.PersonByLogin(w.ctx, p.Mail)
	if err != nil || found.ID != p.ID {
		return fmt.Errorf("login found %s: %w", found.ID, err)
	}
	if _, err := w.Authenticate(w.ctx, p.ID, password); err != nil {
		return fmt.Errorf("authenticate: %w", err)
	}
	if _, err := w.Authenticate(w.ctx, p.ID, password+"!"); !errors.Is(err, directory.ErrPassword) {
		return fmt.Errorf("wrong password: %v", err)
	}
	is, err := w.Standing(w.ctx, p.ID)
	if err != nil || !is.MemberOf(unit) {
		return fmt.Errorf("standing %v: %w", is, err)
	}
	return nil
}

// sameMember: many who do the same all succeed, and it is done once.
func sameMember(w *world) {
	unit := w.collective("ateneu")
	s := w.service("nuvol", unit.Name)
	p := w.person("marta")
	var all sync.WaitGroup
	added := make(chan error, 8)
	for range 8 {
		all.Go(func() {
			err := w.AddMember(w.ctx, directory.System(), unit.Name, p.ID)
			added <- errors.Join(err, w.GrantAccess(w.ctx, directory.System(), directory.Access{Collective: unit.Name, Service: s.ID}, p.ID))
		})
	}
	raised := make(chan error, 8)
	for range 8 {
		all.Go(func() {
			raised <- w.ChangePerson(w.ctx, directory.System(), p.ID, directory.PersonChange{RaiseEpoch: true})
		})
	}
	all.Wait()
	for range 8 {
		w.ok(<-added)
		w.ok(<-raised)
	}
	is, err := w.Standing(w.ctx, p.ID)
	w.ok(err)
	same(w, []int{len(is.Memberships), len(is.Access)}, []int{1, 1})
	got, err := w.Person(w.ctx, p.ID)
	w.ok(err)
	same(w, got.Epoch, p.Epoch+8)
}

// sameName: of many who want the same at the same moment, one gets it. A
// check before the write passes for all of them.
func sameName(w *world) {
	unit := w.collective("ateneu")
	for round := range 15 {
		handle := directory.Handle(fmt.Sprintf("h%d.%s", round, w.mark))
		address := string(handle) + "@example.org"
		client := directory.ClientID("client-" + string(handle))
		service := directory.ServiceName(fmt.Sprintf("s%d-%s", round, w.mark))
		w.oneWinner(func() error {
			return w.AddPerson(w.ctx, directory.System(), w.withHandle(w.somebody("nova"+random(w.T)), handle))
		})
		w.oneWinner(func() error {
			p := w.somebody("nova" + random(w.T))
			p.Mail, p.Verified = "", []string{address}
			return w.AddPerson(w.ctx, directory.System(), p)
		})
		w.oneWinner(func() error {
			s := w.aService("nuvol"+random(w.T), unit.Name)
			s.OIDC.ID = client
			return w.AddService(w.ctx, directory.System(), s)
		})
		w.oneWinner(func() error {
			s := w.aService("nuvol"+random(w.T), unit.Name)
			s.Name = service
			return w.AddService(w.ctx, directory.System(), s)
		})
		w.oneWinner(func() error {
			s := w.speaking(unit.Name)[directory.ProtocolSAML]
			s.Name, s.SAML.EntityID = directory.ServiceName("entitat"+random(w.T)), "https://"+string(handle)+".example.org"
			return w.AddService(w.ctx, directory.System(), s)
		})
	}
}

// oneWinner lets six do the same at the same moment. One of them does it, for
// the others it exists already.
func (w *world) oneWinner(do func() error) {
	w.Helper()
	w.oneWinnerOf(directory.ErrExists, func(string) error { return do() })
}

// oneWinnerOf is the same, with something of its own for each rival, and what
// the others are told.
func (w *world) oneWinnerOf(lost error, do func(own string) error) {
	w.Helper()
	var rivals []func() error
	for i := range 6 {
		rivals = append(rivals, func() error { return do(fmt.Sprintf("rival-%d", i)) })
	}
	winners := 0
	for _, err := range allAtOnce(rivals...) {
		if err == nil {
			winners++
			continue
		}
		w.is(err, lost)
	}
	if winners != 1 {
		w.Fatalf("%d of six have won", winners)
	}
}

// allAtOnce does different things at the same moment.
func allAtOnce(calls ...func() error) []error {
	return together(len(calls), func(i int) error { return calls[i]() })
}

func contextEnded(w *world) {
	p := w.person("marta")
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	began := time.Now()
	for name, call := range map[string]func() error{
		"Person":        func() error { _, err := w.Person(ctx, p.ID); return err },
		"PersonByLogin": func() error { _, err := w.PersonByLogin(ctx, p.Mail); return err },
		"Standing":      func() error { _, err := w.Standing(ctx, p.ID); return err },
		"Authenticate":  func() error { _, err := w.Authenticate(ctx, p.ID, good); return err },
		"SetPassword":   func() error { return w.SetPassword(ctx, directory.System(), p.ID, good) },
		"ListPeople": func() error {
			for _, err := range w.ListPeople(ctx, directory.PersonFilter{Text: w.mark}) {
				return err
			}
			return nil
		},
		"Ready": func() error { return w.Ready(ctx) },
		"Watch": func() error { return w.Watch(ctx, func(directory.Change) {}) },
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			w.Errorf("%s: got %v", name, err)
		}
	}
	if took := time.Since(began); took > soon {
		w.Fatalf("giving up took %v", took)
	}
	w.ok(w.Ready(w.ctx)) // nothing is broken by that
	_, err := w.Person(w.ctx, p.ID)
	w.ok(err)
}

func closedBackend(w *world) {
	watch := make(chan error, 1)
	stands := make(chan struct{}, 16)
	go func() { watch <- w.Watch(w.ctx, func(directory.Change) { stands <- struct{}{} }) }()
	select {
	case <-stands:
	case err := <-watch:
		w.Fatal(err)
	case <-time.After(soon):
		w.Fatal("the watch does not stand")
	}
	w.ok(w.Close())
	select {
	case err := <-watch:
		if err == nil {
			w.Fatal("the watch ended well")
		}
	case <-time.After(soon):
		w.Fatal("the watch survives its backend")
	}
	_, err := w.Person(w.ctx, "00000000-0000-4000-8000-000000000000")
	w.is(err, directory.ErrUnavailable)
	w.ok(w.Close())
}

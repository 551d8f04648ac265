// SPDX-License-Identifier: AGPL-3.0-or-later

package membership_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/membership"
)

func TestRetiredAndRevived(t *testing.T) {
	f := newFederation(t)
	s := f.service("nuvol", ateneu)
	pau := f.somebody("pau", ateneu)
	open := f.signedOn(pau, s.ID)
	until, told, err := f.room.Retire(t.Context(), pau)
	if err != nil || !until.Equal(f.clock.Now().AddDate(0, 0, 14)) || len(told) != 1 || told[0].Status != logout.Done {
		t.Fatal(until, told, err)
	}
	if p := f.person(pau); p.State != directory.Retired || !p.Expires.Equal(until) || p.Epoch != 2 || p.MayEnter(f.clock.Now()) || !f.over(open) {
		t.Errorf("%+v", p)
	}
	if !f.standing(pau).MemberOf(ateneu) {
		t.Error("a member until it is done")
	}
	again, told, err := f.room.Retire(t.Context(), pau)
	if err != nil || !again.Equal(until) || len(told) != 0 || len(f.mails.of(letter.EraseAsked, pau)) != 1 {
		t.Error("asked twice", again, told, err)
	}
	link := ticketOf(t, f.mails.of(letter.EraseAsked, pau)[0].Path)
	if atLogin := f.room.ReviveTicket(f.person(pau)); atLogin != link {
		t.Errorf("%q is not %q", atLogin, link)
	}
	for range 3 { // a mail scanner follows links
		if p, err := f.room.Reviving(t.Context(), link); err != nil || p.ID != pau {
			t.Fatal(p, err)
		}
	}
	p, err := f.room.Revive(t.Context(), link)
	if err != nil || p.ID != pau || !f.person(pau).MayEnter(f.clock.Now().AddDate(1, 0, 0)) {
		t.Fatal(p, err)
	}
	if len(f.mails.of(letter.EraseCancelled, pau)) != 1 || len(f.events(audit.EraseCancelled, pau)) != 1 {
		t.Error("nobody was told")
	}
	_, err = f.room.Revive(t.Context(), link)
	f.is(err, membership.ErrTicket)

	// A link of the first time does not cancel a second one.
	f.clock.Advance(time.Hour)
	_, _, err = f.room.Retire(t.Context(), pau)
	f.must(err)
	_, err = f.room.Revive(t.Context(), link)
	f.is(err, membership.ErrTicket)
}

func TestWhatRevivesNobody(t *testing.T) {
	f := newFederation(t)
	pau, other := f.somebody("pau", ateneu), f.somebody("other", ateneu)
	for _, id := range []directory.PersonID{pau, other} {
		_, _, err := f.room.Retire(t.Context(), id)
		f.must(err)
	}
	link := f.room.ReviveTicket(f.person(pau))
	swapped := strings.Replace(link, string(pau), string(other), 1)
	for _, bad := range []string{"", swapped, link[:len(link)-1], link + "x"} {
		_, err := f.room.Revive(t.Context(), bad)
		f.is(err, membership.ErrTicket)
	}
	f.clock.Advance(membership.GraceDays*24*time.Hour - time.Minute)
	_, err := f.room.Revive(t.Context(), link)
	f.is(err, membership.ErrTicket)
}

// Asking to be erased gives nobody a way round what managers decided, and no
// account a longer life.
func TestErasureIsNoWayOut(t *testing.T) {
	f := newFederation(t)
	pau := f.somebody("pau", ateneu)
	_, err := f.room.Suspend(t.Context(), manager(f.anna, ateneu), pau, "a reason", time.Time{})
	f.must(err)
	_, _, err = f.room.Retire(t.Context(), pau) // which is their right
	f.must(err)
	end := f.clock.Now().Add(24 * time.Hour)
	f.must(f.dir.ChangePerson(t.Context(), directory.System(), pau, directory.PersonChange{Expires: &end}))
	p, err := f.room.Revive(t.Context(), f.room.ReviveTicket(f.person(pau)))
	if err != nil || p.State != directory.Suspended || f.person(pau).State != directory.Suspended {
		t.Errorf("%+v %v", p, err)
	}

	alone := f.somebody("alone", ateneu)
	f.must(f.room.Leave(t.Context(), alone, ateneu))
	f.clock.Advance(80 * 24 * time.Hour) // ten days left
	end = f.person(alone).Expires
	for range 3 {
		until, _, err := f.room.Retire(t.Context(), alone)
		if err != nil || !until.Equal(end) {
			t.Fatal(until, err)
		}
		_, err = f.room.Revive(t.Context(), f.room.ReviveTicket(f.person(alone)))
		f.must(err)
	}
	if p := f.person(alone); !p.Expires.Equal(end) || p.State != directory.Active {
		t.Errorf("%+v", p)
	}
	if len(f.mails.of(letter.NoCollective, alone)) != 4 {
		t.Error("who comes back to no collective is told so")
	}
}

// Somebody who is about to be erased manages nothing: nobody waits for them.
func TestAManagerResignsFirst(t *testing.T) {
	f := newFederation(t)
	f.must(f.dir.AddManager(t.Context(), directory.System(), horta, f.anna))
	_, _, err := f.room.Retire(t.Context(), f.dolors)
	f.must(err)
	if slices.Contains(f.managers(horta), f.dolors) {
		t.Error("manages still")
	}
	// Anna is the last one of the Horta by now; that she is not of the Ateneu
	// does not let her go from there.
	_, _, err = f.room.Retire(t.Context(), f.anna)
	f.is(err, membership.ErrLastManager)
	if !slices.Contains(f.managers(ateneu), f.anna) || f.person(f.anna).State != directory.Active {
		t.Error("half-way gone")
	}
}

func TestErasedNothingIsLeft(t *testing.T) {
	f := newFederation(t)
	s := f.service("nuvol", ateneu)
	pau := f.somebody("pau", ateneu, horta)
	p := f.person(pau)
	f.keeps("nuvol", pau)
	f.must(f.room.Admit(t.Context(), manager(f.anna, ateneu), "nuvol", p.Mail, "editor"))
	f.must(f.room.AskHome(t.Context(), pau, horta))
	open := f.signedOn(pau, s.ID)

	f.is(f.room.Erase(t.Context(), directory.As(f.anna), pau), membership.ErrExceeds)
	f.is(f.room.Erase(t.Context(), directory.Actor{}, pau), membership.ErrExceeds)
	f.must(f.room.Erase(t.Context(), directory.System(), pau))

	if _, err := f.dir.Person(t.Context(), pau); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if st := f.standing(pau); len(st.Memberships)+len(st.Access) != 0 || len(f.cases(horta)) != 0 {
		t.Errorf("%+v", st)
	}
	if now, _ := f.dir.Service(t.Context(), s.ID); slices.Contains(now.Managers, pau) {
		t.Error("keeps a service")
	}
	if !f.over(open) || !slices.Contains(f.forgot, pau) || f.services.count() != 1 {
		t.Error("the store, or what is derived, still holds something")
	}
	last := f.mails.all()[len(f.mails.all())-1]
	if last.Kind != letter.Erased || last.To.Mail != p.Mail || len(f.events(audit.PersonErased, pau)) != 1 {
		t.Errorf("%+v", last)
	}
	p.ID += "-2"
	f.is(f.dir.AddPerson(t.Context(), directory.System(), p), directory.ErrExists) // the handle is nobody else's, ever
	f.is(f.room.Erase(t.Context(), directory.System(), pau), membership.ErrNotThere)
}

// What cannot be done leaves an account that is shut, and can be done again.
func TestAnErasureThatIsCutOff(t *testing.T) {
	f := newFederation(t)
	pau := f.somebody("pau", ateneu)
	broken := errors.New("the copy cannot be reached")
	stubborn := &unremovable{Backend: f.dir, err: broken}
	f.is(f.node(stubborn).Erase(t.Context(), directory.System(), pau), broken)
	if p := f.person(pau); p.MayEnter(f.clock.Now()) {
		t.Errorf("%+v", p)
	}
	if len(f.events(audit.PersonErased, pau))+len(f.mails.of(letter.Erased, pau)) != 0 {
		t.Error("said to be done")
	}
	f.must(f.room.Erase(t.Context(), directory.System(), pau))
}

type unremovable struct {
	directory.Backend
	err error
}

func (u *unremovable) RemovePerson(context.Context, directory.Actor, directory.PersonID) error {
	return u.err
}

// The audit keeps who and when for a year, and nothing that opens, names or
// reaches anybody.
func TestTheAuditHoldsNoSecretAndNoName(t *testing.T) {
	f := newFederation(t)
	f.service("nuvol", ateneu)
	pau := f.somebody("pau", ateneu)
	p := f.person(pau)
	path, err := f.room.Invite(t.Context(), manager(f.anna, ateneu), "", "canary-words", 5, f.clock.Now().Add(time.Hour))
	f.must(err)
	_, err = f.room.Follow(t.Context(), f.somebody("e", horta), ticketOf(t, path))
	f.must(err)
	f.must(f.room.Admit(t.Context(), manager(f.anna, ateneu), "nuvol", p.Mail, "editor"))
	f.must(f.room.SendReset(t.Context(), manager(f.anna, ateneu), pau))
	_, err = f.room.Suspend(t.Context(), manager(f.anna, ateneu), pau, "canary-reason", time.Time{})
	f.must(err)
	f.must(f.room.Restore(t.Context(), manager(f.anna, ateneu), pau))
	_, _, err = f.room.Retire(t.Context(), pau)
	f.must(err)
	f.must(f.room.Erase(t.Context(), directory.System(), pau))

	raw, err := json.Marshal(f.audit.Events())
	f.must(err)
	hidden := []string{"canary", p.Mail, p.Name, string(p.Handle), "unprintable", ticketOf(t, path)}
	for _, l := range f.mails.all() {
		if l.Path != "" && strings.Contains(l.Path, "t=") {
			hidden = append(hidden, ticketOf(t, l.Path))
		}
	}
	for _, secret := range hidden {
		if strings.Contains(string(raw), secret) {
			t.Errorf("%q is in the audit", secret)
		}
	}
	for _, e := range f.audit.Events() {
		if e.Actor == "" && e.Person == "" {
			t.Errorf("nobody did %+v", e)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package membership_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/membership"
)

func TestASuspensionEndsEverythingAtOnceAndARestorationBringsItBack(t *testing.T) {
	f := newFederation(t)
	pau := f.somebody("pau", ateneu)
	open := f.signedOn(pau, "nuvol")
	before := f.person(pau)
	until := f.clock.Now().AddDate(0, 0, 7)

	result, err := f.room.Suspend(t.Context(), manager(f.anna, ateneu), pau, "  Spam to everybody.\r\nAgain. ", until)
	if err != nil || result != membership.Done {
		t.Fatal(result, err)
	}
	now := f.person(pau)
	if now.State != directory.Suspended || now.Reason != "Spam to everybody.\nAgain." || !now.Until.Equal(until) || now.Epoch != before.Epoch+1 {
		t.Errorf("%+v", now)
	}
	if now.MayEnter(f.clock.Now()) || !now.MayEnter(until) {
		t.Error("the door does not follow")
	}
	if !f.over(open) || f.services.count() != 1 {
		t.Error("a session, a grant, or a service that was not told is left")
	}
	if told := f.mails.of(letter.Suspended, pau); len(told) != 1 || told[0].Text != now.Reason || !told[0].Until.Equal(until) || told[0].Collective != ateneu {
		t.Errorf("letters %+v", told)
	}
	if e := f.events(audit.PersonSuspended, pau); len(e) != 1 || e[0].Actor != f.anna || e[0].Collective != ateneu || e[0].Reason != "" {
		t.Errorf("events %+v", e)
	}
	_, err = f.room.Suspend(t.Context(), manager(f.bernat, ateneu), pau, "me too", time.Time{})
	f.is(err, membership.ErrDone)

	f.must(f.room.Restore(t.Context(), manager(f.bernat, ateneu), pau))
	if p := f.person(pau); p.State != directory.Active || p.Reason != "" || !p.Until.IsZero() || p.Epoch != now.Epoch {
		t.Errorf("%+v", p)
	}
	f.is(f.room.Restore(t.Context(), manager(f.bernat, ateneu), pau), membership.ErrDone)
	if len(f.mails.of(letter.Restored, pau)) != 1 || f.events(audit.PersonRestored, pau)[0].Actor != f.bernat {
		t.Error("nobody was told of it, or twice")
	}
}

func TestWhatManagersWriteIsRead(t *testing.T) {
	f := newFederation(t)
	pau := f.somebody("pau", ateneu)
	for name, reason := range map[string]string{
		"empty": " \n ", "too long": strings.Repeat("x", 501), "turned round": "a\u202eb", "controls": "a\x00b", "no text": "a\xff",
	} {
		var faults membership.Faults
		_, err := f.room.Suspend(t.Context(), manager(f.anna, ateneu), pau, reason, time.Time{})
		if !errors.As(err, &faults) {
			t.Errorf("a reason that is %s suspends: %v", name, err)
		}
		if _, err := f.room.Expel(t.Context(), manager(f.anna, ateneu), pau, reason); !errors.As(err, &faults) {
			t.Errorf("a reason that is %s expels: %v", name, err)
		}
	}
	_, err := f.room.Suspend(t.Context(), manager(f.anna, ateneu), pau, "late", f.clock.Now())
	var faults membership.Faults
	if !errors.As(err, &faults) || faults[0].Field != "until" {
		t.Errorf("until now: %v", err)
	}
}

// Expelling takes what the collective gave, and nothing that another did.
func TestExpelledFromOneCollectiveOfTwo(t *testing.T) {
	f := newFederation(t)
	nuvol, hort := f.service("nuvol", ateneu), f.service("hort", horta)
	pau := f.somebody("pau", ateneu, horta)
	f.keeps("nuvol", pau)
	f.must(f.room.Admit(t.Context(), manager(f.anna, ateneu), "nuvol", f.person(pau).Mail, "editor"))
	f.must(f.room.Admit(t.Context(), manager(f.dolors, horta), "hort", string(f.person(pau).Handle), ""))
	atNuvol, atHort := f.signedOn(pau, nuvol.ID), f.signedOn(pau, hort.ID)

	f.done(f.room.Expel(t.Context(), manager(f.bernat, ateneu), pau, "Never comes."))
	p, s := f.person(pau), f.standing(pau)
	if s.MemberOf(ateneu) || !s.MemberOf(horta) || len(s.Access) != 1 || s.Access[0].Service != hort.ID {
		t.Errorf("standing %+v", s)
	}
	if p.Primary != "" || !p.Expires.IsZero() || p.State != directory.Active {
		t.Errorf("account %+v", p)
	}
	if kept, _ := f.dir.ServiceByName(t.Context(), "nuvol"); slices.Contains(kept.Managers, pau) {
		t.Error("keeps a service of a collective they are not in")
	}
	if !f.grantOver(atNuvol) || f.grantOver(atHort) {
		t.Error("the grants of one service end, and those of the other stay")
	}
	if removed := f.mails.of(letter.Removed, pau); len(removed) != 1 || removed[0].Text != "Never comes." {
		t.Errorf("%+v", removed)
	}
	if len(f.mails.of(letter.NoCollective, pau)) != 0 || f.events(audit.MemberRemoved, pau)[0].Actor != f.bernat {
		t.Error("the Horta still vouches")
	}
	_, err := f.room.Expel(t.Context(), manager(f.bernat, ateneu), pau, "Again.")
	f.is(err, membership.ErrNotThere)
}

func TestWhoIsInNoCollectiveHasAWhile(t *testing.T) {
	f := newFederation(t)
	pau := f.somebody("pau", ateneu)
	f.done(f.room.Expel(t.Context(), manager(f.anna, ateneu), pau, "Moved away."))
	end := f.clock.Now().AddDate(0, 0, membership.NoCollectiveDays)
	if p := f.person(pau); p.Primary != "" || !p.Expires.Equal(end) || !p.MayEnter(f.clock.Now()) {
		t.Errorf("%+v", p)
	}
	if told := f.mails.of(letter.NoCollective, pau); len(told) != 1 || !told[0].Until.Equal(end) {
		t.Errorf("%+v", told)
	}

	path, err := f.room.Invite(t.Context(), manager(f.dolors, horta), "", "", 1, f.clock.Now().Add(time.Hour))
	f.must(err)
	if _, err := f.room.Follow(t.Context(), pau, ticketOf(t, path)); err != nil {
		t.Fatal(err)
	}
	if p := f.person(pau); p.Primary != horta || !p.Expires.IsZero() {
		t.Errorf("taken in again: %+v", p)
	}
}

// Whoever was suspended when their collective expelled them must not stay so
// for ever: the collective that they are still in can end it.
func TestASuspensionWithoutAPrimaryCollective(t *testing.T) {
	f := newFederation(t)
	pau := f.somebody("pau", ateneu, horta)
	_, err := f.room.Suspend(t.Context(), manager(f.anna, ateneu), pau, "a reason", time.Time{})
	f.must(err)
	f.is(f.room.Restore(t.Context(), manager(f.dolors, horta), pau), membership.ErrExceeds)
	f.done(f.room.Expel(t.Context(), manager(f.anna, ateneu), pau, "a reason"))
	f.must(f.room.Restore(t.Context(), manager(f.dolors, horta), pau))
	if f.person(pau).State != directory.Active {
		t.Error("suspended for good")
	}
}

func TestALinkThatAManagerSendsIsNotTheirs(t *testing.T) {
	f := newFederation(t)
	pau, new := f.somebody("pau", ateneu), f.accepted("new")
	for _, id := range []directory.PersonID{pau, new} {
		f.must(f.room.SendReset(t.Context(), manager(f.anna, ateneu), id))
		if e := f.events(audit.ResetSent, id); len(e) != 1 || e[0].Actor != f.anna {
			t.Errorf("%+v", e)
		}
	}
	if l := f.mails.of(letter.Reset, pau); len(l) != 1 || !strings.HasPrefix(l[0].Path, "/recover/password?t=") || l[0].Address != "" {
		t.Errorf("%+v", l)
	}
	if l := f.mails.of(letter.Accepted, new); len(l) != 1 || !strings.HasPrefix(l[0].Path, "/join/password?t=") {
		t.Errorf("who has no password yet: %+v", f.mails.all())
	}
	for range 2 {
		f.must(f.room.SendReset(t.Context(), manager(f.anna, ateneu), pau))
	}
	f.is(f.room.SendReset(t.Context(), manager(f.bernat, ateneu), pau), membership.ErrSlow)
}

// accepted is somebody who was taken in and has set no password.
func (f *federation) accepted(called string) directory.PersonID {
	f.Helper()
	id := f.somebody(called, ateneu)
	f.must(f.dir.RemovePerson(f.Context(), directory.System(), id))
	p := directory.Person{
		ID: id + "-2", Handle: directory.Handle(called + "-two"), State: directory.Active, Name: called, Primary: ateneu,
		Mail: called + "@b.example", Verified: []string{called + "@b.example"}, Created: f.clock.Now(),
		ValidatedBy: f.anna, ValidatedAt: f.clock.Now(), Seed: make([]byte, 32),
	}
	f.must(f.dir.AddPerson(f.Context(), directory.System(), p))
	f.must(f.dir.AddMember(f.Context(), directory.System(), ateneu, p.ID))
	return p.ID
}

func TestAppointedAndDismissed(t *testing.T) {
	f := newFederation(t)
	pau := f.somebody("pau", ateneu)
	result, err := f.room.Appoint(t.Context(), manager(f.anna, ateneu), pau)
	if err != nil || result != membership.Done || !f.standing(pau).Manages(ateneu) {
		t.Fatal(result, err)
	}
	_, err = f.room.Suspend(t.Context(), manager(pau, ateneu), f.somebody("x", ateneu), "as a manager", time.Time{})
	f.must(err)
	_, err = f.room.Dismiss(t.Context(), manager(f.anna, ateneu), pau)
	f.must(err)
	if s := f.standing(pau); s.Manages(ateneu) || !s.MemberOf(ateneu) {
		t.Errorf("%+v", s)
	}
	if len(f.mails.of(letter.Appointed, pau)) != 1 || len(f.mails.of(letter.Dismissed, pau)) != 1 ||
		f.events(audit.ManagerAdded, pau)[0].Actor != f.anna || f.events(audit.ManagerRemoved, pau)[0].Actor != f.anna {
		t.Error("nobody was told, or twice")
	}
	_, err = f.room.Dismiss(t.Context(), manager(f.anna, ateneu), pau)
	f.is(err, membership.ErrDone)
}

func TestTheLastManagerStays(t *testing.T) {
	f := newFederation(t)
	by := manager(f.dolors, horta)
	_, err := f.room.Dismiss(t.Context(), by, f.dolors)
	f.is(err, membership.ErrLastManager)
	f.is(f.room.Leave(t.Context(), f.dolors, horta), membership.ErrLastManager)
	_, _, err = f.room.Retire(t.Context(), f.dolors)
	f.is(err, membership.ErrLastManager)

	// Somebody whose account is shut is nobody to leave a collective with.
	shut := f.managerOf("shut", horta)
	f.state(shut, directory.Suspended)
	f.is(f.room.Leave(t.Context(), f.dolors, horta), membership.ErrLastManager)
	if p, s := f.person(f.dolors), f.standing(f.dolors); !s.Manages(horta) || p.State != directory.Active || len(f.audit.Events()) != 0 {
		t.Errorf("half-done: %+v %+v", s, p)
	}

	elies := f.somebody("elies", horta)
	_, err = f.room.Appoint(t.Context(), by, elies)
	f.must(err)
	f.must(f.room.Leave(t.Context(), f.dolors, horta))
	if s := f.standing(f.dolors); s.Manages(horta) || s.MemberOf(horta) || !slices.Contains(f.managers(horta), elies) {
		t.Errorf("%+v", s)
	}
	if len(f.events(audit.MemberLeft, f.dolors)) != 1 || f.events(audit.MemberLeft, f.dolors)[0].Actor != "" {
		t.Error("who leaves does it themselves")
	}
}

// Managers who dismiss one another, or leave, at the same moment, on two nodes:
// the collective is never left alone.
func TestOneManagerRemainsWhateverHappensAtOnce(t *testing.T) {
	f := newFederation(t)
	for range 10 {
		a, b := f.managerOf("a", ateneu), f.managerOf("b", ateneu)
		for _, id := range f.managers(ateneu) {
			if id != a && id != b {
				f.must(f.dir.RemoveManager(t.Context(), directory.System(), ateneu, id))
			}
		}
		here, there := f.node(f.dir), f.node(f.dir)
		var all sync.WaitGroup
		all.Go(func() { _, _ = here.Dismiss(t.Context(), manager(a, ateneu), b) })
		all.Go(func() { _, _ = there.Dismiss(t.Context(), manager(b, ateneu), a) })
		all.Go(func() { _ = here.Leave(t.Context(), a, ateneu) })
		all.Go(func() { _, _, _ = there.Retire(t.Context(), b) })
		all.Wait()
		left := f.managers(ateneu)
		if len(left) != 1 || !f.person(left[0]).MayEnter(f.clock.Now()) {
			t.Fatalf("managers are left: %v", left)
		}
	}
}

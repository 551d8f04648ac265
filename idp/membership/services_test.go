// SPDX-License-Identifier: AGPL-3.0-or-later

package membership_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/membership"
)

// Being a member of a collective and using its services are two things: a
// service's own admin opens it to somebody from elsewhere.
func TestAServiceIsOpenedToAnybodyWithAnAccount(t *testing.T) {
	f := newFederation(t)
	keeper, elies := f.somebody("keeper", ateneu), f.somebody("elies", horta)
	s := f.service("nuvol", ateneu, keeper)
	f.must(f.room.Admit(t.Context(), manager(keeper, ateneu), "nuvol", " "+f.person(elies).Mail+" ", "editor"))
	f.must(f.room.Admit(t.Context(), manager(f.anna, ateneu), "nuvol", string(f.person(elies).Handle), ""))
	f.is(f.room.Admit(t.Context(), manager(f.anna, ateneu), "nuvol", string(f.person(elies).Handle), ""), membership.ErrDone)
	if !s.Open(f.standing(elies)) || f.standing(elies).MemberOf(ateneu) {
		t.Errorf("%+v", f.standing(elies))
	}
	granted := f.events(audit.AccessGranted, elies)
	if len(granted) != 2 || granted[0].Actor != keeper || granted[0].Reason != "editor" || granted[0].Service != s.ID || granted[0].Collective != ateneu {
		t.Errorf("%+v", granted)
	}
	if l := f.mails.of(letter.Admitted, elies); len(l) != 1 || l[0].Name != s.Title {
		t.Errorf("%+v", l)
	}

	open := f.signedOn(elies, s.ID)
	f.must(f.room.Shut(t.Context(), manager(keeper, ateneu), "nuvol", elies, "editor"))
	if f.grantOver(open) {
		t.Error("what another access holds open was ended")
	}
	f.must(f.room.Shut(t.Context(), manager(keeper, ateneu), "nuvol", elies, ""))
	if !f.grantOver(open) || f.services.count() != 1 || s.Open(f.standing(elies)) {
		t.Error("still in")
	}
	f.must(f.room.Shut(t.Context(), manager(keeper, ateneu), "nuvol", elies, "")) // again
	if len(f.events(audit.AccessRevoked, elies)) != 2 || len(f.mails.of(letter.ShutOut, elies)) != 1 {
		t.Error("told once too often")
	}
}

// Who may let people in finds out of sixty names an hour whether they have an
// account, and no more, whether they do or not; others are not slowed by that.
func TestAdmittingIsNoWayToAskWhoHasAnAccount(t *testing.T) {
	f := newFederation(t)
	f.service("nuvol", ateneu)
	elies := f.somebody("elies", horta)
	for i := range 60 {
		name, want := fmt.Sprintf("nobody%d", i), membership.ErrNotThere
		if i == 7 {
			name, want = string(f.person(elies).Handle), nil
		}
		f.is(f.room.Admit(t.Context(), manager(f.anna, ateneu), "nuvol", name, ""), want)
	}
	f.is(f.room.Admit(t.Context(), manager(f.anna, ateneu), "nuvol", "nobody", ""), membership.ErrSlow)
	f.is(f.room.Admit(t.Context(), manager(f.anna, ateneu), "nuvol", string(f.person(elies).Handle), "editor"), membership.ErrSlow)
	f.is(f.room.Admit(t.Context(), manager(f.bernat, ateneu), "nuvol", string(f.person(elies).Handle), "editor"), nil)
	f.clock.Advance(time.Hour)
	f.is(f.room.Admit(t.Context(), manager(f.anna, ateneu), "nuvol", "nobody", ""), membership.ErrNotThere)
}

// Nobody's mailbox is filled by letting them in and out, in whichever role, or by
// trusting them with a service again and again.
func TestInAndOutIsToldOnce(t *testing.T) {
	f := newFederation(t)
	f.service("nuvol", ateneu)
	pau := f.somebody("pau", ateneu)
	anna := manager(f.anna, ateneu)
	for i := range 10 {
		role := fmt.Sprintf("r%d", i)
		f.must(f.room.Admit(t.Context(), anna, "nuvol", string(f.person(pau).Handle), role))
		f.must(f.room.Shut(t.Context(), anna, "nuvol", pau, role))
		f.must(f.room.Entrust(t.Context(), anna, "nuvol", pau, true))
		f.must(f.room.Entrust(t.Context(), anna, "nuvol", pau, false))
	}
	for _, kind := range []letter.Kind{letter.Admitted, letter.ShutOut, letter.Entrusted, letter.Relieved} {
		if n := len(f.mails.of(kind, pau)); n != 1 {
			t.Errorf("%d letters %q", n, kind)
		}
	}
	f.clock.Advance(time.Hour)
	f.must(f.room.Admit(t.Context(), anna, "nuvol", string(f.person(pau).Handle), ""))
	if n := len(f.mails.of(letter.Admitted, pau)); n != 2 {
		t.Errorf("%d letters an hour later", n)
	}
}

// The managers of a guest open a service in the guest's name, and take back no
// more than that.
func TestAGuestOpensInItsOwnName(t *testing.T) {
	f := newFederation(t)
	s := f.service("nuvol", ateneu)
	s.Guests = []directory.CollectiveName{horta}
	f.must(f.dir.ReplaceService(t.Context(), directory.System(), s))
	elies := f.somebody("elies", horta)
	f.must(f.room.Admit(t.Context(), manager(f.anna, ateneu), "nuvol", string(f.person(elies).Handle), ""))
	f.must(f.room.Admit(t.Context(), manager(f.dolors, horta), "nuvol", string(f.person(elies).Handle), ""))
	f.must(f.room.Shut(t.Context(), manager(f.dolors, horta), "nuvol", elies, ""))
	want := []directory.Access{{Collective: ateneu, Service: s.ID}}
	if got := f.standing(elies).Access; !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

// Who keeps a service is asked of the directory, in each cell.
func TestWhoKeepsAService(t *testing.T) {
	f := newFederation(t)
	keeper, hortKeeper := f.somebody("keeper", ateneu), f.somebody("hk", horta)
	former := f.somebody("former", ateneu)
	f.service("nuvol", ateneu, keeper, former)
	f.service("hort", horta, hortKeeper)
	f.state(former, directory.Suspended)
	tests := []struct {
		name    string
		by      membership.By
		service directory.ServiceName
		want    error
	}{
		{"a manager", manager(f.anna, ateneu), "nuvol", nil},
		{"the service's admin", manager(keeper, ateneu), "nuvol", nil},
		{"a manager, a foreign service", manager(f.anna, ateneu), "hort", membership.ErrNotThere},
		{"a manager, a foreign service by its path", manager(f.anna, horta), "hort", membership.ErrNotThere},
		{"a service's admin, another service", manager(keeper, ateneu), "hort", membership.ErrNotThere},
		{"another service's admin", manager(hortKeeper, ateneu), "nuvol", membership.ErrNotThere},
		{"a member", manager(f.somebody("m", ateneu), ateneu), "nuvol", membership.ErrNotThere},
		{"an admin who is suspended", manager(former, ateneu), "nuvol", membership.ErrNotThere},
		{"no such service", manager(f.anna, ateneu), "none", membership.ErrNotThere},
		{"nobody", manager("", ateneu), "nuvol", membership.ErrNotThere},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			who := f.somebody("target", horta)
			f.is(f.room.Admit(t.Context(), test.by, test.service, string(f.person(who).Handle), ""), test.want)
			f.is(f.room.Shut(t.Context(), test.by, test.service, who, ""), test.want)
			// An admin does not make admins.
			entrust := f.room.Entrust(t.Context(), test.by, test.service, f.somebody("x", ateneu), true)
			if (entrust == nil) != (test.name == "a manager") {
				t.Errorf("entrusting: %v", entrust)
			}
		})
	}
}

func TestWhoCannotBeAdmitted(t *testing.T) {
	f := newFederation(t)
	f.service("nuvol", ateneu)
	retired := f.somebody("retired", ateneu)
	f.state(retired, directory.Retired)
	for _, login := range []string{"", "nobody-at-all", "*", "x)(uid=*", string(f.person(retired).Handle)} {
		f.is(f.room.Admit(t.Context(), manager(f.anna, ateneu), "nuvol", login, ""), membership.ErrNotThere)
	}
	pau := f.person(f.somebody("pau", ateneu))
	var faults membership.Faults
	for _, role := range []string{"Two Words", "a,b", "a/b", "ç", string(make([]byte, 40))} {
		if err := f.room.Admit(t.Context(), manager(f.anna, ateneu), "nuvol", string(pau.Handle), role); !errors.As(err, &faults) {
			t.Errorf("role %q: %v", role, err)
		}
	}
}

func TestEntrustedWithAService(t *testing.T) {
	f := newFederation(t)
	s := f.service("nuvol", ateneu)
	pau := f.somebody("pau", ateneu)
	for range 2 { // twice: told once
		f.must(f.room.Entrust(t.Context(), manager(f.anna, ateneu), "nuvol", pau, true))
	}
	if now, _ := f.dir.Service(t.Context(), s.ID); !slices.Contains(now.Managers, pau) {
		t.Error("is no admin")
	}
	f.must(f.dir.RemoveMember(t.Context(), directory.System(), ateneu, pau)) // by other ways
	for range 2 {
		f.must(f.room.Entrust(t.Context(), manager(f.anna, ateneu), "nuvol", pau, false))
	}
	if now, _ := f.dir.Service(t.Context(), s.ID); len(now.Managers) != 0 {
		t.Error("is one still")
	}
	if len(f.events(audit.AdminAdded, pau)) != 1 || len(f.events(audit.AdminRemoved, pau)) != 1 ||
		len(f.mails.of(letter.Entrusted, pau)) != 1 || len(f.mails.of(letter.Relieved, pau)) != 1 {
		t.Errorf("%+v", f.audit.Events())
	}
	f.is(f.room.Entrust(t.Context(), manager(f.dolors, horta), "nuvol", f.dolors, true), membership.ErrNotThere)
}

// Two managers make two admins at once: neither is lost.
func TestNoAdminIsLostToAnother(t *testing.T) {
	f := newFederation(t)
	s := f.service("nuvol", ateneu)
	a, b := f.somebody("a", ateneu), f.somebody("b", ateneu)
	var all sync.WaitGroup
	all.Go(func() { f.is(f.room.Entrust(t.Context(), manager(f.anna, ateneu), "nuvol", a, true), nil) })
	all.Go(func() { f.is(f.room.Entrust(t.Context(), manager(f.bernat, ateneu), "nuvol", b, true), nil) })
	all.Wait()
	if now, _ := f.dir.Service(t.Context(), s.ID); !slices.Contains(now.Managers, a) || !slices.Contains(now.Managers, b) {
		t.Errorf("%v", now.Managers)
	}
}

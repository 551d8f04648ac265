// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
)

// onBoth tells a story in memory and on a real directory.
func onBoth(t *testing.T, story func(t *testing.T, w *town)) {
	t.Run("in memory", func(t *testing.T) { story(t, newTown(t)) })
	t.Run("directory", func(t *testing.T) { story(t, townOn(t, openDirectory(t))) })
}

func (w *town) person(id directory.PersonID) directory.Person {
	w.t.Helper()
	p, err := w.dir.Person(w.ctx(), id)
	w.must(err)
	return p
}

func (w *town) suspended(id directory.PersonID, until time.Time) {
	w.t.Helper()
	_, err := w.room.Suspend(w.ctx(), manages("anna", ateneu), id, "Soroll", until)
	w.must(err)
}

// Between the sweep's list and its write a manager decides anew, or the person
// does: what holds is the newer.
func TestTheSweepUndoesNothingThatWasDecidedMeanwhile(t *testing.T) {
	for name, meanwhile := range map[string]struct {
		do   func(w *town, id directory.PersonID)
		want directory.State
	}{
		"suspended anew": {func(w *town, id directory.PersonID) { w.suspended(id, time.Time{}) }, directory.Suspended},
		"retired": {func(w *town, id directory.PersonID) {
			_, _, err := w.room.Retire(w.ctx(), id)
			w.must(err)
		}, directory.Retired},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *town) {
				id := w.settle("pau", ateneu)
				w.suspended(id, w.clock.Now().Add(time.Hour))
				w.clock.pass(time.Hour + time.Second)
				listed := w.person(id)
				meanwhile.do(w, id)
				w.must(w.room.duePerson(w.ctx(), listed))
				is(t, w.room.served(w.ctx(), listed), directory.ErrConflict) // and if it is later still
				if p := w.person(id); p.State != meanwhile.want || p.Reason == "" && meanwhile.want == directory.Suspended {
					t.Errorf("%s, %q", p.State, p.Reason)
				}
				if len(w.events(audit.PersonRestored)) != 0 {
					t.Error("somebody was told that it is over")
				}
			})
		})
	}
}

func TestWhoIsTakenInAtTheLastMomentIsNotErased(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		id := w.settle("pau", ateneu)
		w.must(w.room.Leave(w.ctx(), id, ateneu))
		w.clock.pass((NoCollectiveDays + 1) * 24 * time.Hour)
		listed := w.person(id)
		w.must(w.room.takeIn(w.ctx(), directory.As("emma"), horta, listed))
		w.must(w.room.duePerson(w.ctx(), listed))
		is(t, w.room.erase(w.ctx(), listed), directory.ErrConflict)
		if p := w.person(id); p.State != directory.Active || p.Primary != horta {
			t.Errorf("%s of %q", p.State, p.Primary)
		}
	})
}

// Who shut an account is who opens it: no other home can be found for it in
// between.
func TestWhoIsShutOutFindsNoOtherHome(t *testing.T) {
	for name, shut := range map[string]func(w *town, id directory.PersonID){
		"suspended": func(w *town, id directory.PersonID) { w.suspended(id, time.Time{}) },
		"retired": func(w *town, id directory.PersonID) {
			_, _, err := w.room.Retire(w.ctx(), id)
			w.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, w *town) {
				id := w.settle("pau", ateneu)
				w.must(w.dir.AddMember(w.ctx(), directory.System(), horta, id))
				w.must(w.room.AskHome(w.ctx(), id, horta))
				shut(w, id)
				list, err := w.room.Waiting(w.ctx(), manages("emma", horta))
				w.must(err)
				_, err = w.room.Accept(w.ctx(), manages("emma", horta), list[0].ID)
				is(t, err, ErrNotThere)
				w.clock.pass(claimFor + lateness)
				w.must(w.room.Sweep(w.ctx()))
				is(t, w.room.Restore(w.ctx(), manages("emma", horta), id), ErrExceeds)
				if p := w.person(id); p.Primary != ateneu {
					t.Errorf("moved to %q", p.Primary)
				}
			})
		})
	}
}

// Somebody leaves their primary collective while another takes them in: it
// vouches for them, and their account has no end.
func TestTakenInWhileLeaving(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		id := w.settle("pau", ateneu)
		read := w.person(id)
		w.must(w.room.Leave(w.ctx(), id, ateneu))
		w.must(w.room.takeIn(w.ctx(), directory.As("emma"), horta, read))
		if p := w.person(id); p.Primary != horta || !p.Expires.IsZero() {
			t.Errorf("of %q until %v", p.Primary, p.Expires)
		}
		end, err := w.room.endUnvouched(w.ctx(), id) // the other way round
		if err != nil || !end.IsZero() || !w.person(id).Expires.IsZero() {
			t.Errorf("an end for a member: %v, %v", end, err)
		}
	})
}

// Suspended, and then in no collective: nobody is left to end it, and it ends.
func TestWhoIsSuspendedAndInNoCollectiveIsErasedToo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		id := w.settle("pau", ateneu)
		w.suspended(id, time.Time{})
		_, err := w.room.Expel(w.ctx(), manages("anna", ateneu), id, "Prou")
		w.must(err)
		w.clock.pass(NoCollectiveDays*24*time.Hour - time.Second)
		w.must(w.room.Sweep(w.ctx()))
		if p := w.person(id); p.State != directory.Suspended {
			t.Errorf("too early: %s", p.State)
		}
		w.clock.pass(time.Second)
		w.must(w.room.Sweep(w.ctx()))
		_, err = w.dir.Person(w.ctx(), id)
		is(t, err, directory.ErrNotFound)
		if w.letters.count(letter.Erased) != 1 {
			t.Error("nobody told them")
		}
	})
}

// A collective that the federation has stopped decides nothing, whoever agreed
// before, and its managers can still look.
func TestAStoppedCollectiveDecidesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		_, id := w.applied(marta(horta))
		member, by := w.settle("pau", horta), manages("emma", horta)
		w.must(w.dir.ChangeCollective(w.ctx(), directory.System(), horta, directory.CollectiveChange{State: new(directory.Suspended)}))
		for name, do := range map[string]func() error{
			"accept":  func() error { _, err := w.room.Accept(w.ctx(), by, id); return err },
			"refuse":  func() error { return w.room.Refuse(w.ctx(), by, id, "No") },
			"ask":     func() error { return w.room.AskBack(w.ctx(), by, id, "Qui ets?") },
			"pass":    func() error { return w.room.Pass(w.ctx(), by, id, ateneu) },
			"suspend": func() error { _, err := w.room.Suspend(w.ctx(), by, member, "No", time.Time{}); return err },
			"expel":   func() error { _, err := w.room.Expel(w.ctx(), by, member, "No"); return err },
			"appoint": func() error { _, err := w.room.Appoint(w.ctx(), by, member); return err },
			"reset":   func() error { return w.room.SendReset(w.ctx(), by, member) },
			"invite": func() error {
				_, err := w.room.Invite(w.ctx(), by, "", "", 1, w.clock.Now().Add(time.Hour))
				return err
			},
			"configure": func() error {
				_, err := w.room.Configure(w.ctx(), by, directory.CollectiveChange{Title: new("Altra")})
				return err
			},
			"agreed before": func() error {
				c, err := w.room.read(w.ctx(), horta, id)
				w.must(err)
				c.Agreed = []directory.PersonID{"emma"}
				_, err = w.room.settle(w.ctx(), c)
				return err
			},
		} {
			if err := do(); !sameError(err, ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if list, err := w.room.Waiting(w.ctx(), by); err != nil || len(list) != 1 {
			t.Errorf("%d wait, %v", len(list), err)
		}
		_, err := w.room.Invitations(w.ctx(), by)
		is(t, err, nil)
	})
}

// Passing on what cannot go leaves what others have said of it.
func TestPassingOnInVainWipesNoVoice(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		w.together(ateneu, directory.MatterAccepting)
		id := w.settle("pau", forn)
		w.must(w.room.Ask(w.ctx(), id, ateneu, ""))
		w.must(w.room.Ask(w.ctx(), id, horta, ""))
		list, err := w.room.Waiting(w.ctx(), manages("anna", ateneu))
		w.must(err)
		_, err = w.room.Accept(w.ctx(), manages("anna", ateneu), list[0].ID)
		w.must(err)
		is(t, w.room.Pass(w.ctx(), manages("biel", ateneu), list[0].ID, horta), ErrDone)
		list, err = w.room.Waiting(w.ctx(), manages("biel", ateneu))
		w.must(err)
		if len(list) != 1 || len(list[0].Agreed) != 1 || list[0].Agreed[0].ID != "anna" {
			t.Errorf("%+v", list)
		}
	})
}

// A suspension is no reason to keep somebody who wants to be forgotten, and to
// ask for it is no way out of one.
func TestWhoIsSuspendedMayAskToBeErased(t *testing.T) {
	onBoth(t, func(t *testing.T, w *town) {
		id := w.settle("pau", ateneu)
		w.suspended(id, time.Time{})
		_, _, err := w.room.Retire(w.ctx(), id)
		w.must(err)
		is(t, w.room.Restore(w.ctx(), manages("anna", ateneu), id), ErrDone)
		_, err = w.room.Revive(w.ctx(), w.room.ReviveTicket(w.person(id)))
		w.must(err)
		if p := w.person(id); p.State != directory.Suspended || p.MayEnter(w.clock.Now()) {
			t.Errorf("cancelled: %s", p.State)
		}
		_, _, err = w.room.Retire(w.ctx(), id)
		w.must(err)
		w.clock.pass((GraceDays + 1) * 24 * time.Hour)
		w.must(w.room.Sweep(w.ctx()))
		_, err = w.dir.Person(w.ctx(), id)
		is(t, err, directory.ErrNotFound)
	})
}

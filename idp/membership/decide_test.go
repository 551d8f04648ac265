// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
)

func TestTwoManagersMustAgree(t *testing.T) {
	w := newTown(t)
	w.together(ateneu, directory.MatterAccepting)
	follow, id := w.applied(marta(ateneu))
	result, err := w.room.Accept(w.ctx(), manages("anna", ateneu), id)
	if err != nil || result != Second {
		t.Fatalf("first voice: %q, %v", result, err)
	}
	_, err = w.room.Accept(w.ctx(), manages("anna", ateneu), id)
	is(t, err, ErrDone)
	seen, err := w.room.WaitingCase(w.ctx(), manages("anna", ateneu), id)
	w.must(err)
	if !seen.Mine || seen.Needed != 2 || len(seen.Agreed) != 1 || seen.Agreed[0].Handle != "anna" {
		t.Errorf("anna sees %+v", seen)
	}
	if mine, err := w.room.Application(w.ctx(), follow); err != nil || mine.Accepted {
		t.Errorf("half a decision: %+v, %v", mine, err)
	}
	result, err = w.room.Accept(w.ctx(), manages("biel", ateneu), id)
	if err != nil || result != Done {
		t.Fatalf("second voice: %q, %v", result, err)
	}
	if agreed, done := w.events(audit.CaseAgreed), w.events(audit.CaseAccepted); len(agreed) != 1 || agreed[0].Actor != "anna" || len(done) != 1 || done[0].Actor != "biel" {
		t.Errorf("events: %+v, %+v", agreed, done)
	}
}

// A voice counts as long as who gave it is a manager.
func TestTheVoiceOfWhoIsNoManagerAnyMore(t *testing.T) {
	w := newTown(t)
	w.together(ateneu, directory.MatterAccepting)
	w.settle("zoe", ateneu)
	w.must(w.dir.AddManager(w.ctx(), directory.System(), ateneu, "zoe"))
	_, id := w.applied(marta(ateneu))
	_, err := w.room.Accept(w.ctx(), manages("zoe", ateneu), id)
	w.must(err)
	w.must(w.dir.RemoveManager(w.ctx(), directory.System(), ateneu, "zoe"))
	result, err := w.room.Accept(w.ctx(), manages("anna", ateneu), id)
	if err != nil || result != Second {
		t.Fatalf("anna is the first that counts: %q, %v", result, err)
	}
	_, err = w.room.Accept(w.ctx(), manages("zoe", ateneu), id)
	is(t, err, ErrNotThere)
	result, err = w.room.Accept(w.ctx(), manages("biel", ateneu), id)
	if err != nil || result != Done {
		t.Fatalf("%q, %v", result, err)
	}
}

// Whoever is no manager of that very collective finds nothing, whatever they
// try and whether or not there is something.
func TestForeignCasesAreNotThere(t *testing.T) {
	w := newTown(t)
	w.settle("pau", ateneu)
	_, id := w.applied(marta(ateneu))
	for _, by := range []By{manages("carla", ateneu), manages("carla", forn), manages("pau", ateneu), manages("nobody", ateneu), manages("anna", forn)} {
		for _, id := range []directory.CaseID{id, "no-such-case"} {
			_, err := w.room.Waiting(w.ctx(), by)
			if by.Collective != forn || by.Person != "carla" {
				is(t, err, ErrNotThere)
			}
			_, err = w.room.WaitingCase(w.ctx(), by, id)
			is(t, err, ErrNotThere)
			_, err = w.room.Accept(w.ctx(), by, id)
			is(t, err, ErrNotThere)
			is(t, w.room.AskBack(w.ctx(), by, id, "?"), ErrNotThere)
			is(t, w.room.Refuse(w.ctx(), by, id, "no"), ErrNotThere)
			is(t, w.room.Pass(w.ctx(), by, id, horta), ErrNotThere)
		}
	}
}

func TestNobodyActsOnWhatIsNotProven(t *testing.T) {
	w := newTown(t)
	_, err := w.room.Apply(w.ctx(), marta(ateneu), homeNetwork)
	w.must(err)
	id := directory.CaseID(w.letters.last(t, letter.ProveAddress).To.ID)
	_, err = w.room.Accept(w.ctx(), manages("anna", ateneu), id)
	is(t, err, ErrNotThere)
	is(t, w.room.Refuse(w.ctx(), manages("anna", ateneu), id, "no"), ErrNotThere)
}

func TestAQuestionAndItsAnswer(t *testing.T) {
	w := newTown(t)
	follow, id := w.applied(marta(ateneu))
	is(t, w.room.Reply(w.ctx(), follow, "hola?"), ErrDone) // nobody asked
	is(t, w.room.AskBack(w.ctx(), manages("anna", ateneu), id, " "), Faults{{"text", "empty"}})
	w.must(w.room.AskBack(w.ctx(), manages("anna", ateneu), id, "Qui et coneix?"))
	l := w.letters.last(t, letter.Question)
	if l.Text != "Qui et coneix?" || l.To.ID != directory.PersonID(id) {
		t.Errorf("letter %+v", l)
	}
	w.must(w.room.Reply(w.ctx(), ticketIn(t, l), "La Carla"))
	is(t, w.room.Reply(w.ctx(), follow, "I en Dani"), ErrDone)
	seen, err := w.room.WaitingCase(w.ctx(), manages("biel", ateneu), id)
	w.must(err)
	want := []directory.Line{{By: "anna", At: w.clock.Now(), Text: "Qui et coneix?"}, {At: w.clock.Now(), Text: "La Carla"}}
	if !slices.Equal(seen.Dialogue, want) {
		t.Errorf("dialogue %+v", seen.Dialogue)
	}
	if e := w.events(audit.CaseAnswered); len(e) != 1 || e[0].Actor != "" {
		t.Errorf("events %+v", e)
	}
}

func TestRefusedOrWithdrawnNothingRemains(t *testing.T) {
	for name, end := range map[string]func(*town, string, directory.CaseID) error{
		"refused": func(w *town, _ string, id directory.CaseID) error {
			return w.room.Refuse(w.ctx(), manages("anna", ateneu), id, "No et coneixem")
		},
		"withdrawn": func(w *town, follow string, _ directory.CaseID) error { return w.room.Withdraw(w.ctx(), follow) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			follow, id := w.applied(marta(ateneu))
			w.must(end(w, follow, id))
			if _, err := w.dir.Person(w.ctx(), directory.PersonID(id)); !errors.Is(err, directory.ErrNotFound) {
				t.Errorf("the person is still there: %v", err)
			}
			_, err := w.room.Application(w.ctx(), follow)
			is(t, err, ErrTicket)
			_, err = w.room.Accept(w.ctx(), manages("anna", ateneu), id)
			is(t, err, ErrNotThere)
			_, err = w.room.Apply(w.ctx(), marta(ateneu), homeNetwork)
			is(t, err, nil)
			if name == "refused" && w.letters.last(t, letter.Refused).Text != "No et coneixem" {
				t.Error("no reason in the letter")
			}
		})
	}
}

func TestPassedToAnotherCollective(t *testing.T) {
	w := newTown(t)
	w.together(ateneu, directory.MatterAccepting)
	follow, id := w.applied(marta(ateneu))
	_, err := w.room.Accept(w.ctx(), manages("anna", ateneu), id)
	w.must(err)
	w.must(w.room.AskBack(w.ctx(), manages("biel", ateneu), id, "Per què no al forn?"))
	w.must(w.room.Pass(w.ctx(), manages("biel", ateneu), id, forn))
	if l := w.letters.last(t, letter.Passed); l.Collective != forn || l.To.ID != directory.PersonID(id) {
		t.Errorf("letter %+v", l)
	}
	if n := w.letters.count(letter.Waiting); n != 4 {
		t.Errorf("%d letters that something waits, want those of both collectives", n)
	}
	_, err = w.room.Accept(w.ctx(), manages("biel", ateneu), id)
	is(t, err, ErrNotThere)
	seen, err := w.room.WaitingCase(w.ctx(), manages("carla", forn), id)
	w.must(err)
	if len(seen.Dialogue) != 0 || len(seen.Agreed) != 0 || !seen.Expires.After(w.clock.Now()) {
		t.Errorf("forn decides anew: %+v", seen)
	}
	_, err = w.room.Accept(w.ctx(), manages("carla", forn), id)
	w.must(err)
	mine, err := w.room.Application(w.ctx(), follow)
	if err != nil || !mine.Accepted || mine.Collective.Name != forn {
		t.Errorf("application %+v, %v", mine, err)
	}
}

func TestWhereNobodyIsPassedTo(t *testing.T) {
	w := newTown(t)
	no, closed := []byte(`{"anonymous": false}`), directory.Settings{Closed: true}
	w.must(w.dir.ChangeCollective(w.ctx(), directory.System(), forn, directory.CollectiveChange{Policy: &no}))
	w.must(w.dir.ChangeCollective(w.ctx(), directory.System(), horta, directory.CollectiveChange{Settings: &closed}))
	_, err := w.room.Apply(w.ctx(), Application{Collective: ateneu, Handle: "ombra", Anonymous: true}, homeNetwork)
	w.must(err)
	list, err := w.room.Waiting(w.ctx(), manages("anna", ateneu))
	w.must(err)
	for to, want := range map[directory.CollectiveName]error{ateneu: ErrDone, forn: ErrClosed, horta: ErrClosed, "nowhere": ErrNotThere} {
		is(t, w.room.Pass(w.ctx(), manages("anna", ateneu), list[0].ID, to), want)
	}
}

// A member of one collective joins another, and makes it their home.
func TestASecondCollective(t *testing.T) {
	w := newTown(t)
	pau := w.settle("pau", ateneu)
	is(t, w.room.Ask(w.ctx(), pau, ateneu, ""), ErrDone)
	is(t, w.room.AskHome(w.ctx(), pau, forn), ErrNotThere)
	w.must(w.room.Ask(w.ctx(), pau, forn, "Faig pa"))
	is(t, w.room.Ask(w.ctx(), pau, forn, "Faig pa"), ErrDone)
	list, err := w.room.Waiting(w.ctx(), manages("carla", forn))
	w.must(err)
	if len(list) != 1 || list[0].About.Handle != "pau" || list[0].About.Mail != "" {
		t.Fatalf("waiting: %+v", list)
	}
	id := list[0].ID
	w.must(w.room.AskBack(w.ctx(), manages("carla", forn), id, "Quin pa?"))
	is(t, w.room.ReplyAsked(w.ctx(), "anna", forn, id, "De pagès"), ErrNotThere)
	w.must(w.room.ReplyAsked(w.ctx(), pau, forn, id, "De pagès"))
	_, err = w.room.Accept(w.ctx(), manages("carla", forn), id)
	w.must(err)
	if w.letters.last(t, letter.Joined).Collective != forn {
		t.Error("no letter of the collective that took them in")
	}
	w.must(w.room.AskHome(w.ctx(), pau, forn))
	mine, err := w.room.Asked(w.ctx(), pau)
	w.must(err)
	if len(mine) != 1 || mine[0].Kind != directory.CaseHome {
		t.Fatalf("asked: %+v", mine)
	}
	_, err = w.room.Accept(w.ctx(), manages("dani", forn), mine[0].ID)
	w.must(err)
	p, err := w.dir.Person(w.ctx(), pau)
	w.must(err)
	if p.Primary != forn {
		t.Errorf("primary %q", p.Primary)
	}
	is(t, w.room.AskHome(w.ctx(), pau, forn), ErrDone)
	if left, _ := w.room.Asked(w.ctx(), pau); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
}

func TestAWishIsTakenBackByWhoseItIs(t *testing.T) {
	w := newTown(t)
	pau := w.settle("pau", ateneu)
	w.must(w.room.Ask(w.ctx(), pau, forn, ""))
	mine, err := w.room.Asked(w.ctx(), pau)
	w.must(err)
	is(t, w.room.TakeBack(w.ctx(), "anna", forn, mine[0].ID), ErrNotThere)
	is(t, w.room.TakeBack(w.ctx(), pau, ateneu, mine[0].ID), ErrNotThere)
	is(t, w.room.TakeBack(w.ctx(), pau, forn, mine[0].ID), nil)
	is(t, w.room.TakeBack(w.ctx(), pau, forn, mine[0].ID), ErrNotThere)
	is(t, w.room.Ask(w.ctx(), pau, forn, ""), nil)
}

// A manager who wants a further collective to be their home does not decide it
// themselves.
func TestNobodyDecidesAboutThemselves(t *testing.T) {
	w := newTown(t)
	w.must(w.dir.AddMember(w.ctx(), directory.System(), forn, "anna"))
	w.must(w.dir.AddManager(w.ctx(), directory.System(), forn, "anna"))
	w.must(w.room.AskHome(w.ctx(), "anna", forn))
	list, err := w.room.Waiting(w.ctx(), manages("anna", forn))
	w.must(err)
	if !list[0].Mine {
		t.Error("it is about them")
	}
	_, err = w.room.Accept(w.ctx(), manages("anna", forn), list[0].ID)
	is(t, err, ErrSelf)
	is(t, w.room.Refuse(w.ctx(), manages("anna", forn), list[0].ID, "no"), ErrSelf)
}

// Somebody no collective vouches for any more is vouched for by who takes them
// in.
func TestTakenInAgain(t *testing.T) {
	w := newTown(t)
	pau := w.settle("pau", ateneu)
	w.must(w.dir.RemoveMember(w.ctx(), directory.System(), ateneu, pau))
	none, end := directory.CollectiveName(""), w.clock.Now().AddDate(0, 0, 90)
	w.must(w.dir.ChangePerson(w.ctx(), directory.System(), pau, directory.PersonChange{Primary: &none, Expires: &end}))
	w.must(w.room.Ask(w.ctx(), pau, forn, ""))
	list, err := w.room.Waiting(w.ctx(), manages("carla", forn))
	w.must(err)
	_, err = w.room.Accept(w.ctx(), manages("carla", forn), list[0].ID)
	w.must(err)
	if p, _ := w.dir.Person(w.ctx(), pau); p.Primary != forn || !p.Expires.IsZero() {
		t.Errorf("pau: %+v", p)
	}
}

// Of many who decide at the same moment one decision holds, with one letter,
// and no membership is left of what was refused.
func TestManyDecideAtOnce(t *testing.T) {
	for range 300 {
		w := newTown(t)
		follow, id := w.applied(marta(ateneu))
		w.ledger.pause = hesitate
		var all sync.WaitGroup
		for _, handle := range []string{"anna", "biel"} {
			by := manages(handle, ateneu)
			all.Go(func() { _, _ = w.room.Accept(w.ctx(), by, id) })
			all.Go(func() { _ = w.room.Refuse(w.ctx(), by, id, "no") })
			all.Go(func() { _ = w.room.Pass(w.ctx(), by, id, forn) })
		}
		all.Go(func() { _ = w.room.Withdraw(w.ctx(), follow) })
		all.Wait()
		w.ledger.pause = nil
		checkOneDecision(t, w, directory.PersonID(id))
	}
}

// hesitate lets others go on for now and then as long as a whole decision takes.
func hesitate() {
	if rand.N(8) == 0 {
		time.Sleep(2 * time.Millisecond)
	}
}

func checkOneDecision(t *testing.T, w *town, id directory.PersonID) {
	t.Helper()
	p, there := w.ledger.people[id]
	in := there && p.State == directory.Active
	ended := w.letters.count(letter.Refused) + len(w.events(audit.CaseWithdrawn))
	passed, taken := w.letters.count(letter.Passed), w.letters.count(letter.Accepted)
	if taken+ended > 1 || passed > 1 || in != (taken == 1) || there == (ended == 1) || passed == 1 && there && p.Primary != forn {
		t.Fatalf("accepted %d, ended %d, passed %d: %+v", taken, ended, passed, p)
	}
	if slices.Contains(w.ledger.members[ateneu], id) != (in && p.Primary == ateneu) || slices.Contains(w.ledger.members[forn], id) {
		t.Fatalf("members %v of %+v", w.ledger.members, p)
	}
}

// Of two voices at the same moment none is lost, and the second one decides.
func TestTwoVoicesAtOnce(t *testing.T) {
	for range 100 {
		w := newTown(t)
		w.together(ateneu, directory.MatterAccepting)
		_, id := w.applied(marta(ateneu))
		w.ledger.pause = hesitate
		var results [2]Result
		var errs [2]error
		var all sync.WaitGroup
		for i, handle := range []string{"anna", "biel"} {
			all.Go(func() { results[i], errs[i] = w.room.Accept(w.ctx(), manages(handle, ateneu), id) })
		}
		all.Wait()
		if slices.Sort(results[:]); errors.Join(errs[:]...) != nil || results != [2]Result{Done, Second} || w.letters.count(letter.Accepted) != 1 {
			t.Fatalf("%v, %v, %d letters", results, errs, w.letters.count(letter.Accepted))
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"fmt"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
)

// applies is one more application with an address, from a network.
func (w *town) applies(n int, mail, from string) (Applied, error) {
	a := marta(ateneu)
	a.Handle, a.Mail = handleOf(n), mail
	return w.room.Apply(w.ctx(), a, mustAddr(from))
}

// However often an address is typed, what comes back, what it costs and how many
// letters there are is the same for one that has an account: one that waits for
// a decision, one in use, one that nobody has.
func TestTypingAnAddressOftenTellsNothing(t *testing.T) {
	type seen struct {
		err                          string
		reads, writes, trips, letter int
	}
	story := func(mail string) []seen {
		w := newTown(t)
		w.applied(marta(horta))
		reads, writes, trips, letters := w.ledger.reads, w.ledger.writes, w.shelf.trips, len(w.letters.all())
		var all []seen
		for i := range sameAddress + 20 {
			_, err := w.applies(i, mail, fmt.Sprintf("10.1.%d.1", i/3))
			all = append(all, seen{
				fmt.Sprint(err), w.ledger.reads - reads, w.ledger.writes - writes, w.shelf.trips - trips, len(w.letters.all()) - letters,
			})
		}
		return all
	}
	nobodys := story("nobody@example.coop")
	for _, mail := range []string{"anna@example.coop", "marta@example.coop"} {
		for i, got := range story(mail) {
			if got != nobodys[i] {
				t.Fatalf("attempt %d with %s: %+v, and with nobody's %+v", i, mail, got, nobodys[i])
			}
		}
	}
}

// Whoever types somebody else's address as often as they can keeps the owner
// from nothing: their own letter comes, and comes again, and they get in.
func TestNobodyKeepsAnAddressFromJoining(t *testing.T) {
	const stranger, mail = "203.0.113.9", "pepa@example.coop"
	for _, times := range []int{lettersAnHour, sameAddress, 30} {
		w := newTown(t)
		for i := range times {
			got, err := w.applies(i, mail, stranger)
			w.must(err)
			for range 4 {
				if err := w.room.SendAgain(w.ctx(), got.Ticket); err != nil && !sameError(err, ErrSlow) {
					t.Fatal(err)
				}
			}
		}
		before := len(w.letters.all())
		if before > lettersAnHour+1+int(againTo.max) {
			t.Errorf("%d letters because of one stranger", before)
		}
		_, err := w.applies(100, mail, homeNetwork.String())
		is(t, err, nil)
		if n := len(w.letters.all()) - before; n != 1 {
			t.Fatalf("after %d times: %d letters to the owner", times, n)
		}
		_, err = w.room.Prove(w.ctx(), ticketIn(t, w.letters.last(t, letter.ProveAddress)))
		is(t, err, nil)
		if n := len(w.ledger.cases); n > sameAddress {
			t.Errorf("%d applications with one address", n)
		}
	}
}

// An application that somebody else wants sent again is not counted as the
// owner's.
func TestSendingAgainIsCountedForEachApplication(t *testing.T) {
	w := newTown(t)
	theirs, err := w.applies(1, "pepa@example.coop", "203.0.113.9")
	w.must(err)
	mine, err := w.applies(2, "pepa@example.coop", "192.0.2.7")
	w.must(err)
	for range againFor.max {
		is(t, w.room.SendAgain(w.ctx(), theirs.Ticket), nil)
	}
	is(t, w.room.SendAgain(w.ctx(), theirs.Ticket), ErrSlow)
	is(t, w.room.SendAgain(w.ctx(), mine.Ticket), nil)
}

// Of many with one address the oldest goes, and never one that is proven.
func TestTheOldestUnprovenGoes(t *testing.T) {
	w := newTown(t)
	proven, _ := w.applied(marta(ateneu))
	for i := range sameAddress + 3 {
		_, err := w.applies(i, "marta@example.coop", fmt.Sprintf("10.1.%d.1", i))
		w.must(err)
		w.clock.pass(time.Second)
	}
	there := map[directory.Handle]bool{}
	for _, p := range w.ledger.people {
		there[p.Handle] = true
	}
	if there[handleOf(2)] || !there[handleOf(3)] || !there[handleOf(sameAddress+2)] {
		t.Errorf("there are %v", there)
	}
	if _, err := w.room.Application(w.ctx(), proven); err != nil {
		t.Errorf("who had proven the address: %v", err)
	}
	if n := len(w.events(audit.CaseLapsed)); n != 3 {
		t.Errorf("%d events", n)
	}
}

// Who typed an address sees nothing of the application from when its owner has
// proven it, however they did, and can neither answer nor withdraw it.
func TestThePageIsTheOwnersFromWhenTheyProve(t *testing.T) {
	for name, prove := range map[string]func(w *town, typed Applied, l letter.Letter) (string, error){
		"by link": func(w *town, _ Applied, l letter.Letter) (string, error) {
			return w.room.Prove(w.ctx(), ticketIn(t, l))
		},
		"by code": func(w *town, typed Applied, l letter.Letter) (string, error) {
			return w.room.ProveByCode(w.ctx(), typed.Ticket, l.Code)
		},
	} {
		w := newTown(t)
		typed, err := w.room.Apply(w.ctx(), marta(ateneu), homeNetwork)
		w.must(err)
		l := w.letters.last(t, letter.ProveAddress)
		mine, err := prove(w, typed, l)
		w.must(err)
		w.must(w.room.AskBack(w.ctx(), manages("anna", ateneu), directory.CaseID(l.To.ID), "Qui et coneix?"))
		_, err = w.room.Application(w.ctx(), typed.Ticket)
		is(t, err, ErrTicket)
		is(t, w.room.Reply(w.ctx(), typed.Ticket, "ningú"), ErrTicket)
		is(t, w.room.Withdraw(w.ctx(), typed.Ticket), ErrTicket)
		for _, good := range []string{mine, ticketIn(t, w.letters.last(t, letter.Question))} {
			if _, err := w.room.Application(w.ctx(), good); err != nil {
				t.Errorf("%s: the owner: %v", name, err)
			}
		}
	}
}

// A link to a first password dies with the address that it was sent to.
func TestAFirstPasswordIsForTheAddressItWentTo(t *testing.T) {
	w := townOn(t, openDirectory(t))
	_, id := w.applied(marta(ateneu))
	_, err := w.room.Accept(w.ctx(), manages("anna", ateneu), id)
	w.must(err)
	link := ticketIn(t, w.letters.last(t, letter.Accepted))
	other := "marta@nova.example"
	w.must(w.dir.ChangePerson(w.ctx(), directory.System(), directory.PersonID(id), directory.PersonChange{Pending: &other}))
	w.must(w.dir.ProveAddress(w.ctx(), directory.PersonID(id), other))
	_, err = w.room.FirstPassword(w.ctx(), link, "una contrasenya llarga")
	is(t, err, ErrTicket)
}

// Whom a letter invited is known to who sent it, and not anonymous; a link that
// was handed out can be.
func TestNobodyIsAnonymousByALetter(t *testing.T) {
	w := newTown(t)
	_, err := w.room.Invite(w.ctx(), manages("anna", ateneu), "pepa@example.coop", "", 1, w.clock.Now().Add(time.Hour))
	w.must(err)
	a := Application{Collective: ateneu, Handle: "ombra", Anonymous: true, Invitation: ticketIn(t, w.letters.last(t, letter.Invited))}
	_, err = w.room.Apply(w.ctx(), a, homeNetwork)
	is(t, err, ErrClosed)
	if left, err := w.room.Invitations(w.ctx(), manages("anna", ateneu)); err != nil || len(left) != 1 {
		t.Errorf("the invitation is used up: %v, %v", left, err)
	}
	path, err := w.room.Invite(w.ctx(), manages("anna", ateneu), "", "", 1, w.clock.Now().Add(time.Hour))
	w.must(err)
	a.Invitation = ticketIn(t, letter.Letter{Path: path})
	_, err = w.room.Apply(w.ctx(), a, homeNetwork)
	is(t, err, nil)
}

// Of those without an address a bounded number waits for each collective, and
// none of it is another's trouble, or that of whom a manager invited.
func TestFewAnonymousWaitAtOnce(t *testing.T) {
	w := newTown(t)
	apply := func(n int, to directory.CollectiveName, invitation string) error {
		a := Application{Collective: to, Handle: handleOf(n), Anonymous: true, Invitation: invitation}
		_, err := w.room.Apply(w.ctx(), a, mustAddr(fmt.Sprintf("10.1.%d.1", n)))
		return err
	}
	for i := range anonymousMax {
		is(t, apply(i, ateneu, ""), nil)
	}
	is(t, apply(200, ateneu, ""), ErrSlow)
	is(t, apply(201, horta, ""), nil)
	w.applied(marta(ateneu))
	path, err := w.room.Invite(w.ctx(), manages("anna", ateneu), "", "", 1, w.clock.Now().Add(time.Hour))
	w.must(err)
	is(t, apply(202, ateneu, ticketIn(t, letter.Letter{Path: path})), nil)
	list, err := w.room.Waiting(w.ctx(), manages("anna", ateneu))
	w.must(err)
	if len(list) != anonymousMax+1 { // and marta
		t.Errorf("%d wait", len(list))
	}
	w.must(w.room.Refuse(w.ctx(), manages("anna", ateneu), list[0].ID, "Avui no"))
	is(t, apply(203, ateneu, ""), nil)
}

// What managers cannot see is marked so in the record, whatever becomes of it.
func TestTheRecordSaysWhatNobodyProved(t *testing.T) {
	w := newTown(t)
	_, err := w.applies(1, "pepa@example.coop", "203.0.113.9")
	w.must(err)
	taken, err := w.applies(2, "pepa@example.coop", "203.0.113.9")
	w.must(err)
	w.must(w.room.Withdraw(w.ctx(), taken.Ticket))
	w.clock.pass(proveFor + 2*lateness)
	w.must(w.room.Sweep(w.ctx()))
	for _, e := range w.audit.kept {
		if e.Reason != audit.Unproven || e.Collective != ateneu {
			t.Errorf("%+v", e)
		}
	}
	w.audit.kept = nil
	_, err = w.room.Apply(w.ctx(), Application{Collective: ateneu, Handle: "ombra", Anonymous: true}, homeNetwork)
	w.must(err)
	proven, _ := w.applied(marta(ateneu))
	w.must(w.room.Withdraw(w.ctx(), proven))
	for _, kind := range []audit.Kind{audit.AddressProved, audit.CaseWithdrawn} {
		if e := w.events(kind); len(e) != 1 || e[0].Reason != "register" {
			t.Errorf("%+v", e)
		}
	}
	if e := w.events(audit.Applied); len(e) != 2 || e[0].Reason != "register" || e[1].Reason != audit.Unproven {
		t.Errorf("%+v", e)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/ticket"
)

// Whoever types somebody else's address into the form has the link to the
// application. It follows the application, and opens nothing: the letters go to
// the owner of the address.
func TestWhoTypedAnothersAddressGetsNoAccount(t *testing.T) {
	w := newTown(t)
	typed, err := w.room.Apply(w.ctx(), marta(ateneu), homeNetwork)
	w.must(err)
	l := w.letters.last(t, letter.ProveAddress)
	_, err = w.room.Prove(w.ctx(), ticketIn(t, l)) // the owner takes it for something else
	w.must(err)
	_, err = w.room.Accept(w.ctx(), manages("anna", ateneu), directory.CaseID(l.To.ID))
	w.must(err)
	for _, mine := range []string{typed.Ticket, ticketIn(t, l)} {
		_, err = w.room.FirstPassword(w.ctx(), mine, "una contrasenya llarga")
		is(t, err, ErrTicket)
		_, err = w.room.Accepted(w.ctx(), mine)
		is(t, err, ErrTicket)
	}
	if len(w.ledger.passwords) != 0 {
		t.Error("a password was set")
	}
	who, err := w.room.Accepted(w.ctx(), ticketIn(t, w.letters.last(t, letter.Accepted)))
	if err != nil || who.Person.ID != l.To.ID {
		t.Errorf("the owner: %+v, %v", who, err)
	}
}

// A program that looks after mail follows the link; the person does it later.
func TestLookingAtALinkChangesNothing(t *testing.T) {
	w := newTown(t)
	_, err := w.room.Apply(w.ctx(), marta(ateneu), homeNetwork)
	w.must(err)
	link := ticketIn(t, w.letters.last(t, letter.ProveAddress))
	writes := w.ledger.writes
	for range 3 {
		p, err := w.room.Unproven(w.ctx(), link)
		if err != nil || p.Pending != "marta@example.coop" {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	if w.ledger.writes != writes {
		t.Error("something was written")
	}
	first, err := w.room.Prove(w.ctx(), link)
	w.must(err)
	second, err := w.room.Prove(w.ctx(), link)
	if err != nil || first != second || len(w.events(audit.AddressProved)) != 1 {
		t.Errorf("once more: %v, %d events", err, len(w.events(audit.AddressProved)))
	}
}

// A link is for one person and one thing.
func TestLinksOpenNothingElse(t *testing.T) {
	w := newTown(t)
	_, err := w.room.Apply(w.ctx(), marta(ateneu), homeNetwork)
	w.must(err)
	martas := w.letters.last(t, letter.ProveAddress)
	other := marta(ateneu)
	other.Handle, other.Mail = "pau", "pau@example.coop"
	_, err = w.room.Apply(w.ctx(), other, homeNetwork)
	w.must(err)
	paus := w.letters.last(t, letter.ProveAddress)
	_, rest, _ := strings.Cut(ticketIn(t, martas), ".")
	swapped := string(paus.To.ID) + "." + rest
	for name, link := range map[string]string{
		"empty": "", "swapped": swapped, "torn": ticketIn(t, martas)[:40], "longer": ticketIn(t, martas) + "A",
		"of another purpose": w.room.follow(martas.To), "of nobody": w.room.c.Tickets.Issue(ticket.ProveAddress, "nobody", "", w.clock.Now().Add(time.Hour)),
	} {
		if _, err := w.room.Prove(w.ctx(), link); !sameError(err, ErrTicket) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = w.room.Application(w.ctx(), ticketIn(t, martas))
	is(t, err, ErrTicket)
}

func TestACodeIsTypedAFewTimes(t *testing.T) {
	w := newTown(t)
	a, err := w.room.Apply(w.ctx(), marta(ateneu), homeNetwork)
	w.must(err)
	code := w.letters.last(t, letter.ProveAddress).Code
	for range codeTries.max - 1 {
		is(t, w.types(a.Ticket, "12345678"), ErrTicket)
	}
	is(t, w.types(a.Ticket, code[:4]+" "+code[4:]), nil)
	is(t, w.types(a.Ticket, code), ErrTicket) // what opened the page before opens it no more

	w = newTown(t)
	a, err = w.room.Apply(w.ctx(), marta(ateneu), homeNetwork)
	w.must(err)
	for range codeTries.max {
		is(t, w.types(a.Ticket, "12345678"), ErrTicket)
	}
	l := w.letters.last(t, letter.ProveAddress)
	is(t, w.types(a.Ticket, l.Code), ErrSlow)
	_, err = w.room.Prove(w.ctx(), ticketIn(t, l)) // the link is no guess
	is(t, err, nil)
}

// types proves an address by a code, on the page of an application.
func (w *town) types(application, code string) error {
	_, err := w.room.ProveByCode(w.ctx(), application, code)
	return err
}

// Two who applied with one address: who proves it first has it.
func TestOneAddressIsProvenOnce(t *testing.T) {
	w := newTown(t)
	var links []string
	for _, handle := range []directory.Handle{"marta", "marteta"} {
		a := marta(ateneu)
		a.Handle = handle
		_, err := w.room.Apply(w.ctx(), a, homeNetwork)
		w.must(err)
		links = append(links, ticketIn(t, w.letters.last(t, letter.ProveAddress)))
	}
	_, err := w.room.Prove(w.ctx(), links[1])
	w.must(err)
	_, err = w.room.Prove(w.ctx(), links[0])
	is(t, err, ErrTicket)
}

// Of many with one link to a first password one sets it.
func TestAFirstPasswordIsSetOnce(t *testing.T) {
	w := newTown(t)
	_, id := w.applied(marta(ateneu))
	_, err := w.room.Accept(w.ctx(), manages("anna", ateneu), id)
	w.must(err)
	link := ticketIn(t, w.letters.last(t, letter.Accepted))
	var set atomic.Int64
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			if _, err := w.room.FirstPassword(w.ctx(), link, fmt.Sprintf("una contrasenya %d", i)); err == nil {
				set.Add(1)
			}
		})
	}
	all.Wait()
	if set.Load() != 1 || len(w.events(audit.PasswordSet)) != 1 {
		t.Errorf("%d set it", set.Load())
	}
}

// faltering is a directory that is away for a few writes of people.
type faltering struct {
	*ledger
	away int
}

func (f *faltering) ChangePerson(ctx context.Context, by directory.Actor, id directory.PersonID, change directory.PersonChange) error {
	if f.away--; f.away >= 0 {
		return directory.ErrUnavailable
	}
	return f.ledger.ChangePerson(ctx, by, id, change)
}

// A first password that is set is the only one that the link sets, also if the
// directory falters between.
func TestAFirstPasswordVoidsItsLinkThoughTheDirectoryFalters(t *testing.T) {
	w := newTown(t)
	_, id := w.applied(marta(ateneu))
	_, err := w.room.Accept(w.ctx(), manages("anna", ateneu), id)
	w.must(err)
	w.room.c.Directory = &faltering{w.ledger, 2}
	p, err := w.room.FirstPassword(w.ctx(), ticketIn(t, w.letters.last(t, letter.Accepted)), "una contrasenya llarga")
	if err != nil || p.Epoch != 1 {
		t.Errorf("epoch %d, %v", p.Epoch, err)
	}
}

// A suspended person does not come in by the link that waits in the mail.
func TestNoFirstPasswordWhileSuspended(t *testing.T) {
	w := newTown(t)
	_, id := w.applied(marta(ateneu))
	_, err := w.room.Accept(w.ctx(), manages("anna", ateneu), id)
	w.must(err)
	link := ticketIn(t, w.letters.last(t, letter.Accepted))
	_, err = w.room.Suspend(w.ctx(), manages("biel", ateneu), directory.PersonID(id), "Espera", time.Time{})
	w.must(err)
	_, err = w.room.FirstPassword(w.ctx(), link, "una contrasenya llarga")
	is(t, err, ErrTicket)
}

// Who comes back by a paper code is told the same of a wrong code and of a
// handle that there is not, for the same work. However many guess, the code on
// paper opens for who has it: the brake is for the network that guesses.
func TestReturningTellsNothing(t *testing.T) {
	spent := map[string][2]int{}
	for _, handle := range []string{"ombra", "ningú", "anna"} {
		w := newTown(t)
		mine, err := w.room.Apply(w.ctx(), Application{Collective: ateneu, Handle: "ombra", Anonymous: true}, homeNetwork)
		w.must(err)
		reads, trips := w.ledger.reads, w.shelf.trips
		_, err = w.room.Return(w.ctx(), handle, "ABCD-EFGH-JKMN-PQRS", mustAddr("192.0.2.9"))
		is(t, err, ErrTicket)
		spent[handle] = [2]int{w.ledger.reads - reads, w.shelf.trips - trips}
		for i := range 100 {
			_, err = w.room.Return(w.ctx(), handle, "", mustAddr(fmt.Sprintf("203.0.113.%d", i)))
			is(t, err, ErrTicket)
		}
		for range 10 {
			_, err = w.room.Return(w.ctx(), handle, "", mustAddr("198.51.100.1"))
			is(t, err, ErrTicket)
		}
		_, err = w.room.Return(w.ctx(), handle, "", mustAddr("198.51.100.1"))
		is(t, err, ErrSlow)
		_, err = w.room.Return(w.ctx(), "ombra", mine.Code, homeNetwork)
		is(t, err, nil)
	}
	if spent["ombra"] != [2]int{1, 0} || spent["ningú"] != spent["ombra"] || spent["anna"] != spent["ombra"] {
		t.Errorf("reads and trips: %v", spent)
	}
}

// Somebody invited by mail has proven the address by coming, and is in by the
// voice of who invited them.
func TestInvitedByMail(t *testing.T) {
	w := newTown(t)
	closed := directory.Settings{Closed: true, Question: map[string]string{"ca": "?"}, Answers: []string{"!"}}
	w.must(w.dir.ChangeCollective(w.ctx(), directory.System(), ateneu, directory.CollectiveChange{Settings: &closed}))
	_, err := w.room.Invite(w.ctx(), manages("anna", ateneu), "marta@example.coop", "Vine!", 1, w.clock.Now().Add(time.Hour))
	w.must(err)
	a := marta(ateneu)
	a.Invitation = ticketIn(t, w.letters.last(t, letter.Invited))
	other := a
	other.Mail = "pau@example.coop"
	_, err = w.room.Apply(w.ctx(), other, homeNetwork)
	is(t, err, Faults{{"mail", "wrong"}})
	other = a
	other.Collective = forn
	_, err = w.room.Apply(w.ctx(), other, homeNetwork)
	is(t, err, ErrTicket)
	got, err := w.room.Apply(w.ctx(), a, homeNetwork)
	w.must(err)
	mine, err := w.room.Application(w.ctx(), got.Ticket)
	if got.Prove || err != nil || !mine.Accepted || mine.Person.ValidatedBy != "anna" || mine.Person.Mail != "marta@example.coop" {
		t.Errorf("%+v, %+v, %v", got, mine, err)
	}
	if w.letters.count(letter.Waiting) != 0 || w.letters.count(letter.Accepted) != 1 {
		t.Error("nobody need decide what is decided")
	}
	a.Handle = "marteta"
	_, err = w.room.Apply(w.ctx(), a, homeNetwork)
	is(t, err, ErrTicket)
}

// Whoever owns an address that was invited is told, and keeps the invitation.
func TestInvitedWithAnAccount(t *testing.T) {
	w := newTown(t)
	w.settle("marta", forn)
	_, err := w.room.Invite(w.ctx(), manages("anna", ateneu), "marta@example.coop", "", 1, w.clock.Now().Add(time.Hour))
	w.must(err)
	a := marta(ateneu)
	a.Handle, a.Invitation = "marteta", ticketIn(t, w.letters.last(t, letter.Invited))
	_, err = w.room.Apply(w.ctx(), a, homeNetwork)
	is(t, err, Faults{{"mail", "taken"}})
	result, err := w.room.Follow(w.ctx(), "marta", a.Invitation)
	if err != nil || result != Done {
		t.Errorf("%q, %v", result, err)
	}
}

// With a link that was handed out the address is proven first; where two must
// agree the invitation is one voice; and it is none when who invited manages
// nothing any more.
func TestInvitedByALink(t *testing.T) {
	for name, test := range map[string]struct {
		before, between func(*town)
		in              bool
		voices          int
	}{
		"one decides":      {in: true},
		"two decide":       {before: func(w *town) { w.together(ateneu, directory.MatterAccepting) }, voices: 1},
		"anna was manager": {between: func(w *town) { w.must(w.dir.RemoveManager(w.ctx(), directory.System(), ateneu, "anna")) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			if test.before != nil {
				test.before(w)
			}
			path, err := w.room.Invite(w.ctx(), manages("anna", ateneu), "", "", 3, w.clock.Now().Add(time.Hour))
			w.must(err)
			a := marta(ateneu)
			_, a.Invitation, _ = strings.Cut(path, "?t=")
			got, err := w.room.Apply(w.ctx(), a, homeNetwork)
			w.must(err)
			if !got.Prove {
				t.Error("the address is nobody's yet")
			}
			if test.between != nil {
				test.between(w)
			}
			follow, err := w.room.Prove(w.ctx(), ticketIn(t, w.letters.last(t, letter.ProveAddress)))
			w.must(err)
			mine, err := w.room.Application(w.ctx(), follow)
			if err != nil || mine.Accepted != test.in {
				t.Fatalf("%+v, %v", mine, err)
			}
			if test.in {
				return
			}
			seen, err := w.room.WaitingCase(w.ctx(), manages("biel", ateneu), mine.Case.ID)
			if err != nil || len(seen.Agreed) != test.voices || w.letters.count(letter.Waiting) == 0 {
				t.Errorf("biel sees %+v, %v", seen, err)
			}
			result, err := w.room.Accept(w.ctx(), manages("biel", ateneu), mine.Case.ID)
			if err != nil || result != Done {
				t.Errorf("%q, %v", result, err)
			}
		})
	}
}

// Of fifty who come at once with a link for seven, seven get in.
func TestAnInvitationForSeven(t *testing.T) {
	w := newTown(t)
	path, err := w.room.Invite(w.ctx(), manages("anna", ateneu), "", "", 7, w.clock.Now().Add(time.Hour))
	w.must(err)
	_, link, _ := strings.Cut(path, "?t=")
	var in atomic.Int64
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			a := Application{Collective: ateneu, Handle: handleOf(i), Anonymous: true, Invitation: link}
			if _, err := w.room.Apply(w.ctx(), a, mustAddr(fmt.Sprintf("10.0.0.%d", i))); err == nil {
				in.Add(1)
			}
		})
	}
	all.Wait()
	if in.Load() != 7 || len(w.ledger.members[ateneu]) != 2+7 || len(w.events(audit.InvitationUsed)) != 7 {
		t.Errorf("%d applied, members %v", in.Load(), w.ledger.members[ateneu])
	}
}

// Nothing that opens a door, and no name or address, is in the audit.
func TestTheAuditHoldsNoSecrets(t *testing.T) {
	w := newTown(t)
	follow, id := w.applied(marta(ateneu))
	w.must(w.room.AskBack(w.ctx(), manages("anna", ateneu), id, "Qui et coneix?"))
	w.must(w.room.Reply(w.ctx(), follow, "La Carla"))
	_, err := w.room.Accept(w.ctx(), manages("anna", ateneu), id)
	w.must(err)
	_, err = w.room.FirstPassword(w.ctx(), ticketIn(t, w.letters.last(t, letter.Accepted)), "una contrasenya llarga")
	w.must(err)
	secrets := []string{"marta", "Puig", "coneix", "Carla", "Hola", "contrasenya", follow, w.letters.last(t, letter.ProveAddress).Code}
	for _, e := range w.audit.kept {
		line := fmt.Sprintf("%+v", e)
		if i := slices.IndexFunc(secrets, func(s string) bool { return strings.Contains(line, s) }); i >= 0 {
			t.Errorf("%q in %s", secrets[i], line)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/ticket"
)

// A walk does at random what people, managers and time can do, in three
// collectives, and looks after each step whether anything happened that the
// machine does not allow, that nobody did, or that nobody was told of.

const walkSteps = 100_000

func TestARandomWalk(t *testing.T) {
	steps := walkSteps
	if testing.Short() {
		steps /= 10
	}
	for _, seed := range []uint64{1, 2} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w := newWalker(newTown(t), seed)
			w.breaks = true
			for range steps / 2 {
				w.walk()
			}
			w.survey()
		})
	}
}

// walker takes the steps and keeps its own book of who vouched for whom.
type walker struct {
	*town
	dice   *rand.Rand
	breaks bool // the directory breaks off now and then
	made   int  // applications, of which each has a handle of its own

	trail []string // the last moves
	done  map[string]int
	seen  map[act]int

	now     scene
	vouched map[directory.CaseID][]directory.PersonID // by whom, in the walker's own book
	lately  map[string]time.Time                      // by manager and collective: the last letter that something waits
	papers  map[directory.PersonID]string             // codes on paper
	tickets []string                                  // of any kind
	links   []string                                  // to applications
	invites []string
}

func newWalker(w *town, seed uint64) *walker {
	k := &walker{
		town: w, dice: rand.New(rand.NewPCG(seed, 7)), done: map[string]int{}, seen: map[act]int{},
		vouched: map[directory.CaseID][]directory.PersonID{}, lately: map[string]time.Time{}, papers: map[directory.PersonID]string{},
	}
	k.now = k.town.look()
	return k
}

// move is something that is done to a town: the same can be done to another.
type move struct {
	name string
	do   func(*town) error
	by   directory.PersonID // a manager who agrees, if it is that
	of   directory.CaseID
}

// walk takes one step and looks at what came of it.
func (k *walker) walk() {
	k.t.Helper()
	m := k.choose()
	events, letters := len(k.audit.kept), len(k.letters.sent)
	broken := k.breaks && k.dice.IntN(20) == 0
	if broken {
		k.ledger.breaksAfter = 1 + k.dice.IntN(5)
	}
	err := m.do(k.town)
	if k.ledger != nil {
		k.ledger.breaksAfter = 0
	}
	k.note(m, err)
	k.vouch(m, err)
	after := k.look()
	k.check(after, k.audit.kept[events:], k.letters.sent[letters:], broken)
	k.now = after
	k.gather(k.letters.sent[letters:])
}

func (k *walker) note(m move, err error) {
	line := k.clock.Now().Format(time.RFC3339) + " " + m.name
	if err != nil {
		line += ": " + err.Error()
	} else {
		k.done[strings.Fields(m.name)[0]]++
	}
	k.trail = append(k.trail, line)
	if len(k.trail) > 25 {
		k.trail = k.trail[1:]
	}
}

func (k *walker) wrong(format string, args ...any) {
	k.t.Helper()
	k.t.Fatalf("%s\n\nafter\n%s", fmt.Sprintf(format, args...), strings.Join(k.trail, "\n"))
}

// vouch notes a manager's voice. It counts if the write came through, also
// where what follows broke off.
func (k *walker) vouch(m move, err error) {
	if m.by != "" && (err == nil || errors.Is(err, directory.ErrUnavailable)) {
		k.vouched[m.of] = append(k.vouched[m.of], m.by)
	}
}

// gather keeps what people find in their letters.
func (k *walker) gather(sent []letter.Letter) {
	for _, l := range sent {
		_, t, found := strings.Cut(l.Path, "?t=")
		switch {
		case !found:
		case l.Kind == letter.Invited:
			k.invites = lastOf(append(k.invites, t), 10)
		case strings.HasPrefix(l.Path, "/join/application"):
			k.links = lastOf(append(k.links, t), 60)
		default:
			k.tickets = lastOf(append(k.tickets, t), 40)
		}
	}
}

func lastOf(list []string, n int) []string { return list[max(0, len(list)-n):] }

func pick[T any](k *walker, list []T) T {
	var none T
	if len(list) == 0 {
		return none
	}
	return list[k.dice.IntN(len(list))]
}

// choose makes up a move. Most are sensible and some are not: by strangers, by
// those who managed once, on what is over.
func (k *walker) choose() move {
	moves := []func() move{
		k.apply, k.apply, k.apply, k.prove, k.prove, k.prove, k.proveByCode, k.sendAgain,
		k.accept, k.accept, k.accept, k.accept, k.accept, k.askBack, k.askBack, k.refuse, k.pass,
		k.reply, k.reply, k.withdraw, k.password, k.password, k.password, k.comeBack,
		k.ask, k.ask, k.askHome, k.replyAsked, k.takeBack,
		k.invite, k.follow, k.suspend, k.restore, k.expel, k.appoint, k.appoint, k.dismiss, k.leave, k.retire, k.revive,
		k.rule, k.rule, k.time, k.time, k.time, k.time, k.sweep, k.sweep,
	}
	if len(k.now.people) > 60 {
		return k.crowded()
	}
	return pick(k, moves)()
}

// crowded lets people go, so that a long walk does not become a slow one.
func (k *walker) crowded() move {
	var free []directory.PersonID
	for id, p := range k.now.people {
		if p.State == directory.Active && !k.now.managesAnything(id) {
			free = append(free, id)
		}
	}
	if slices.Sort(free); len(free) == 0 || k.dice.IntN(3) == 0 {
		return move{name: "weeks pass", do: func(w *town) error { w.clock.pass(15 * 24 * time.Hour); return w.room.Sweep(w.ctx()) }}
	}
	id := pick(k, free)
	return move{name: "erase " + string(id), do: func(w *town) error { return w.room.Erase(w.ctx(), directory.System(), id) }}
}

func (k *walker) somewhere() directory.CollectiveName {
	return pick(k, []directory.CollectiveName{ateneu, forn, horta})
}

// anybody is one of the people; more often one who manages something.
func (k *walker) manager(of directory.CollectiveName) directory.PersonID {
	if k.dice.IntN(8) == 0 {
		return k.anybody()
	}
	return pick(k, k.now.managers[of])
}

func (k *walker) anybody() directory.PersonID { return pick(k, k.now.ids) }

func (k *walker) member(of directory.CollectiveName) directory.PersonID {
	if k.dice.IntN(8) == 0 {
		return k.anybody()
	}
	return pick(k, k.now.members[of])
}

// some case of a collective, or, seldom, of another.
func (k *walker) someCase() (directory.CollectiveName, directory.CaseID) {
	c := pick(k, k.now.cases)
	if k.dice.IntN(10) == 0 {
		return k.somewhere(), c.ID
	}
	return c.Collective, c.ID
}

func (k *walker) apply() move {
	k.made++
	a := Application{Collective: k.somewhere(), Handle: directory.Handle(fmt.Sprintf("p%d", k.made))}
	switch k.dice.IntN(6) {
	case 0, 1:
		a.Anonymous = true
	case 2:
		a.Mail = pick(k, []string{"anna@example.coop", "carla@example.coop", "p1@example.coop", fmt.Sprintf("p%d@example.coop", k.made-1)})
	case 3:
		a.Mail, a.Invitation = fmt.Sprintf("p%d@example.coop", k.made), pick(k, k.invites)
		if k.dice.IntN(2) == 0 {
			a.Mail = "friend@example.coop" // as in the invitations
		}
	default:
		a.Mail = fmt.Sprintf("p%d@example.coop", k.made)
	}
	from := netip.AddrFrom4([4]byte{10, 0, byte(k.made >> 8), byte(k.made)})
	return move{name: fmt.Sprintf("apply %s to %s", a.Handle, a.Collective), do: func(w *town) error {
		got, err := w.room.Apply(w.ctx(), a, from)
		if err == nil && w == k.town {
			k.links = lastOf(append(k.links, got.Ticket), 60)
			if got.Code != "" {
				k.papers[directory.PersonID(a.Handle)] = got.Code
			}
		}
		return err
	}}
}

func (k *walker) prove() move {
	t := pick(k, k.tickets)
	return move{name: "prove", do: func(w *town) error {
		link, err := w.room.Prove(w.ctx(), t)
		if err == nil && w == k.town {
			k.links = lastOf(append(k.links, link), 60)
		}
		return err
	}}
}

// proveByCode types the right code half of the time.
func (k *walker) proveByCode() move {
	link := pick(k, k.links)
	right := k.dice.IntN(2) == 0
	return move{name: "prove by code", do: func(w *town) error {
		code := "00000000"
		if mine, err := w.room.Application(w.ctx(), link); err == nil && right {
			p := mine.Person
			code = w.room.c.Tickets.Code(ticket.ProveAddress, p.ID, p.Pending, p.Expires)
		}
		return w.types(link, code)
	}}
}

func (k *walker) sendAgain() move {
	link := pick(k, k.links)
	return move{name: "send again", do: func(w *town) error { return w.room.SendAgain(w.ctx(), link) }}
}

func (k *walker) accept() move {
	name, id := k.someCase()
	by := By{Person: k.manager(name), Collective: name}
	return move{name: fmt.Sprintf("accept %s as %s in %s", id, by.Person, name), by: by.Person, of: id, do: func(w *town) error {
		_, err := w.room.Accept(w.ctx(), by, id)
		return err
	}}
}

func (k *walker) askBack() move {
	name, id := k.someCase()
	by := By{Person: k.manager(name), Collective: name}
	return move{name: fmt.Sprintf("ask %s as %s in %s", id, by.Person, name), do: func(w *town) error { return w.room.AskBack(w.ctx(), by, id, "Qui ets?") }}
}

func (k *walker) refuse() move {
	name, id := k.someCase()
	by := By{Person: k.manager(name), Collective: name}
	return move{name: fmt.Sprintf("refuse %s as %s in %s", id, by.Person, name), do: func(w *town) error { return w.room.Refuse(w.ctx(), by, id, "No pot ser") }}
}

func (k *walker) pass() move {
	name, id := k.someCase()
	by, to := By{Person: k.manager(name), Collective: name}, k.somewhere()
	return move{name: fmt.Sprintf("pass %s as %s from %s to %s", id, by.Person, name, to), do: func(w *town) error { return w.room.Pass(w.ctx(), by, id, to) }}
}

func (k *walker) reply() move {
	link := pick(k, k.links)
	return move{name: "reply", do: func(w *town) error { return w.room.Reply(w.ctx(), link, "Soc jo") }}
}

func (k *walker) withdraw() move {
	link := pick(k, k.links)
	return move{name: "withdraw", do: func(w *town) error { return w.room.Withdraw(w.ctx(), link) }}
}

func (k *walker) password() move {
	t := pick(k, append(slices.Clone(k.tickets), k.links...))
	word := pick(k, []string{"una contrasenya llarga", "una altra ben llarga", "curta"})
	return move{name: "password " + word, do: func(w *town) error { _, err := w.room.FirstPassword(w.ctx(), t, word); return err }}
}

func (k *walker) comeBack() move {
	handle := pick(k, slices.Sorted(keysOf(k.papers)))
	code := k.papers[handle]
	from := netip.AddrFrom4([4]byte{10, 1, byte(k.dice.IntN(256)), byte(k.dice.IntN(256))})
	return move{name: "return " + string(handle), do: func(w *town) error {
		t, err := w.room.Return(w.ctx(), string(handle), code, from)
		if err == nil && w == k.town {
			k.links = lastOf(append(k.links, t), 60)
		}
		if errors.Is(err, ErrTicket) {
			delete(k.papers, handle)
		}
		return err
	}}
}

func (k *walker) ask() move {
	id, to := k.anybody(), k.somewhere()
	return move{name: fmt.Sprintf("wish of %s for %s", id, to), do: func(w *town) error { return w.room.Ask(w.ctx(), id, to, "Em deixeu?") }}
}

func (k *walker) askHome() move {
	to := k.somewhere()
	id := k.member(to)
	return move{name: fmt.Sprintf("home of %s in %s", id, to), do: func(w *town) error { return w.room.AskHome(w.ctx(), id, to) }}
}

func (k *walker) replyAsked() move {
	c := pick(k, k.now.cases)
	return move{name: "answer to " + string(c.ID), do: func(w *town) error {
		return w.room.ReplyAsked(w.ctx(), c.Person, c.Collective, c.ID, "Perquè sí")
	}}
}

func (k *walker) takeBack() move {
	c := pick(k, k.now.cases)
	return move{name: "take back " + string(c.ID), do: func(w *town) error { return w.room.TakeBack(w.ctx(), c.Person, c.Collective, c.ID) }}
}

func (k *walker) invite() move {
	name := k.somewhere()
	by, uses := By{Person: k.manager(name), Collective: name}, 1+k.dice.IntN(3)
	mail := pick(k, []string{"", "friend@example.coop"})
	until := k.clock.Now().Add(time.Duration(1+k.dice.IntN(500)) * time.Hour)
	return move{name: fmt.Sprintf("invite as %s to %s", by.Person, name), do: func(w *town) error {
		path, err := w.room.Invite(w.ctx(), by, mail, "Vine", uses, until)
		if _, t, found := strings.Cut(path, "?t="); found && w == k.town {
			k.invites = lastOf(append(k.invites, t), 10)
		}
		return err
	}}
}

func (k *walker) follow() move {
	id, t := k.anybody(), pick(k, k.invites)
	return move{name: "follow as " + string(id), do: func(w *town) error { _, err := w.room.Follow(w.ctx(), id, t); return err }}
}

func (k *walker) act(name string, do func(*town, By, directory.PersonID) error) move {
	in := k.somewhere()
	by, id := By{Person: k.manager(in), Collective: in}, k.member(in)
	return move{name: fmt.Sprintf("%s %s as %s in %s", name, id, by.Person, in), do: func(w *town) error { return do(w, by, id) }}
}

func (k *walker) suspend() move {
	until := time.Time{}
	if k.dice.IntN(2) == 0 {
		until = k.clock.Now().Add(time.Duration(1+k.dice.IntN(100)) * time.Hour)
	}
	return k.act("suspend", func(w *town, by By, id directory.PersonID) error {
		_, err := w.room.Suspend(w.ctx(), by, id, "Soroll", until)
		return err
	})
}

func (k *walker) restore() move {
	return k.act("restore", func(w *town, by By, id directory.PersonID) error { return w.room.Restore(w.ctx(), by, id) })
}

func (k *walker) expel() move {
	return k.act("expel", func(w *town, by By, id directory.PersonID) error {
		_, err := w.room.Expel(w.ctx(), by, id, "Prou")
		return err
	})
}

func (k *walker) appoint() move {
	return k.act("appoint", func(w *town, by By, id directory.PersonID) error {
		_, err := w.room.Appoint(w.ctx(), by, id)
		return err
	})
}

func (k *walker) dismiss() move {
	return k.act("dismiss", func(w *town, by By, id directory.PersonID) error {
		if len(k.now.managers[by.Collective]) > 0 {
			id = k.now.managers[by.Collective][0]
		}
		_, err := w.room.Dismiss(w.ctx(), by, id)
		return err
	})
}

func (k *walker) leave() move {
	name := k.somewhere()
	id := k.member(name)
	return move{name: fmt.Sprintf("leave of %s from %s", id, name), do: func(w *town) error { return w.room.Leave(w.ctx(), id, name) }}
}

func (k *walker) retire() move {
	id := k.anybody()
	return move{name: "retire " + string(id), do: func(w *town) error { _, _, err := w.room.Retire(w.ctx(), id); return err }}
}

func (k *walker) revive() move {
	t := pick(k, k.tickets)
	return move{name: "revive", do: func(w *town) error { _, err := w.room.Revive(w.ctx(), t); return err }}
}

// rule has a manager change what two decide, and how long things wait.
func (k *walker) rule() move {
	name := k.somewhere()
	by, all := By{Person: k.manager(name), Collective: name}, matters()
	s := directory.Settings{LapseDays: k.dice.IntN(20), Closed: k.dice.IntN(10) == 0}
	s.Together = slices.DeleteFunc(all, func(directory.Matter) bool { return k.dice.IntN(3) == 0 })
	return move{name: fmt.Sprintf("rule of %s by %s: %v", name, by.Person, s), do: func(w *town) error {
		_, err := w.room.Configure(w.ctx(), by, directory.CollectiveChange{Settings: &s})
		return err
	}}
}

func (k *walker) time() move {
	d := time.Duration(1+k.dice.IntN(120)) * time.Minute
	if k.dice.IntN(6) == 0 {
		d = time.Duration(1+k.dice.IntN(90)) * time.Hour
	}
	return move{name: "time passes", do: func(w *town) error { w.clock.pass(d); return nil }}
}

func (k *walker) sweep() move {
	return move{name: "sweep", do: func(w *town) error { return w.room.Sweep(w.ctx()) }}
}

// survey makes sure that the walk went everywhere: one that refuses all it is
// asked proves nothing.
func (k *walker) survey() {
	for _, s := range machine {
		if k.seen[s.act] == 0 {
			k.t.Errorf("the walk never saw that somebody %s", s.act)
		}
	}
	k.t.Logf("%d letters, %d events, done: %v", len(k.letters.sent), len(k.audit.kept), k.done)
	for _, kind := range []audit.Kind{audit.PersonSuspended, audit.MemberRemoved, audit.ManagerAdded, audit.InvitationUsed, audit.PersonErased} {
		if len(k.events(kind)) == 0 {
			k.t.Errorf("nothing of kind %q happened", kind)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/ticket"
)

// How long things wait.
const (
	proveFor  = retention.Unproven // an address, to be proven
	lapseFor  = retention.Lapse    // a decision, where the collective says nothing
	followFor = retention.LapseMax // the link to one's own application
	useFor    = 7 * retention.Day  // the link to a first password
	claimFor  = 5 * time.Minute    // a decision, to be carried out
)

// retries is how often something is read again because somebody else changed
// it meanwhile. Of many who decide at once all but the first find it decided.
const retries = 5

// now is to the second, as the directory keeps time.
func (m *Room) now() time.Time { return m.c.Now().UTC().Truncate(time.Second) }

func lapse(in directory.Collective) time.Duration {
	days := time.Duration(in.Settings.LapseDays) * retention.Day
	return min(cmp.Or(days, lapseFor), retention.LapseMax)
}

// lapsed reports whether the time of a case is over. From then on nobody acts
// on it: whoever ends a case lets its time be over first, so that nobody
// decides what is about to disappear.
func lapsed(c directory.Case, now time.Time) bool {
	return !c.Expires.IsZero() && !now.Before(c.Expires)
}

// notThere makes of "not found" what is said of everything that is not there
// for who asks.
func notThere(err error) error {
	if errors.Is(err, directory.ErrNotFound) {
		return ErrNotThere
	}
	return err
}

// newID makes an id for a person or a case.
func (m *Room) newID() (string, error) {
	id, err := uuid.NewRandomFromReader(m.c.Rand)
	if err != nil {
		return "", fmt.Errorf("membership: no randomness: %w", err)
	}
	return id.String(), nil
}

// matter is a case and whom it is about, as the directory has them now.
type matter struct {
	directory.Case
	about directory.Person
}

// read reads a case of a collective, wherever it is in its life, and whom it is
// about. Of settings that is nobody.
func (m *Room) read(ctx context.Context, name directory.CollectiveName, id directory.CaseID) (matter, error) {
	c, err := m.c.Source.Case(ctx, name, id)
	if err != nil {
		return matter{}, notThere(err)
	}
	found := matter{Case: c}
	if c.Kind == directory.CaseSettings {
		return found, nil
	}
	found.about, err = m.c.Source.Person(ctx, c.Person)
	return found, notThere(err)
}

// step finds the step that may be taken in a case now.
func (m *Room) step(c matter, a act, who role) (step, error) {
	from := stageOf(c.Case, c.about)
	if from == unproven && who == manager || lapsed(c.Case, m.c.Now()) && who != clock {
		return step{}, ErrNotThere
	}
	s, found := next(c.Kind, from, a, who)
	if !found {
		return step{}, ErrDone
	}
	return s, nil
}

// occasion is a step that was taken.
type occasion struct {
	step
	matter
	actor  directory.PersonID // empty: whom it is about
	text   string             // what was said
	reason string             // in the audit; empty: the kind of the case
}

// record keeps what happened: the event, the letter, and what the managers are
// to hear. It never fails what is done already.
func (m *Room) record(ctx context.Context, o occasion) {
	e := audit.Event{Kind: o.event, Person: o.Person, Collective: o.Collective, Reason: cmp.Or(o.reason, string(o.Kind))}
	if o.hidden() {
		e.Reason = audit.Unproven
	}
	if o.Kind == directory.CaseSettings {
		e.Person = "" // it is about nobody
	}
	if o.actor != e.Person {
		e.Actor = o.actor
	}
	m.c.Audit.Write(ctx, e)
	if o.letter != "" {
		m.write(ctx, o)
	}
	if o.wakes {
		m.wake(ctx, o.Collective)
	}
}

func (m *Room) write(ctx context.Context, o occasion) {
	l := letter.Letter{Kind: o.letter, To: o.about, Collective: o.Collective, Text: o.text}
	switch o.letter {
	case letter.ProveAddress:
		l = m.proof(o.about)
	case letter.Question:
		l.Path = m.pathOf(o.matter)
	case letter.Accepted:
		l.Path, l.Until = m.firstPassword(o.about)
	case letter.Passed:
		l.Collective, l.Path = directory.CollectiveName(o.reason), m.pathOf(o.matter)
	case letter.Opposed:
		by, err := m.c.Source.Person(ctx, o.By)
		if err != nil {
			return // the proposer is gone, and nobody else waits for an answer
		}
		l.To, l.Name = by, o.about.Name
	}
	m.c.Letters.Write(ctx, l)
}

// pathOf is where somebody sees what they asked for.
func (m *Room) pathOf(c matter) string {
	if c.Kind == directory.CaseRegister {
		return "/join/application?t=" + m.follow(c.about)
	}
	return "/account/collectives"
}

// follow issues the link to one's own application. It is bound to the address
// that is proven, none at first: whoever typed an address has one until its owner
// proves it, who is then given another.
func (m *Room) follow(p directory.Person) string {
	return m.c.Tickets.Issue(ticket.Application, p.ID, p.Mail, m.now().Add(followFor))
}

// firstPassword issues the link that ends the way in. It is bound to what a link
// to a new password is: the epoch, which its use raises, and the address.
func (m *Room) firstPassword(p directory.Person) (path string, until time.Time) {
	until = m.now().Add(useFor)
	return "/join/password?t=" + m.c.Tickets.Issue(ticket.FirstPassword, p.ID, login.ResetBound(p), until), until
}

// proof is the letter that asks somebody to prove the address of an
// application. Link and code are good as long as it waits.
func (m *Room) proof(p directory.Person) letter.Letter {
	t := m.c.Tickets.Issue(ticket.ProveAddress, p.ID, p.Pending, p.Expires)
	return letter.Letter{
		Kind: letter.ProveAddress, To: p, Address: p.Pending, Collective: p.Primary, Until: p.Expires,
		Path: "/join/prove?t=" + t, Code: m.c.Tickets.Code(ticket.ProveAddress, p.ID, p.Pending, p.Expires),
	}
}

// known is the letter to the owner of an address with which somebody wanted to
// join, although it has an account or an application. The person in it is the
// owner, and nothing of what was typed.
func (m *Room) known(owner directory.Person, at directory.CollectiveName) letter.Letter {
	l := letter.Letter{Kind: letter.KnownAddress, To: owner, Collective: at, Path: "/login"}
	if owner.State == directory.PendingApproval {
		l.Path = "/join/application?t=" + m.follow(owner)
	}
	return l
}

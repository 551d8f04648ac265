// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

// So many letters an hour go to an address whoever types it, and so many
// applications with it wait at once: both are seen in the one search that there
// is.
const (
	lettersAnHour = 3
	sameAddress   = 20
)

// Beyond lettersAnHour each network has one letter to an address written, so
// that whoever types somebody else's again and again keeps no letter from them.
var (
	letterFrom = limit{"join-from", 1, time.Hour}    // from one network to one address
	lettersTo  = limit{"join-letter", 20, time.Hour} // to one address from all of them
)

// anonymousMax is how many without an address wait for one collective at once:
// nothing else would end a flood of them in the managers' list. Whom a manager
// invited is not among those who find it full.
const anonymousMax = 100

// address is one that somebody gave: who else has given it, or has proven it,
// and from where it was typed.
type address struct {
	others []directory.Person
	from   netip.Addr
}

func sharing(found []directory.Person, given string, from netip.Addr) address {
	stranger := func(p directory.Person) bool {
		return given == "" || !strings.EqualFold(p.Pending, given) && !owns(p, given)
	}
	return address{slices.DeleteFunc(slices.Clone(found), stranger), from}
}

// unproven are the applications that wait for the address to be proven. Who has
// proven it is never among them: what is done must not tell whether there is one.
func (a address) unproven() []directory.Person {
	return slices.DeleteFunc(slices.Clone(a.others), func(p directory.Person) bool {
		return p.State != directory.PendingConfirmation
	})
}

// lately counts the applications of the last hour.
func (a address) lately(now time.Time) int {
	n := 0
	for _, p := range a.unproven() {
		if now.Sub(p.Created) < time.Hour {
			n++
		}
	}
	return n
}

func owns(p directory.Person, address string) bool {
	return slices.ContainsFunc(p.Verified, func(v string) bool { return strings.EqualFold(v, address) })
}

// owner is who has proven an address.
func owner(found []directory.Person, address string) *directory.Person {
	for i := range found {
		if owns(found[i], address) {
			return &found[i]
		}
	}
	return nil
}

// makeRoom keeps what waits within bounds. Of those with one address the oldest
// goes, and never the newest: that may be the owner's.
func (m *Room) makeRoom(ctx context.Context, a Application, in directory.Collective, invited directory.Invitation, shared address) error {
	if a.Anonymous {
		return m.notTooMany(ctx, in.Name, invited)
	}
	waiting := shared.unproven()
	if len(waiting) < sameAddress {
		return nil
	}
	slices.SortFunc(waiting, func(p, q directory.Person) int { return p.Created.Compare(q.Created) })
	for _, p := range waiting[:len(waiting)-sameAddress+1] {
		if err := m.letGo(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// letGo ends an application whose address nobody has proven yet; one that
// somebody is just proving stays.
func (m *Room) letGo(ctx context.Context, p directory.Person) error {
	c, err := m.read(ctx, p.Primary, directory.CaseID(p.ID))
	if err == nil && stageOf(c.Case, c.about) == unproven {
		err = m.end(ctx, directory.System(), c, occasion{matter: c, actor: audit.System}, lapses, clock)
	}
	for _, gone := range []error{ErrNotThere, ErrDone, directory.ErrConflict} {
		if errors.Is(err, gone) {
			return nil
		}
	}
	return err
}

func (m *Room) notTooMany(ctx context.Context, in directory.CollectiveName, invited directory.Invitation) error {
	if invited.ID != "" {
		return nil
	}
	waiting, err := m.registered(ctx, in)
	if err != nil {
		return err
	}
	n := 0
	for _, p := range waiting {
		if p.Anonymous {
			n++
		}
	}
	if n >= anonymousMax {
		return ErrSlow
	}
	return nil
}

// writeToAddress writes to the address of an application: how to prove it, or,
// if somebody has it, that somebody wanted to join with it.
func (m *Room) writeToAddress(ctx context.Context, c matter, shared address) {
	if err := m.oneMore(ctx, c.about.Pending, shared); err != nil {
		if !errors.Is(err, ErrSlow) {
			m.c.Logger.WarnContext(ctx, "a letter was not written", "error", err)
		}
		return
	}
	if p := owner(shared.others, c.about.Pending); p != nil {
		m.c.Letters.Write(ctx, m.known(*p, c.Collective))
		return
	}
	m.c.Letters.Write(ctx, m.proof(c.about))
}

// oneMore reports whether an address gets one more letter now, or [ErrSlow].
func (m *Room) oneMore(ctx context.Context, to string, shared address) error {
	if shared.lately(m.c.Now()) < lettersAnHour {
		return nil
	}
	if err := m.count(ctx, letterFrom, to+" "+network(shared.from).String()); err != nil {
		return err
	}
	return m.count(ctx, lettersTo, to)
}

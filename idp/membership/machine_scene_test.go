// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"iter"
	"maps"
	"slices"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
)

// scene is what the directory has at one moment.
type scene struct {
	people   map[directory.PersonID]directory.Person
	ids      []directory.PersonID // of who has an account
	cases    []directory.Case
	byID     map[directory.CaseID]directory.Case
	members  map[directory.CollectiveName][]directory.PersonID
	managers map[directory.CollectiveName][]directory.PersonID
	rules    map[directory.CollectiveName]directory.Collective
}

func keysOf[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

// look reads it all.
func (w *town) look() scene {
	w.t.Helper()
	s := scene{
		people: map[directory.PersonID]directory.Person{}, byID: map[directory.CaseID]directory.Case{},
		members: map[directory.CollectiveName][]directory.PersonID{}, managers: map[directory.CollectiveName][]directory.PersonID{},
		rules: map[directory.CollectiveName]directory.Collective{},
	}
	for p, err := range w.dir.ListPeople(w.ctx(), directory.PersonFilter{}) {
		w.must(err)
		s.people[p.ID] = p
		if p.State != directory.PendingApproval && p.State != directory.PendingConfirmation {
			s.ids = append(s.ids, p.ID)
		}
	}
	slices.Sort(s.ids)
	for c, err := range w.dir.ListCases(w.ctx(), directory.CaseFilter{}) {
		w.must(err)
		s.cases = append(s.cases, c)
		s.byID[c.ID] = c
	}
	for name := range founders() {
		c, err := w.dir.Collective(w.ctx(), name)
		w.must(err)
		s.rules[name], s.managers[name] = c, c.Managers
		s.members[name], err = w.dir.MemberIDs(w.ctx(), name)
		w.must(err)
	}
	return s
}

func (s scene) managesAnything(id directory.PersonID) bool {
	for _, ids := range s.managers {
		if slices.Contains(ids, id) {
			return true
		}
	}
	return false
}

// stand is where a case, or what became of it, stands.
func (s scene) stand(c directory.Case) stage {
	if found, open := s.byID[c.ID]; open {
		return stageOf(found, s.people[c.Person])
	}
	if p, there := s.people[c.Person]; there && c.Kind == directory.CaseRegister {
		return stageOfAccount(p)
	}
	return gone
}

// check holds what happened in one step against the machine.
func (k *walker) check(after scene, events []audit.Event, letters []letter.Letter, broken bool) {
	k.t.Helper()
	for _, c := range k.now.cases {
		k.checkCase(c, k.now.stand(c), after, events, letters)
	}
	for _, c := range after.cases {
		if _, before := k.now.byID[c.ID]; !before {
			k.checkCase(c, nobody, after, events, letters)
		}
	}
	for id, p := range k.now.people {
		k.checkAccount(p, after.people[id], events)
		if q := after.people[id]; p.State == directory.Active && q.State == directory.Active && p.Epoch == 0 && q.Epoch > 0 && !has(events, audit.PersonSuspended, id) {
			k.checkCase(registration(p).Case, accepted, after, events, letters)
		}
	}
	for id, p := range after.people {
		if _, before := k.now.people[id]; !before && p.State == directory.Active { // by invitation, in one step
			k.checkCase(registration(p).Case, nobody, after, events, letters)
		}
	}
	if !broken {
		k.checkGroups(after, events)
	}
	k.checkWorld(after)
	k.checkDigests(letters)
}

// checkCase: from where it stood to where it stands there is a way of steps,
// each with its event, by whom it may be done, and its letter.
func (k *walker) checkCase(c directory.Case, from stage, after scene, events []audit.Event, letters []letter.Letter) {
	k.t.Helper()
	to := after.stand(c)
	now, open := after.byID[c.ID]
	moved := open && now.Collective != c.Collective
	if from == to && !moved {
		return
	}
	if to == gone && overtaken(c, after, events) {
		return
	}
	if from == unproven && to == gone || from != unproven {
		k.checkVouched(c, from, to, after)
	}
	if !k.way(c, from, to, moved, after, events, letters) {
		k.wrong("%s %s of %s: from %q to %q (moved: %v) with events %+v and letters %v", c.Kind, c.ID, c.Person, from, to, moved, events, kindsOf(letters))
	}
}

// overtaken: a case ends without a step of its own with whom it is about, or
// who proposed it; by an invitation to what was wished; and by a newer one of
// the same.
func overtaken(c directory.Case, after scene, events []audit.Event) bool {
	if has(events, audit.PersonErased, c.Person) || has(events, audit.PersonErased, c.By) {
		return true
	}
	if c.Kind == directory.CaseJoin && has(events, audit.MemberAdded, c.Person) && slices.Contains(after.members[c.Collective], c.Person) {
		return true
	}
	if c.Kind == directory.CaseSettings && has(events, audit.CollectiveChanged, "") {
		return true // who proposed it changes the rules again, and broke off before the newer proposal
	}
	return has(events, audit.CaseOpened, "") && slices.ContainsFunc(after.cases, func(o directory.Case) bool {
		return o.Kind == c.Kind && o.Person == c.Person && o.Collective == c.Collective && o.ID != c.ID
	})
}

// way looks for steps that lead from one stage to another.
func (k *walker) way(c directory.Case, from, to stage, moved bool, after scene, events []audit.Event, letters []letter.Letter) bool {
	opened := from == nobody && slices.Contains(proposal, c.Kind) && has(events, audit.CaseOpened, "") // by the act that is proposed
	reached := []stage{from}
	if opened {
		reached = append(reached, waiting)
	}
	arrived := from == to && !moved
	for i := 0; i < len(reached); i++ {
		for _, s := range machine {
			if !slices.Contains(s.kinds, c.Kind) || !slices.Contains(s.from, reached[i]) || !k.happened(s, c, after, events, letters) {
				continue
			}
			k.seen[s.act]++
			arrived = arrived || s.to == to || s.to == settled && to == gone || moved && to == asked // broken off before the question was left behind
			if !slices.Contains(reached, s.to) {
				reached = append(reached, s.to)
			}
		}
	}
	return arrived || opened && to == waiting
}

// happened: the event is there, with the right actor, and the letter.
func (k *walker) happened(s step, c directory.Case, after scene, events []audit.Event, letters []letter.Letter) bool {
	did := slices.ContainsFunc(events, func(e audit.Event) bool {
		if e.Kind != s.event || e.Person != c.Person && c.Kind != directory.CaseSettings {
			return false
		}
		switch s.who {
		case subject:
			return e.Actor == ""
		case clock:
			return e.Actor == audit.System
		}
		return slices.Contains(k.now.managers[e.Collective], e.Actor) || slices.Contains(after.managers[e.Collective], e.Actor)
	})
	if !did || s.letter == "" {
		return did
	}
	to := c.Person
	if s.letter == letter.Opposed {
		to = c.By
		_, there := after.people[to]
		did = !there // whoever is gone needs none
	} else if s.letter == letter.ProveAddress {
		return true // to the owner of the address, and no more than a few: tested for itself
	} else {
		did = false
	}
	return did || slices.ContainsFunc(letters, func(l letter.Letter) bool { return l.Kind == s.letter && l.To.ID == to })
}

func has(events []audit.Event, kind audit.Kind, about directory.PersonID) bool {
	return slices.ContainsFunc(events, func(e audit.Event) bool {
		return e.Kind == kind && (about == "" || e.Person == about) && (e.Actor != "" || e.Person != "")
	})
}

func kindsOf(letters []letter.Letter) []letter.Kind {
	var kinds []letter.Kind
	for _, l := range letters {
		kinds = append(kinds, l.Kind)
	}
	return kinds
}

// checkVouched: whoever is taken in was agreed on by enough who manage that
// collective, as the walker has it in its own book and not in the directory's.
func (k *walker) checkVouched(c directory.Case, from, to stage, after scene) {
	k.t.Helper()
	if c.Kind != directory.CaseRegister || to != accepted {
		return
	}
	p := after.people[c.Person]
	name := p.Primary
	counting := map[directory.PersonID]bool{}
	for _, id := range append(k.vouched[c.ID], c.Agreed...) { // an invitation is a voice in the case from the beginning
		if slices.Contains(k.now.managers[name], id) {
			counting[id] = true
		}
	}
	if from == nobody { // by invitation in one step
		counting[p.ValidatedBy] = slices.Contains(k.now.managers[name], p.ValidatedBy)
	}
	want := min(needed(c.Kind, k.now.rules[name]), needed(c.Kind, after.rules[name]))
	if !counting[p.ValidatedBy] || len(counting) < want {
		k.wrong("%s is in, by %s, and %d of %d managers of %s vouched: %v", p.Handle, p.ValidatedBy, len(counting), want, name, k.vouched[c.ID])
	}
}

// checkAccount: an account changes its state by somebody, and with an event.
func (k *walker) checkAccount(before, after directory.Person, events []audit.Event) {
	k.t.Helper()
	if before.State == after.State || before.State == directory.PendingApproval || before.State == directory.PendingConfirmation {
		return
	}
	why := map[directory.State][]audit.Kind{
		directory.Suspended: {audit.PersonSuspended, audit.EraseCancelled}, directory.Active: {audit.PersonRestored, audit.EraseCancelled},
		directory.Retired: {audit.EraseAsked}, "": {audit.PersonErased},
	}[after.State]
	for _, kind := range why {
		if has(events, kind, before.ID) {
			return
		}
	}
	if after.State == directory.Retired && !after.Expires.After(k.clock.Now()) {
		return // being erased, and broken off; the sweep goes on with it
	}
	k.wrong("%s went from %q to %q with events %+v", before.Handle, before.State, after.State, events)
}

// checkGroups: nobody comes into a group or leaves it without an event.
func (k *walker) checkGroups(after scene, events []audit.Event) {
	k.t.Helper()
	differ := func(what string, before, after []directory.PersonID, in, out []audit.Kind) {
		for _, id := range append(slices.Clone(before), after...) {
			is, was := slices.Contains(after, id), slices.Contains(before, id)
			why := in
			if was {
				why = out
			}
			if is != was && !slices.ContainsFunc(why, func(kind audit.Kind) bool { return has(events, kind, id) }) {
				k.wrong("%s %s: %v before and %v now, with events %+v", what, id, was, is, events)
			}
		}
	}
	for name := range founders() {
		differ("member", k.now.members[name], after.members[name],
			[]audit.Kind{audit.CaseAccepted, audit.MemberAdded}, []audit.Kind{audit.MemberRemoved, audit.MemberLeft, audit.PersonErased, audit.CaseLapsed})
		differ("manager", k.now.managers[name], after.managers[name],
			[]audit.Kind{audit.ManagerAdded}, []audit.Kind{audit.ManagerRemoved, audit.PersonErased})
	}
}

// checkWorld: what holds at every moment.
func (k *walker) checkWorld(after scene) {
	k.t.Helper()
	addresses := map[string]directory.Handle{}
	for id, p := range after.people {
		if _, founder := k.founder(id); !founder && p.MayEnter(k.clock.Now()) && p.ValidatedBy == "" {
			k.wrong("%s is in, and nobody vouched", p.Handle)
		}
		for _, address := range p.Verified {
			if other, twice := addresses[address]; twice {
				k.wrong("%s and %s have one address", p.Handle, other)
			}
			addresses[address] = p.Handle
		}
	}
	for name, ids := range after.members {
		for _, id := range ids {
			p := after.people[id]
			half := p.State == directory.PendingApproval && len(k.vouched[directory.CaseID(id)])+len(after.byID[directory.CaseID(id)].Agreed) > 0
			if p.ID == "" || p.State == directory.PendingConfirmation || p.State == directory.PendingApproval && !half {
				k.wrong("%q of state %q is a member of %s", id, p.State, name)
			}
		}
	}
	for name, ids := range after.managers {
		if len(ids) == 0 {
			k.wrong("nobody manages %s", name)
		}
	}
}

// founder reports whether somebody was there from the beginning.
func (k *walker) founder(id directory.PersonID) (string, bool) {
	for _, handles := range founders() {
		if slices.Contains(handles, string(id)) {
			return string(id), true
		}
	}
	return "", false
}

// checkDigests: no manager hears more than once an hour that something waits.
func (k *walker) checkDigests(letters []letter.Letter) {
	k.t.Helper()
	for _, l := range letters {
		if l.Kind != letter.Waiting {
			continue
		}
		key := string(l.To.ID) + " " + string(l.Collective)
		if last, before := k.lately[key]; before && k.clock.Now().Sub(last) < time.Hour {
			k.wrong("%s heard of %s %v ago", l.To.ID, l.Collective, k.clock.Now().Sub(last))
		}
		if l.Count < 1 {
			k.wrong("a letter that nothing waits")
		}
		k.lately[key] = k.clock.Now()
	}
}

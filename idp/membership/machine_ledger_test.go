// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// ledger is a directory in memory that does what package membership needs of
// one, with the second wall: who is no manager of a collective decides nothing
// in it. What it does not have panics.
type ledger struct {
	directory.Backend // nil

	mu          sync.Mutex
	people      map[directory.PersonID]directory.Person
	named       map[string][]directory.PersonID // by handle and address, as they were ever called
	tombs       map[directory.Handle]directory.PersonID
	home        map[directory.PersonID]directory.CollectiveName // of registrations: below which they are
	collectives map[directory.CollectiveName]directory.Collective
	members     map[directory.CollectiveName][]directory.PersonID
	cases       map[directory.CaseID]directory.Case
	invitations map[string]directory.Invitation
	passwords   map[directory.PersonID]string
	version     int

	reads, writes int
	breaksAfter   int    // writes; zero: never
	pause         func() // before everything, so that others come between; nil: none
}

func newLedger() *ledger {
	return &ledger{
		people:      map[directory.PersonID]directory.Person{},
		named:       map[string][]directory.PersonID{},
		tombs:       map[directory.Handle]directory.PersonID{},
		home:        map[directory.PersonID]directory.CollectiveName{},
		collectives: map[directory.CollectiveName]directory.Collective{},
		members:     map[directory.CollectiveName][]directory.PersonID{},
		cases:       map[directory.CaseID]directory.Case{},
		invitations: map[string]directory.Invitation{},
		passwords:   map[directory.PersonID]string{},
	}
}

func (l *ledger) entering() func() {
	if l.pause != nil {
		l.pause()
	}
	l.mu.Lock()
	return l.mu.Unlock
}

func (l *ledger) reading() func() {
	leave := l.entering()
	l.reads++
	return leave
}

// writing counts a write, and breaks off if that was wished.
func (l *ledger) writing() error {
	if l.breaksAfter == 1 {
		return fmt.Errorf("broken off: %w", directory.ErrUnavailable)
	}
	if l.breaksAfter > 1 {
		l.breaksAfter--
	}
	l.writes++
	return nil
}

func (l *ledger) manages(by directory.Actor, name directory.CollectiveName) error {
	id, person := by.Person()
	if by.IsSystem() || person && slices.Contains(l.collectives[name].Managers, id) {
		return nil
	}
	return directory.ErrRefused
}

func (l *ledger) next() string {
	l.version++
	return strconv.Itoa(l.version)
}

// People.

func (l *ledger) Person(_ context.Context, id directory.PersonID) (directory.Person, error) {
	defer l.reading()()
	p, found := l.people[id]
	if !found {
		return p, directory.ErrNotFound
	}
	return p, nil
}

func (l *ledger) Taken(_ context.Context, h directory.Handle, address string) ([]directory.Person, error) {
	defer l.reading()()
	var found []directory.Person
	if id, dead := l.tombs[h]; dead {
		found = append(found, directory.Person{ID: id, Handle: h, State: directory.Deleted})
	}
	for _, p := range l.called(string(h), address) {
		pending := address != "" && strings.EqualFold(p.Pending, address)
		if h != "" && p.Handle == h || pending || address != "" && owns(p, address) {
			found = append(found, p)
		}
	}
	return found, nil
}

// called are those who may have one of the names, once each, by their ids.
func (l *ledger) called(names ...string) []directory.Person {
	found := map[directory.PersonID]directory.Person{}
	for _, name := range names {
		for _, id := range l.named[strings.ToLower(name)] {
			if p, there := l.people[id]; there {
				found[id] = p
			}
		}
	}
	return slices.SortedFunc(maps.Values(found), byID)
}

func byID(a, b directory.Person) int { return cmp.Compare(a.ID, b.ID) }

// keep writes a person down.
func (l *ledger) keep(p directory.Person) {
	if _, known := l.people[p.ID]; !known {
		for _, name := range append([]string{string(p.Handle), p.Pending}, p.Verified...) {
			if name = strings.ToLower(name); name != "" {
				l.named[name] = append(l.named[name], p.ID)
			}
		}
	}
	l.people[p.ID] = p
}

func (l *ledger) ListPeople(_ context.Context, f directory.PersonFilter) iter.Seq2[directory.Person, error] {
	defer l.reading()()
	past := func(t time.Time) bool { return !t.IsZero() && !t.After(f.Due) }
	var found []directory.Person
	for _, p := range l.people {
		if (f.State == "" || p.State == f.State) && (f.Due.IsZero() || past(p.Expires) || past(p.Until)) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, byID)
	return each(found)
}

func each[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, x := range list {
			if !yield(x, nil) {
				return
			}
		}
	}
}

func (l *ledger) PeopleByID(_ context.Context, ids []directory.PersonID) ([]directory.Person, error) {
	defer l.reading()()
	var found []directory.Person
	for _, id := range ids {
		_, registered := l.home[id]
		if p, known := l.people[id]; known && !registered {
			found = append(found, p)
		}
	}
	return found, nil
}

func (l *ledger) Register(_ context.Context, p directory.Person, c directory.Case) error {
	defer l.entering()()
	if _, dead := l.tombs[p.Handle]; dead {
		return directory.ErrExists
	}
	for _, other := range l.called(string(p.Handle), p.Mail) {
		if other.Handle == p.Handle || p.Mail != "" && owns(other, p.Mail) {
			return directory.ErrExists
		}
	}
	if err := l.writing(); err != nil {
		return err
	}
	p.Primary, p.Expires = c.Collective, c.Expires
	c.Version = l.next()
	l.keep(p)
	l.home[p.ID], l.cases[c.ID] = c.Collective, c
	return nil
}

func (l *ledger) ProveAddress(_ context.Context, id directory.PersonID, address string) error {
	defer l.entering()()
	p, found := l.people[id]
	if !found {
		return directory.ErrNotFound
	}
	if address == "" || p.Pending != address {
		return directory.ErrConflict
	}
	for _, other := range l.called(address) {
		if owns(other, address) {
			return directory.ErrExists
		}
	}
	if err := l.writing(); err != nil {
		return err
	}
	p.Pending, p.Mail, p.Verified = "", address, []string{address}
	if p.State == directory.PendingConfirmation {
		p.State = directory.PendingApproval
	}
	l.people[id] = p
	l.touch(directory.CaseID(id))
	return nil
}

func (l *ledger) touch(id directory.CaseID) {
	if c, found := l.cases[id]; found {
		c.Version = l.next()
		l.cases[id] = c
	}
}

// Approve is three writes, as it is over LDAP, and can break off between them.
func (l *ledger) Approve(_ context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID, at time.Time) error {
	defer l.entering()()
	p, found := l.people[id]
	if !found {
		return directory.ErrNotFound
	}
	c, open := l.cases[directory.CaseID(id)]
	manager, _ := by.Person()
	if p.State == directory.Active && p.ValidatedBy == manager && p.Primary == name {
		return nil
	}
	if !open || c.Collective != name || p.State != directory.PendingApproval {
		return directory.ErrConflict
	}
	if err := l.manages(by, name); err != nil {
		return err
	}
	if err := l.writing(); err != nil {
		return err
	}
	l.join(name, id)
	if err := l.writing(); err != nil {
		return err
	}
	delete(l.home, id)
	if err := l.writing(); err != nil {
		return err
	}
	p.State, p.Primary, p.ValidatedBy, p.ValidatedAt, p.Expires = directory.Active, name, manager, at, time.Time{}
	l.people[id] = p
	delete(l.cases, directory.CaseID(id))
	return nil
}

func (l *ledger) join(name directory.CollectiveName, id directory.PersonID) {
	if !slices.Contains(l.members[name], id) {
		l.members[name] = append(l.members[name], id)
	}
}

func (l *ledger) ChangePerson(_ context.Context, by directory.Actor, id directory.PersonID, change directory.PersonChange) error {
	defer l.entering()()
	p, found := l.people[id]
	if !found {
		return directory.ErrNotFound
	}
	if l.manages(by, p.Primary) != nil { // who suspends
		return directory.ErrRefused
	}
	if s := change.Still; s != nil && (s.State != p.State || s.Primary != p.Primary || !s.Expires.Equal(p.Expires) || !s.Until.Equal(p.Until)) {
		return directory.ErrConflict
	}
	if err := l.writing(); err != nil {
		return err
	}
	put(&p.State, change.State)
	put(&p.Primary, change.Primary)
	put(&p.Expires, change.Expires)
	put(&p.Reason, change.Reason)
	put(&p.Until, change.Until)
	if change.RaiseEpoch {
		p.Epoch++
	}
	l.people[id] = p
	return nil
}

func put[T any](into, value *T) {
	if value != nil {
		*into = *value
	}
}

func (l *ledger) SetPassword(_ context.Context, by directory.Actor, id directory.PersonID, password string) error {
	defer l.entering()()
	if _, found := l.people[id]; !found || !by.IsSystem() {
		return directory.ErrRefused
	}
	if len(password) < 10 {
		return directory.ErrWeakPassword
	}
	if err := l.writing(); err != nil {
		return err
	}
	l.passwords[id] = password
	return nil
}

func (l *ledger) Standing(_ context.Context, id directory.PersonID) (directory.Standing, error) {
	defer l.reading()()
	var s directory.Standing
	for _, name := range slices.Sorted(maps.Keys(l.collectives)) {
		manager := slices.Contains(l.collectives[name].Managers, id)
		if manager || slices.Contains(l.members[name], id) {
			s.Memberships = append(s.Memberships, directory.Membership{Collective: name, Manager: manager})
		}
	}
	return s, nil
}

// Collectives.

func (l *ledger) Collective(_ context.Context, name directory.CollectiveName) (directory.Collective, error) {
	defer l.reading()()
	c, found := l.collectives[name]
	if !found {
		return c, directory.ErrNotFound
	}
	c.Managers = slices.Clone(c.Managers)
	return c, nil
}

func (l *ledger) ListCollectives(context.Context) iter.Seq2[directory.Collective, error] {
	defer l.reading()()
	return each(slices.SortedFunc(maps.Values(l.collectives), func(a, b directory.Collective) int { return cmp.Compare(a.Name, b.Name) }))
}

func (l *ledger) AddCollective(_ context.Context, _ directory.Actor, c directory.Collective) error {
	defer l.reading()()
	l.collectives[c.Name] = c
	return nil
}

func (l *ledger) ChangeCollective(_ context.Context, _ directory.Actor, name directory.CollectiveName, change directory.CollectiveChange) error {
	defer l.reading()()
	c := l.collectives[name]
	put(&c.State, change.State)
	put(&c.Settings, change.Settings)
	put(&c.Policy, change.Policy)
	c.Version = l.next()
	l.collectives[name] = c
	return nil
}

func (l *ledger) AddPerson(_ context.Context, _ directory.Actor, p directory.Person) error {
	defer l.reading()()
	l.keep(p)
	return nil
}

// RemovePerson leaves a tombstone that keeps the handle.
func (l *ledger) RemovePerson(_ context.Context, _ directory.Actor, id directory.PersonID) error {
	defer l.entering()()
	p, found := l.people[id]
	if !found {
		return directory.ErrNotFound
	}
	l.tombs[p.Handle] = id
	l.drop(id)
	return nil
}

// drop takes somebody out of everything.
func (l *ledger) drop(id directory.PersonID) {
	delete(l.people, id)
	delete(l.home, id)
	for name, c := range l.collectives {
		l.members[name] = lessOne(l.members[name], id)
		c.Managers = lessOne(c.Managers, id)
		l.collectives[name] = c
	}
}

func lessOne(ids []directory.PersonID, id directory.PersonID) []directory.PersonID {
	return slices.DeleteFunc(slices.Clone(ids), func(other directory.PersonID) bool { return other == id })
}

func (l *ledger) AddMember(_ context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	defer l.entering()()
	if err := l.manages(by, name); err != nil {
		return err
	}
	if err := l.writing(); err != nil {
		return err
	}
	l.join(name, id)
	return nil
}

func (l *ledger) RemoveMember(_ context.Context, _ directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	defer l.reading()()
	l.members[name] = lessOne(l.members[name], id)
	return nil
}

func (l *ledger) AddManager(_ context.Context, _ directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	defer l.reading()()
	c := l.collectives[name]
	c.Managers = append(lessOne(c.Managers, id), id)
	l.collectives[name] = c
	return nil
}

func (l *ledger) RemoveManager(_ context.Context, _ directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	defer l.reading()()
	c := l.collectives[name]
	c.Managers = lessOne(c.Managers, id)
	l.collectives[name] = c
	return nil
}

// RelieveManager takes one off the list provided that another stays.
func (l *ledger) RelieveManager(_ context.Context, name directory.CollectiveName, id, staying directory.PersonID) error {
	defer l.reading()()
	c := l.collectives[name]
	if id == staying || !slices.Contains(c.Managers, staying) {
		return directory.ErrConflict
	}
	c.Managers = lessOne(c.Managers, id)
	l.collectives[name] = c
	return nil
}

func (l *ledger) MemberIDs(_ context.Context, name directory.CollectiveName) ([]directory.PersonID, error) {
	defer l.reading()()
	return slices.Sorted(slices.Values(l.members[name])), nil
}

// ListServices finds none.
func (l *ledger) ListServices(context.Context, directory.ServiceFilter) iter.Seq2[directory.Service, error] {
	return each[directory.Service](nil)
}

// Cases.

func (l *ledger) Case(_ context.Context, name directory.CollectiveName, id directory.CaseID) (directory.Case, error) {
	defer l.reading()()
	c, found := l.cases[id]
	if !found || c.Collective != name {
		return directory.Case{}, directory.ErrNotFound
	}
	return c, nil
}

func (l *ledger) ListCases(_ context.Context, f directory.CaseFilter) iter.Seq2[directory.Case, error] {
	defer l.reading()()
	var found []directory.Case
	for _, c := range l.cases {
		switch {
		case f.Collective != "" && c.Collective != f.Collective, f.Person != "" && c.Person != f.Person:
		case f.Kind != "" && c.Kind != f.Kind, !f.Due.IsZero() && c.Expires.After(f.Due):
		default:
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b directory.Case) int {
		return cmp.Or(cmp.Compare(a.Collective, b.Collective), a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return each(found)
}

func (l *ledger) AddCase(_ context.Context, by directory.Actor, c directory.Case) error {
	defer l.entering()()
	if id, _ := by.Person(); id != c.Person && l.manages(by, c.Collective) != nil {
		return directory.ErrRefused
	}
	for _, other := range l.cases {
		if other.Kind == c.Kind && other.Person == c.Person && other.Collective == c.Collective {
			return directory.ErrExists
		}
	}
	if err := l.writing(); err != nil {
		return err
	}
	c.Version = l.next()
	l.cases[c.ID] = c
	return nil
}

// ChangeCase lets a manager add the own voice and lines, the person lines, and
// only Clau say how long it waits.
func (l *ledger) ChangeCase(_ context.Context, by directory.Actor, name directory.CollectiveName, id directory.CaseID, change directory.CaseChange) error {
	defer l.entering()()
	c, found := l.cases[id]
	if !found || c.Collective != name {
		return directory.ErrNotFound
	}
	if change.Version != "" && change.Version != c.Version {
		return directory.ErrConflict
	}
	if who, person := by.Person(); person && !l.mayChange(who, c, change) {
		return directory.ErrRefused
	}
	if err := l.writing(); err != nil {
		return err
	}
	put(&c.Dialogue, change.Dialogue)
	put(&c.Agreed, change.Agreed)
	put(&c.Expires, change.Expires)
	c.Version = l.next()
	l.cases[id] = c
	if _, registered := l.people[directory.PersonID(id)]; registered && c.Kind == directory.CaseRegister {
		p := l.people[c.Person]
		p.Expires = c.Expires
		l.people[c.Person] = p
	}
	return nil
}

func (l *ledger) mayChange(who directory.PersonID, c directory.Case, change directory.CaseChange) bool {
	manages := slices.Contains(l.collectives[c.Collective].Managers, who)
	own := c.Person == who && c.By == who
	onlyOwnVoice := change.Agreed == nil || manages && slices.Equal(lessOne(*change.Agreed, who), lessOne(c.Agreed, who))
	return change.Expires == nil && onlyOwnVoice && (manages || own)
}

func (l *ledger) MoveCase(_ context.Context, name directory.CollectiveName, id directory.CaseID, to directory.CollectiveName) error {
	defer l.entering()()
	c, found := l.cases[id]
	if !found || c.Collective != name {
		return directory.ErrNotFound
	}
	for _, other := range l.cases {
		if other.ID != id && other.Kind == c.Kind && other.Person == c.Person && other.Collective == to {
			return directory.ErrExists
		}
	}
	_, registered := l.home[c.Person]
	if c.Kind == directory.CaseRegister && !registered {
		return directory.ErrConflict
	}
	if err := l.writing(); err != nil {
		return err
	}
	c.Collective, c.Agreed, c.Version = to, nil, l.next()
	l.cases[id] = c
	if c.Kind == directory.CaseRegister {
		p := l.people[c.Person]
		p.Primary = to
		l.people[c.Person], l.home[c.Person] = p, to
	}
	return nil
}

func (l *ledger) RemoveCase(_ context.Context, by directory.Actor, name directory.CollectiveName, id directory.CaseID) error {
	defer l.entering()()
	c, found := l.cases[id]
	if !found || c.Collective != name {
		return nil
	}
	if who, person := by.Person(); person && who != c.By && l.manages(by, name) != nil {
		return directory.ErrRefused
	}
	_, registered := l.home[c.Person]
	if c.Kind == directory.CaseRegister && !registered {
		return directory.ErrConflict
	}
	if err := l.writing(); err != nil {
		return err
	}
	delete(l.cases, id)
	if c.Kind == directory.CaseRegister {
		l.drop(c.Person)
	}
	return nil
}

// Invitations.

func (l *ledger) Invitation(_ context.Context, id string) (directory.Invitation, error) {
	defer l.reading()()
	i, found := l.invitations[id]
	if !found {
		return i, directory.ErrNotFound
	}
	return i, nil
}

func (l *ledger) ListInvitations(_ context.Context, f directory.InvitationFilter) iter.Seq2[directory.Invitation, error] {
	defer l.reading()()
	var found []directory.Invitation
	for _, i := range l.invitations {
		if (f.Collective == "" || i.Collective == f.Collective) && (f.Due.IsZero() || !i.Expires.After(f.Due)) {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(a, b directory.Invitation) int { return cmp.Compare(a.ID, b.ID) })
	return each(found)
}

func (l *ledger) AddInvitation(_ context.Context, by directory.Actor, i directory.Invitation) error {
	defer l.entering()()
	if err := l.manages(by, i.Collective); err != nil {
		return err
	}
	l.invitations[i.ID] = i
	return nil
}

func (l *ledger) UseInvitation(_ context.Context, id string) error {
	defer l.entering()()
	i, found := l.invitations[id]
	if !found || i.Uses < 1 {
		return directory.ErrNotFound
	}
	if err := l.writing(); err != nil {
		return err
	}
	i.Uses--
	l.invitations[id] = i
	return nil
}

func (l *ledger) RemoveInvitation(_ context.Context, by directory.Actor, name directory.CollectiveName, id string) error {
	defer l.entering()()
	if err := l.manages(by, name); err != nil {
		return err
	}
	delete(l.invitations, id)
	return nil
}

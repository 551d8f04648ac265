// SPDX-License-Identifier: AGPL-3.0-or-later

package directory_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// scripted is a backend whose people are called after the number of the read.
type scripted struct {
	directory.Backend // nil: whatever else is called fails the test

	mu    sync.Mutex
	reads int
	err   error
	hold  chan struct{} // when set, a read waits for it after having read
	watch func(context.Context, func(directory.Change)) error
}

func (s *scripted) Person(_ context.Context, id directory.PersonID) (directory.Person, error) {
	s.mu.Lock()
	s.reads++
	p, err, hold := directory.Person{ID: id, Name: fmt.Sprint(s.reads)}, s.err, s.hold
	s.mu.Unlock()
	if hold != nil {
		<-hold
	}
	return p, err
}

func (s *scripted) Standing(context.Context, directory.PersonID) (directory.Standing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return directory.Standing{Memberships: make([]directory.Membership, s.reads)}, s.err
}

func (s *scripted) Collective(_ context.Context, name directory.CollectiveName) (directory.Collective, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return directory.Collective{Name: name, Title: fmt.Sprint(s.reads)}, s.err
}

func (s *scripted) service() (directory.Service, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return directory.Service{Title: fmt.Sprint(s.reads)}, s.err
}

func (s *scripted) Service(context.Context, directory.ServiceID) (directory.Service, error) {
	return s.service()
}

func (s *scripted) ServiceByName(context.Context, directory.ServiceName) (directory.Service, error) {
	return s.service()
}

func (s *scripted) ServiceByEntityID(context.Context, string) (directory.Service, error) {
	return s.service()
}

func (s *scripted) ServiceByClientID(context.Context, directory.ClientID) (directory.Service, error) {
	return s.service()
}

func (s *scripted) ListServices(context.Context, directory.ServiceFilter) iter.Seq2[directory.Service, error] {
	return func(yield func(directory.Service, error) bool) { yield(s.service()) }
}

func (s *scripted) Consent(_ context.Context, person directory.PersonID, service directory.ServiceID) (directory.Consent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return directory.Consent{Person: person, Service: service, Identity: s.reads}, s.err
}

func (s *scripted) Watch(ctx context.Context, changed func(directory.Change)) error {
	return s.watch(ctx, changed)
}

// The writes all fail: that must not keep the cache from forgetting.
var errLost = errors.New("the answer was lost")

func (s *scripted) ChangePerson(context.Context, directory.Actor, directory.PersonID, directory.PersonChange) error {
	return errLost
}
func (s *scripted) RemovePerson(context.Context, directory.Actor, directory.PersonID) error {
	return errLost
}
func (s *scripted) SetPassword(context.Context, directory.Actor, directory.PersonID, string) error {
	return errLost
}
func (s *scripted) AddMember(context.Context, directory.Actor, directory.CollectiveName, directory.PersonID) error {
	return errLost
}
func (s *scripted) RemoveMember(context.Context, directory.Actor, directory.CollectiveName, directory.PersonID) error {
	return errLost
}
func (s *scripted) AddManager(context.Context, directory.Actor, directory.CollectiveName, directory.PersonID) error {
	return errLost
}
func (s *scripted) RemoveManager(context.Context, directory.Actor, directory.CollectiveName, directory.PersonID) error {
	return errLost
}
func (s *scripted) ChangeCollective(context.Context, directory.Actor, directory.CollectiveName, directory.CollectiveChange) error {
	return errLost
}
func (s *scripted) RemoveCollective(context.Context, directory.Actor, directory.CollectiveName) error {
	return errLost
}
func (s *scripted) GrantAccess(context.Context, directory.Actor, directory.Access, directory.PersonID) error {
	return errLost
}
func (s *scripted) RevokeAccess(context.Context, directory.Actor, directory.Access, directory.PersonID) error {
	return errLost
}
func (s *scripted) AddService(context.Context, directory.Actor, directory.Service) error {
	return errLost
}
func (s *scripted) ReplaceService(context.Context, directory.Actor, directory.Service) error {
	return errLost
}
func (s *scripted) RemoveService(context.Context, directory.Actor, directory.ServiceID) error {
	return errLost
}
func (s *scripted) ProveAddress(context.Context, directory.PersonID, string) error { return errLost }
func (s *scripted) SwapCode(context.Context, directory.PersonID, string, string) error {
	return errLost
}
func (s *scripted) Approve(context.Context, directory.Actor, directory.CollectiveName, directory.PersonID, time.Time) error {
	return errLost
}
func (s *scripted) ChangeCase(context.Context, directory.Actor, directory.CollectiveName, directory.CaseID, directory.CaseChange) error {
	return errLost
}
func (s *scripted) MoveCase(context.Context, directory.CollectiveName, directory.CaseID, directory.CollectiveName) error {
	return errLost
}
func (s *scripted) RemoveCase(context.Context, directory.Actor, directory.CollectiveName, directory.CaseID) error {
	return errLost
}
func (s *scripted) PutConsent(context.Context, string, directory.Consent) error { return errLost }
func (s *scripted) StopConsent(context.Context, directory.Actor, directory.PersonID, directory.ServiceID) error {
	return errLost
}

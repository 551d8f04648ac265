// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding_test

import (
	"context"
	"maps"
	"sync"

	"commonscloud.coop/clau/idp/directory"
)

// work counts what is asked of the directory on the way in, by method.
type work struct {
	directory.Backend
	mu   sync.Mutex
	done map[string]int
}

func (d *work) count(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done[what]++
}

// since returns what was done since it was last asked.
func (d *work) since() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	done := maps.Clone(d.done)
	clear(d.done)
	return done
}

func (d *work) Person(ctx context.Context, id directory.PersonID) (directory.Person, error) {
	d.count("person")
	return d.Backend.Person(ctx, id)
}

func (d *work) PersonByLogin(ctx context.Context, login string) (directory.Person, error) {
	d.count("person by login")
	return d.Backend.PersonByLogin(ctx, login)
}

func (d *work) Taken(ctx context.Context, handle directory.Handle, address string) ([]directory.Person, error) {
	d.count("taken")
	return d.Backend.Taken(ctx, handle, address)
}

func (d *work) Register(ctx context.Context, p directory.Person, c directory.Case) error {
	d.count("register")
	return d.Backend.Register(ctx, p, c)
}

func (d *work) Case(ctx context.Context, name directory.CollectiveName, id directory.CaseID) (directory.Case, error) {
	d.count("case")
	return d.Backend.Case(ctx, name, id)
}

func (d *work) ChangeCase(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.CaseID, change directory.CaseChange) error {
	d.count("change case")
	return d.Backend.ChangeCase(ctx, by, name, id, change)
}

func (d *work) RemoveCase(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.CaseID) error {
	d.count("remove case")
	return d.Backend.RemoveCase(ctx, by, name, id)
}

func (d *work) ProveAddress(ctx context.Context, id directory.PersonID, address string) error {
	d.count("prove address")
	return d.Backend.ProveAddress(ctx, id, address)
}

func (d *work) ChangePerson(ctx context.Context, by directory.Actor, id directory.PersonID, change directory.PersonChange) error {
	d.count("change person")
	return d.Backend.ChangePerson(ctx, by, id, change)
}

func (d *work) SetPassword(ctx context.Context, by directory.Actor, id directory.PersonID, password string) error {
	d.count("set password")
	return d.Backend.SetPassword(ctx, by, id, password)
}

func (d *work) UseInvitation(ctx context.Context, id string) error {
	d.count("use invitation")
	return d.Backend.UseInvitation(ctx, id)
}

func (d *work) AddMember(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	d.count("add member")
	return d.Backend.AddMember(ctx, by, name, id)
}

// changes are what was written, of what was done.
func changes(done map[string]int) map[string]int {
	written := map[string]int{}
	for what, n := range done {
		switch what {
		case "person", "person by login", "taken", "case":
		default:
			written[what] = n
		}
	}
	return written
}

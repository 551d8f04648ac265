// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

// recorder is a directory whose changes by commands are written to the audit
// log, in the same chain as those of the running server. A log that cannot be
// opened stops the change: what an operator does must leave a trace.
type recorder struct {
	directory.Backend
	open    func() (*audit.Journal, error)
	journal *audit.Journal // nil until the first change
}

func (a *app) recorded(d directory.Backend, s config.Settings) *recorder {
	return &recorder{Backend: d, open: func() (*audit.Journal, error) {
		j, err := a.openAudit(s, slog.New(slog.DiscardHandler))
		if err != nil {
			return nil, sayf("nothing was changed: %w", err)
		}
		return j, nil
	}}
}

// openAudit opens the audit log, and makes the directory that it is to be in.
func (a *app) openAudit(s config.Settings, logger *slog.Logger) (*audit.Journal, error) {
	if err := os.MkdirAll(filepath.Dir(s.Log.AuditFile), 0o700); err != nil {
		return nil, sayf("the directory of the audit log cannot be made: %v", cause(err))
	}
	j, err := audit.Open(s.Log.AuditFile, audit.Config{Now: a.now, Logger: logger})
	if err != nil {
		return nil, sayf("the audit log cannot be written: %v", err)
	}
	return j, nil
}

// Close writes what waits. The directory is closed by who opened it.
func (r *recorder) Close() error {
	if r.journal == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), recordTime)
	defer cancel()
	if err := r.journal.Close(ctx); err != nil {
		return sayf("what was changed could not be written to the audit log: %v", err)
	}
	return nil
}

// recordTime is how long a command waits for the disk with the audit log.
const recordTime = 10 * time.Second

// after makes a change and records it.
func (r *recorder) after(ctx context.Context, change func() error, e audit.Event) error {
	if r.journal == nil {
		var err error
		if r.journal, err = r.open(); err != nil {
			return err
		}
	}
	if err := change(); err != nil {
		return err
	}
	e.Actor = audit.Command
	r.journal.Write(ctx, e)
	return nil
}

func (r *recorder) AddPerson(ctx context.Context, by directory.Actor, p directory.Person) error {
	return r.after(ctx, func() error { return r.Backend.AddPerson(ctx, by, p) },
		audit.Event{Kind: audit.PersonAdded, Person: p.ID})
}

func (r *recorder) ChangePerson(ctx context.Context, by directory.Actor, id directory.PersonID, change directory.PersonChange) error {
	e := audit.Event{Kind: audit.PersonChanged, Person: id}
	if change.State != nil {
		e.Reason = string(*change.State)
	}
	return r.after(ctx, func() error { return r.Backend.ChangePerson(ctx, by, id, change) }, e)
}

func (r *recorder) Approve(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID, at time.Time) error {
	return r.after(ctx, func() error { return r.Backend.Approve(ctx, by, name, id, at) },
		audit.Event{Kind: audit.CaseAccepted, Person: id, Collective: name, Reason: string(directory.CaseRegister)})
}

func (r *recorder) RemovePerson(ctx context.Context, by directory.Actor, id directory.PersonID) error {
	return r.after(ctx, func() error { return r.Backend.RemovePerson(ctx, by, id) },
		audit.Event{Kind: audit.PersonRemoved, Person: id})
}

func (r *recorder) SetPassword(ctx context.Context, by directory.Actor, id directory.PersonID, password string) error {
	return r.after(ctx, func() error { return r.Backend.SetPassword(ctx, by, id, password) },
		audit.Event{Kind: audit.PasswordChanged, Person: id})
}

func (r *recorder) AddCollective(ctx context.Context, by directory.Actor, c directory.Collective) error {
	return r.after(ctx, func() error { return r.Backend.AddCollective(ctx, by, c) },
		audit.Event{Kind: audit.CollectiveAdded, Collective: c.Name})
}

func (r *recorder) ChangeCollective(ctx context.Context, by directory.Actor, name directory.CollectiveName, change directory.CollectiveChange) error {
	return r.after(ctx, func() error { return r.Backend.ChangeCollective(ctx, by, name, change) },
		audit.Event{Kind: audit.CollectiveChanged, Collective: name})
}

func (r *recorder) RemoveCollective(ctx context.Context, by directory.Actor, name directory.CollectiveName) error {
	return r.after(ctx, func() error { return r.Backend.RemoveCollective(ctx, by, name) },
		audit.Event{Kind: audit.CollectiveRemoved, Collective: name})
}

func (r *recorder) AddMember(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	return r.after(ctx, func() error { return r.Backend.AddMember(ctx, by, name, id) }, standing("member-added", name, id))
}

func (r *recorder) RemoveMember(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	return r.after(ctx, func() error { return r.Backend.RemoveMember(ctx, by, name, id) }, standing("member-removed", name, id))
}

func (r *recorder) AddManager(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	return r.after(ctx, func() error { return r.Backend.AddManager(ctx, by, name, id) }, standing("manager-added", name, id))
}

func (r *recorder) RemoveManager(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	return r.after(ctx, func() error { return r.Backend.RemoveManager(ctx, by, name, id) }, standing("manager-removed", name, id))
}

func standing(reason string, name directory.CollectiveName, id directory.PersonID) audit.Event {
	return audit.Event{Kind: audit.CollectiveChanged, Collective: name, Person: id, Reason: reason}
}

func (r *recorder) AddService(ctx context.Context, by directory.Actor, s directory.Service) error {
	return r.after(ctx, func() error { return r.Backend.AddService(ctx, by, s) },
		audit.Event{Kind: audit.ServiceAdded, Service: s.ID, Collective: s.Collective})
}

func (r *recorder) ReplaceService(ctx context.Context, by directory.Actor, s directory.Service) error {
	return r.after(ctx, func() error { return r.Backend.ReplaceService(ctx, by, s) },
		audit.Event{Kind: audit.ServiceChanged, Service: s.ID, Collective: s.Collective})
}

func (r *recorder) RemoveService(ctx context.Context, by directory.Actor, id directory.ServiceID) error {
	return r.after(ctx, func() error { return r.Backend.RemoveService(ctx, by, id) },
		audit.Event{Kind: audit.ServiceRemoved, Service: id})
}

func (r *recorder) AddKey(ctx context.Context, k directory.Key) error {
	return r.after(ctx, func() error { return r.Backend.AddKey(ctx, k) }, audit.Event{Kind: audit.KeyAdded, Reason: string(k.ID)})
}

func (r *recorder) ReplaceKey(ctx context.Context, k directory.Key) error {
	return r.after(ctx, func() error { return r.Backend.ReplaceKey(ctx, k) }, audit.Event{Kind: audit.KeyRotated, Reason: string(k.ID)})
}

func (r *recorder) RemoveKey(ctx context.Context, id directory.KeyID) error {
	return r.after(ctx, func() error { return r.Backend.RemoveKey(ctx, id) }, audit.Event{Kind: audit.KeyRemoved, Reason: string(id)})
}

// with runs what works in the directory, and writes its trace before the
// command ends.
func (r *recorder) with(ctx context.Context, do func(context.Context, directory.Backend) error) error {
	return errors.Join(do(ctx, r), r.Close())
}

// note records what a command did that changed nothing, such as reading all that
// is kept of somebody. What cannot be recorded is not done.
func (a *app) note(ctx context.Context, s config.Settings, e audit.Event) error {
	r := a.recorded(nil, s)
	err := r.after(ctx, func() error { return nil }, e)
	return errors.Join(err, r.Close())
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package dynamic

import (
	"context"
	"errors"
	"slices"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

// ErrNotThere says that no such service waits for a decision of theirs.
var ErrNotThere = errors.New("dynamic: nothing waits by that name")

// Waiting lists the services of a collective that wait for a manager's word.
func (a *Room) Waiting(ctx context.Context, in directory.CollectiveName) ([]directory.Service, error) {
	var out []directory.Service
	for s, err := range a.Source.ListServices(ctx, directory.ServiceFilter{Collective: in}) {
		if err != nil {
			return nil, err
		}
		if waits(s) {
			out = append(out, s)
		}
	}
	return out, nil
}

func waits(s directory.Service) bool {
	return s.State == directory.PendingApproval && s.OIDC != nil && s.OIDC.Metadata.Registrar != ""
}

// Approve opens a service that waits, as the manager saw it: seen is the version
// of the page that they decided on. [ErrNotThere] if it waits for nobody, or not
// for them; [directory.ErrConflict] if it has changed meanwhile.
func (a *Room) Approve(ctx context.Context, by directory.PersonID, in directory.CollectiveName, name directory.ServiceName, seen string) error {
	s, err := a.deciding(ctx, by, in, name, seen)
	if err != nil {
		return err
	}
	s.State = directory.Active
	if err := a.Directory.ReplaceService(ctx, directory.System(), s); err != nil {
		return err
	}
	a.record(ctx, audit.ServiceChanged, by, s)
	return nil
}

// Decline removes a service that waits; errors as those of [Room.Approve].
func (a *Room) Decline(ctx context.Context, by directory.PersonID, in directory.CollectiveName, name directory.ServiceName, seen string) error {
	s, err := a.deciding(ctx, by, in, name, seen)
	if err != nil {
		return err
	}
	if err := a.Directory.RemoveService(ctx, directory.System(), s.ID); err != nil {
		return err
	}
	a.record(ctx, audit.ServiceRemoved, by, s)
	return nil
}

// deciding reads what is decided on, and asks once more whether they may.
func (a *Room) deciding(ctx context.Context, by directory.PersonID, in directory.CollectiveName, name directory.ServiceName, seen string) (directory.Service, error) {
	c, err := a.Source.Collective(ctx, in)
	if err != nil {
		return directory.Service{}, notThere(err)
	}
	s, err := a.Source.ServiceByName(ctx, name)
	if err != nil {
		return directory.Service{}, notThere(err)
	}
	if by == "" || !slices.Contains(c.Managers, by) || c.State != directory.Active || s.Collective != in || !waits(s) {
		return directory.Service{}, ErrNotThere
	}
	if s.Version != seen {
		return directory.Service{}, directory.ErrConflict
	}
	return s, nil
}

func notThere(err error) error {
	if errors.Is(err, directory.ErrNotFound) {
		return ErrNotThere
	}
	return err
}

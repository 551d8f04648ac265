// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"
	"slices"

	"commonscloud.coop/clau/idp/directory"
)

// silence takes the voice of a withdrawn invitation from the applications that
// nobody has proven yet: otherwise whoever came by a link that leaked would
// still be let in by it, days later and seen by nobody. They wait for the
// managers like any other. An application does not say by which invitation of a
// manager it came, so that the voice of their others goes too; what waits
// already is left alone, since there the voice may be one that they gave
// themselves, and there the managers see it and can refuse.
func (m *Room) silence(ctx context.Context, i directory.Invitation) error {
	applications := directory.CaseFilter{Collective: i.Collective, Kind: directory.CaseRegister}
	for c, err := range m.c.Source.ListCases(ctx, applications) {
		if err == nil && slices.Contains(c.Agreed, i.By) {
			err = m.unagree(ctx, i, c.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *Room) unagree(ctx context.Context, i directory.Invitation, id directory.CaseID) error {
	err := againOnly(func() error {
		c, err := m.read(ctx, i.Collective, id)
		if err != nil || stageOf(c.Case, c.about) != unproven {
			return err
		}
		rest := slices.DeleteFunc(slices.Clone(c.Agreed), func(voice directory.PersonID) bool { return voice == i.By })
		change := directory.CaseChange{Agreed: &rest, Version: c.Version}
		return m.c.Directory.ChangeCase(ctx, directory.System(), i.Collective, id, change)
	})
	if errors.Is(err, ErrNotThere) {
		return nil // gone, or passed on without a voice
	}
	return err
}

// stillInvited is for an application that was written while its invitation was
// being withdrawn: of the two, whoever comes last takes the voice away.
func (m *Room) stillInvited(ctx context.Context, i directory.Invitation, id directory.CaseID) error {
	_, err := m.c.Source.Invitation(ctx, i.ID)
	if errors.Is(err, directory.ErrNotFound) {
		return m.unagree(ctx, i, id)
	}
	return err
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"

	"commonscloud.coop/clau/idp/directory"
)

// Accepted says whose first password a ticket would set, without setting it:
// programs that look after mail follow links. What [Room.FirstPassword] would
// refuse is [ErrTicket] here too.
func (m *Room) Accepted(ctx context.Context, text string) (Applicant, error) {
	p, _, err := m.newcomer(ctx, text)
	if err != nil {
		return Applicant{}, err
	}
	_, found := next(directory.CaseRegister, stageOfAccount(p), setsPassword, subject)
	if !found || !p.MayEnter(m.c.Now()) {
		return Applicant{}, ErrTicket
	}
	in, err := m.c.Directory.Collective(ctx, p.Primary)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return Applicant{}, err
	}
	return Applicant{Person: p, Collective: in, Accepted: true}, nil
}

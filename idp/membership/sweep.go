// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import "context"

// Run sweeps every minute until ctx ends. Every node may run it: one of them
// sweeps.
func (m *Room) Run(ctx context.Context) { <-ctx.Done() }

// Sweep does what the time has come for: it lapses cases, finishes approvals
// that were cut off, ends suspensions, removes invitations, erases accounts,
// and writes to managers what waits. It is idempotent.
func (m *Room) Sweep(ctx context.Context) error { return errUnwritten }

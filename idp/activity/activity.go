// SPDX-License-Identifier: AGPL-3.0-or-later

// Package activity owns what people and collectives read of what happened to
// them: the same events that the audit keeps, found by whom they concern.
//
// The audit's files are the record, one for each node, and nobody searches them
// for a page. This is a copy of the last months in the store that all nodes
// share, written behind the back of requests; losing it loses the pages' view
// and no event. Like the audit it holds identifiers, codes and times, and never
// a name or an address.
package activity

import (
	"context"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

// Reader finds events, newest first, at most limit of them, not before since.
type Reader interface {
	OfPerson(ctx context.Context, id directory.PersonID, since time.Time, limit int) ([]audit.Event, error)
	OfCollective(ctx context.Context, name directory.CollectiveName, since time.Time, limit int) ([]audit.Event, error)
}

// Forgetter removes what is kept of a person, when the account is erased.
type Forgetter interface {
	ForgetPerson(ctx context.Context, id directory.PersonID) error
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package login

import (
	"context"
	"errors"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// How long the epoch is tried to be raised: a directory that changes over to
// another server is back by then.
const (
	raiseFor   = 5 * time.Second
	raisePause = 50 * time.Millisecond // after the first try, and twice as long after each further one
	raiseTries = 5
)

// Changer changes people in the directory.
type Changer interface {
	ChangePerson(ctx context.Context, by directory.Actor, id directory.PersonID, change directory.PersonChange) error
}

// RaiseEpoch makes a change to somebody whose password was just set, and voids
// every session, token and link they had. It goes on when who asked is gone, and
// tries more than once: somebody who sets a new password because another is in
// their account must not be left with that other's session alive.
func RaiseEpoch(ctx context.Context, people Changer, id directory.PersonID, change directory.PersonChange) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), raiseFor)
	defer cancel()
	change.RaiseEpoch = true
	pause := raisePause
	for range raiseTries - 1 {
		err := people.ChangePerson(ctx, directory.System(), id, change)
		if err == nil || errors.Is(err, directory.ErrNotFound) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
		pause *= 2
	}
	return people.ChangePerson(ctx, directory.System(), id, change)
}

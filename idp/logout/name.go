// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"

	"commonscloud.coop/clau/idp/directory"
)

// ByName finds the sessions in which a service knows a person by a name
// ([Participant].Name), and what it knows of each. None is no error. What
// another service calls somebody is never found, whatever the name, nor are
// sessions that ended. One that nobody ended and that was left alone is: others
// who take part in it may still be told.
func (l *Room) ByName(ctx context.Context, service directory.ServiceID, name string) (map[string]Participant, error) {
	found := map[string]Participant{}
	for _, key := range l.namedKeys(service, name) {
		seats, err := l.c.Store.Members(ctx, key)
		if err != nil {
			return nil, err
		}
		for _, raw := range seats {
			var at seat
			if err := json.Unmarshal([]byte(raw), &at); err != nil {
				l.c.Logger.Error("logout name unreadable", "cause", err)
				continue
			}
			if at.Participant.Service == service && at.Participant.Name == name {
				found[at.Session] = at.Participant
			}
		}
	}
	return found, l.unseat(ctx, found)
}

// unseat drops what a session's end or [Room.Stop] left behind: of many names
// that a service was given for one session only the last is forgotten with it.
func (l *Room) unseat(ctx context.Context, found map[string]Participant) error {
	for key, p := range found {
		session, _, err := l.BySID(ctx, p.SID)
		if err != nil && !errors.Is(err, ErrUnknown) {
			return err
		}
		if err != nil || session != key {
			delete(found, key)
		}
	}
	return nil
}

// namedKeys are the sets of seats of a name: that of this span of time, which
// sessions join, and that of the one before, since a session lives no longer than
// a span. A person who comes every day and never logs out would fill one set
// without end.
//
// Names are whatever a protocol makes of them, addresses too, and no fit keys:
// their digest is.
func (l *Room) namedKeys(service directory.ServiceID, name string) [2]string {
	sum := sha256.Sum256([]byte(string(service) + "\x00" + name))
	span := l.c.Now().UnixNano() / int64(l.c.Sessions.Absolute())
	key := "named:" + base64.RawURLEncoding.EncodeToString(sum[:]) + "."
	return [2]string{key + strconv.FormatInt(span, 10), key + strconv.FormatInt(span-1, 10)}
}

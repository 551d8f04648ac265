// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"commonscloud.coop/clau/idp/directory"
)

// ByName finds the sessions in which a service knows a person by a name
// ([Participant].Name), and what it knows of each. None is no error. What
// another service calls somebody is never found, whatever the name.
func (l *Room) ByName(ctx context.Context, service directory.ServiceID, name string) (map[string]Participant, error) {
	seats, err := l.c.Store.Members(ctx, namedKey(service, name))
	if err != nil {
		return nil, err
	}
	found := map[string]Participant{}
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
	return found, nil
}

// namedKey is the set of seats of a name. Names are whatever a protocol makes of
// them, addresses too, and no fit keys: their digest is.
func namedKey(service directory.ServiceID, name string) string {
	sum := sha256.Sum256([]byte(string(service) + "\x00" + name))
	return "named:" + base64.RawURLEncoding.EncodeToString(sum[:])
}

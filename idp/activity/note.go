// SPDX-License-Identifier: AGPL-3.0-or-later

package activity

import (
	"encoding/json"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/retention"
)

// note is an event as it is kept. Its number tells it apart from an equal one.
type note struct {
	audit.Event
	Number uint64
}

// written is a note as a member of a set, with short names: there are many.
type written struct {
	Number     uint64                   `json:"n"`
	At         int64                    `json:"t"` // Unix milliseconds
	Kind       audit.Kind               `json:"k"`
	Person     directory.PersonID       `json:"p,omitempty"`
	Actor      directory.PersonID       `json:"a,omitempty"`
	Service    directory.ServiceID      `json:"s,omitempty"`
	Collective directory.CollectiveName `json:"c,omitempty"`
	Reason     string                   `json:"r,omitempty"`
	Reference  string                   `json:"f,omitempty"`
}

func (n note) encode() string {
	text, _ := json.Marshal(written{ // strings and numbers
		n.Number, n.At.UnixMilli(), n.Kind, n.Person, n.Actor, n.Service, n.Collective, n.Reason, n.Reference,
	})
	return string(text)
}

func decode(member string) (note, bool) {
	var w written
	if err := json.Unmarshal([]byte(member), &w); err != nil {
		return note{}, false
	}
	return note{Number: w.Number, Event: audit.Event{
		At: time.UnixMilli(w.At).UTC(), Kind: w.Kind, Person: w.Person, Actor: w.Actor,
		Service: w.Service, Collective: w.Collective, Reason: w.Reason, Reference: w.Reference,
	}}, true
}

// before puts the newest note first.
func (n note) before(o note) int {
	if c := o.At.Compare(n.At); c != 0 {
		return c
	}
	if n.Number > o.Number {
		return -1
	}
	return 1
}

// shelf is where the notes about one person, or of one collective, stand, a set
// for each month.
type shelf struct {
	name string
	life time.Duration
}

func ofPerson(id directory.PersonID) shelf {
	return shelf{"activity-p:" + string(id), retention.ActivityOfPerson}
}

func ofCollective(name directory.CollectiveName) shelf {
	return shelf{"activity-c:" + string(name), retention.ActivityOfCollective}
}

func (s shelf) key(at time.Time) string { return s.name + ":" + at.UTC().Format("2006-01") }

// until is when the month of at goes, whole: when its first moment is too old.
func (s shelf) until(at time.Time) time.Time { return monthOf(at).Add(s.life) }

// keys are those of the months in which something may stand that is not before
// since, newest first.
func (s shelf) keys(since, now time.Time) []string {
	var keys []string
	for month := monthOf(now); !month.Before(monthOf(since)) && now.Before(s.until(month)); month = month.AddDate(0, -1, 0) {
		keys = append(keys, s.key(month))
	}
	return keys
}

func monthOf(at time.Time) time.Time {
	y, m, _ := at.UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}

// shelves are where an event belongs.
func shelves(e audit.Event) []shelf {
	var all []shelf
	if e.Person != "" && e.Person != audit.Command && e.Person != audit.System && !last(e.Kind) && !proposal(e) {
		all = append(all, ofPerson(e.Person))
	}
	if e.Collective != "" && !private(e.Kind) && !unproven(e) {
		all = append(all, ofCollective(e.Collective))
	}
	return all
}

// last are the events behind which nothing of a person is kept: there is nobody
// to read them.
func last(k audit.Kind) bool { return k == audit.PersonErased || k == audit.PersonRemoved }

// proposal is what managers propose to one another about somebody, and what
// becomes of it short of being carried out: that has an event of its own. It is
// no decision, and theirs alone: who reads that they shall be suspended leaves,
// and cannot be any more.
func proposal(e audit.Event) bool {
	switch e.Kind {
	case audit.CaseOpened, audit.CaseAgreed, audit.CaseRefused, audit.CaseLapsed:
		return directory.CaseKind(e.Reason).Proposed()
	}
	return false
}

// unproven is what anybody can make happen, as often as they like: the managers'
// page must not be written full by it.
func unproven(e audit.Event) bool {
	switch e.Kind {
	case audit.Applied, audit.CaseWithdrawn, audit.CaseLapsed:
		return e.Reason == audit.Unproven
	}
	return false
}

// private is what is nobody's but the person's, whatever the event says of a
// collective: when they come and go, and where.
func private(k audit.Kind) bool {
	switch k {
	case audit.LoginSucceeded, audit.LoginFailed, audit.LoggedOut, audit.SessionEnded,
		audit.SignOn, audit.SignOnRefused, audit.TokensRevoked,
		audit.ConsentGiven, audit.ConsentDenied, audit.ConsentStopped, audit.ConsentRenewed:
		return true
	}
	return false
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package trace

import (
	"context"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// Line is what is being written down of one request. All its methods may be
// called of a nil one, which is that of every request that nobody traces.
type Line struct {
	now     time.Time
	mark    mark // of the browser, or of the grant
	on      bool // mark is somebody's
	service directory.ServiceID
	person  directory.PersonID
	said    []Said
}

// Said is one thing that a message or a room said.
type Said struct {
	Name   string `json:"n"`
	Value  string `json:"v,omitempty"`
	Hidden int    `json:"h,omitempty"` // characters of a value that is not shown
}

type lineKey struct{}

// Of returns the line of a request. Nil: nobody traces it.
func Of(ctx context.Context) *Line {
	l, _ := ctx.Value(lineKey{}).(*Line)
	return l
}

// Service says to which service the request is.
func (l *Line) Service(id directory.ServiceID) {
	if l != nil {
		l.service = id
	}
}

// Person says whose sign-on it is, once that is known.
func (l *Line) Person(id directory.PersonID) {
	if l != nil {
		l.person = id
	}
}

// Add says something that is no secret and nobody's detail.
func (l *Line) Add(name, value string) {
	if l != nil && len(l.said) < saidMax {
		l.said = append(l.said, Said{Name: name, Value: clip(value)})
	}
}

// Message is a message's parameter, of which the value may be secret.
func (l *Line) Message(name, value string) {
	if l != nil && len(l.said) < saidMax {
		l.said = append(l.said, blank(name, value))
	}
}

// Running returns until when the person tests the service that they sign on to,
// in Unix seconds; 0: they do not. What the sign-on gives the service is marked
// with it, so that what the service does with that is traced too.
func (l *Line) Running() int64 {
	if l == nil || !l.on || l.service != l.mark.service || l.person != l.mark.person {
		return 0
	}
	return l.mark.until.Unix()
}

// Granted says that a request of the service itself uses what a sign-on gave
// it, and what that was marked with.
func (l *Line) Granted(until int64, person directory.PersonID, service directory.ServiceID) {
	if l == nil || l.now.Unix() >= until {
		return
	}
	l.mark, l.on = mark{person: person, service: service}, true
	l.person, l.service = person, service
}

// saidMax is how much one message may say.
const saidMax = 40

// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"sync"
	"syscall"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

// AnsweredError says that a service answered an attempt, and not that it is done.
type AnsweredError struct{ Status int } // of HTTP

func (e *AnsweredError) Error() string {
	return fmt.Sprintf("logout: the service answered %d", e.Status)
}

// Attempt is one of the last that were made. It names nobody.
type Attempt struct {
	At     time.Time `json:"at"`
	Status Status    `json:"status"`
	Try    int       `json:"try"`             // the first is 1
	Cause  string    `json:"cause,omitempty"` // class of what went wrong: "timeout", "refused", "answered-500" …
}

// lastAttempts is how many are kept of a service, by each node for each day.
const lastAttempts = 20

// tally is what one node counted of one service in one day.
type tally struct {
	Done        int            `json:"done,omitempty"`
	Failed      int            `json:"failed,omitempty"` // attempts
	GivenUp     int            `json:"given_up,omitempty"`
	Unsupported int            `json:"unsupported,omitempty"`
	Causes      map[string]int `json:"causes,omitempty"`
	LastDone    time.Time      `json:"last_done,omitzero"`
	LastFailed  time.Time      `json:"last_failed,omitzero"`
	Recent      []Attempt      `json:"recent,omitempty"` // oldest first
}

// ledger counts deliveries of this node. It is written down with each sweep: a
// node that dies takes a few seconds of counting with it, and no delivery.
type ledger struct {
	mu      sync.Mutex
	node    string // name of this one; made when first needed
	day     string
	tallies map[directory.ServiceID]*tally
	dirty   map[directory.ServiceID]bool
}

func newLedger() *ledger {
	return &ledger{tallies: map[directory.ServiceID]*tally{}, dirty: map[directory.ServiceID]bool{}}
}

func (g *ledger) note(service directory.ServiceID, at time.Time, status Status, try int, cause error) {
	if status == Browser {
		return // nothing was tried yet
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.of(service)
	switch status {
	case Done, Asked:
		t.Done, t.LastDone = t.Done+1, at
	case Unsupported:
		t.Unsupported++
		return // it says the same each time
	default:
		t.Failed, t.LastFailed = t.Failed+1, at
	}
	class := classOf(cause)
	if class != "" {
		t.Causes[class]++
	}
	t.recent(Attempt{at, status, try, class})
}

func (g *ledger) gaveUp(service directory.ServiceID, at time.Time, tries int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.of(service)
	t.GivenUp++
	t.recent(Attempt{at, Failed, tries, "given-up"})
}

func (t *tally) recent(a Attempt) {
	t.Recent = append(t.Recent, a)
	if len(t.Recent) > lastAttempts {
		t.Recent = append([]Attempt(nil), t.Recent[len(t.Recent)-lastAttempts:]...)
	}
}

func (g *ledger) of(service directory.ServiceID) *tally {
	g.dirty[service] = true
	t, ok := g.tallies[service]
	if !ok {
		t = &tally{Causes: map[string]int{}}
		g.tallies[service] = t
	}
	return t
}

// snapshot copies a tally, which others go on counting in.
func (t *tally) snapshot() tally {
	out := *t
	out.Causes, out.Recent = maps.Clone(t.Causes), append([]Attempt(nil), t.Recent...)
	return out
}

// classOf puts what went wrong into a word that may be shown: never an address,
// never what a service wrote.
func classOf(err error) string {
	var answered *AnsweredError
	var name *net.DNSError
	var timeout net.Error
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &answered):
		return fmt.Sprintf("answered-%d", answered.Status)
	case errors.Is(err, web.ErrForbiddenAddress), errors.Is(err, web.ErrNotHTTPS):
		return "forbidden"
	case errors.As(err, &name):
		return "name"
	case errors.As(err, &certificate), errors.As(err, &authority):
		return "certificate"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, directory.ErrUnavailable), errors.Is(err, directory.ErrBusy):
		return "here"
	}
	return "other"
}

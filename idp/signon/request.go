// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"net/http"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
)

// Request is what a service asks of a sign-on, whatever the protocol. The
// protocol fills it once, from a message that it has checked: the service
// exists, and the address that the answer goes to is proven to be the service's.
type Request struct {
	Protocol string // name of the [Protocol] that answers
	Service  directory.ServiceID
	Need     release.Need

	Passive      bool     // ask the person nothing (prompt=none, IsPassive)
	Fresh        bool     // prove it again (prompt=login, ForceAuthn)
	Choose       bool     // choose the account (prompt=select_account)
	Again        bool     // ask for consent again (prompt=consent)
	MaxAge       *int     // seconds since the proof at most; nil: no matter
	ACR          []string // any of these, in order of preference
	ACREssential bool     // refuse when none of ACR can be met
	LoginHint    string   // what to write into the name field
	SubjectHint  string   // the service's identifier of whom it expects; another person is refused
	UILocales    string   // space-separated language tags
	AnswerOrigin string   // scheme://host[:port] that the answer is redirected to, for the pages' form-action

	// Reply is the protocol's own: what it needs to answer. Nobody else reads it.
	Reply []byte
}

// Result is a sign-on that succeeded.
type Result struct {
	Request  Request
	Service  directory.Service
	Person   directory.Person
	Standing directory.Standing
	Session  session.Session
	Subject  string          // whom the service knows the person as
	SID      string          // how the service knows the session
	Release  release.Release // all that may be handed over

	// Traced is until when the person tests the service, in Unix seconds; 0: they
	// do not. What the service is given is marked with it: see package trace.
	Traced int64

	// Name and Detail are what a [Namer] said.
	Name, Detail string

	// Writes are the pipeline's own. The protocol hands them to the same
	// [store.Store.Write] as its own, so that an answer costs one round trip.
	Writes []store.Op
}

// Reason is why a sign-on was refused.
type Reason string

const (
	LoginRequired     Reason = "login_required"             // passive, and nobody is logged in (or not freshly, or another)
	SelectionRequired Reason = "account_selection_required" // passive, and an account must be chosen
	ConsentRequired   Reason = "consent_required"           // passive, and consent must be asked
	InteractionNeeded Reason = "interaction_required"       // passive, and something else must be asked
	AccessDenied      Reason = "access_denied"              // the person may not enter, or said no
	ACRUnmet          Reason = "unmet_authentication_requirements"
	Unavailable       Reason = "temporarily_unavailable" // directory or store down
)

// Protocol turns results into answers. Each protocol room has one.
type Protocol interface {
	// Protocol returns the name that requests carry.
	Protocol() string

	// Answer writes the success that the service waits for.
	Answer(w http.ResponseWriter, r *http.Request, result Result) error

	// Refuse tells the service why there is none, in the protocol's own words.
	Refuse(w http.ResponseWriter, r *http.Request, request Request, reason Reason) error
}

// Namer is a [Protocol] that calls people otherwise than by [Result].Subject, as
// SAML does by a NameID. What it says is remembered with the session, so that
// the log-out can say it again, and handed back in the result.
type Namer interface {
	Protocol
	Name(result Result) (name, detail string, err error)
}

// progress is a sign-on under way, as the store keeps it.
type progress struct {
	Request Request   `json:"request"`
	Browser string    `json:"browser"` // digest of the browser's name
	Begun   time.Time `json:"begun"`
	Chosen  bool      `json:"chosen,omitempty"` // the account was chosen
	Switch  bool      `json:"switch,omitempty"` // to another account than the session's
	Agreed  bool      `json:"agreed,omitempty"` // consent was given within this sign-on
	Taken   int       `json:"taken,omitempty"`  // handles proposed that were somebody else's
	Proven  bool      `json:"proven,omitempty"` // somebody proved who they are within this sign-on

	// Changing is who has proven a password that must be changed before a
	// session begins.
	Changing directory.PersonID `json:"changing,omitempty"`
	Expired  bool               `json:"expired,omitempty"` // why: it expired, otherwise somebody else set it
}

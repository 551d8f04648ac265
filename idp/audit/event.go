// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"context"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// Kind is what happened. Each kind is one outcome: what may succeed or fail is
// two kinds.
type Kind string

// What is recorded.
const (
	LoginSucceeded  Kind = "login-succeeded"
	LoginFailed     Kind = "login-failed"
	LoggedOut       Kind = "logged-out"
	PasswordChanged Kind = "password-changed"

	SignOn        Kind = "sign-on"
	SignOnRefused Kind = "sign-on-refused"

	ConsentGiven   Kind = "consent-given"
	ConsentDenied  Kind = "consent-denied"
	ConsentStopped Kind = "consent-stopped"

	// TokensRevoked: a code or a refresh token came a second time, and all that
	// descends from it ended (RFC 9700 sections 4.5 and 4.14).
	TokensRevoked Kind = "tokens-revoked"

	KeyAdded   Kind = "key-added"
	KeyRotated Kind = "key-rotated"
	KeyRemoved Kind = "key-removed"

	PersonAdded   Kind = "person-added"
	PersonChanged Kind = "person-changed"
	PersonRemoved Kind = "person-removed"

	CollectiveAdded   Kind = "collective-added"
	CollectiveChanged Kind = "collective-changed"
	CollectiveRemoved Kind = "collective-removed"

	ServiceAdded   Kind = "service-added"
	ServiceChanged Kind = "service-changed"
	ServiceRemoved Kind = "service-removed"

	// Joining, and what managers decide. Reason is the kind of the case, or
	// [Unproven].
	Applied       Kind = "applied"
	AddressProved Kind = "address-proved"
	CaseOpened    Kind = "case-opened"
	CaseAgreed    Kind = "case-agreed" // one of two voices
	CaseAsked     Kind = "case-asked"
	CaseAnswered  Kind = "case-answered"
	CaseAccepted  Kind = "case-accepted"
	CaseRefused   Kind = "case-refused"
	CasePassed    Kind = "case-passed" // Reason: the other collective
	CaseWithdrawn Kind = "case-withdrawn"
	CaseLapsed    Kind = "case-lapsed"

	InvitationMade    Kind = "invitation-made"
	InvitationUsed    Kind = "invitation-used"
	InvitationRemoved Kind = "invitation-removed"

	MemberAdded     Kind = "member-added"
	MemberRemoved   Kind = "member-removed"
	MemberLeft      Kind = "member-left"
	ManagerAdded    Kind = "manager-added"
	ManagerRemoved  Kind = "manager-removed"
	PersonSuspended Kind = "person-suspended"
	PersonRestored  Kind = "person-restored"
	AccessGranted   Kind = "access-granted"
	AccessRevoked   Kind = "access-revoked"
	AdminAdded      Kind = "admin-added" // of a service
	AdminRemoved    Kind = "admin-removed"

	// What people do with their own account.
	PasswordSet    Kind = "password-set" // the first one
	ResetSent      Kind = "reset-sent"
	CodeUsed       Kind = "code-used"
	ProfileChanged Kind = "profile-changed"
	AddressChanged Kind = "address-changed"
	SessionEnded   Kind = "session-ended"
	DataExported   Kind = "data-exported"
	EraseAsked     Kind = "erase-asked"
	EraseCancelled Kind = "erase-cancelled"
	PersonErased   Kind = "person-erased"
	ConsentRenewed Kind = "consent-renewed" // somebody new to the service, or asked again

	// EventsLost: Reason says how many events could not be written before this
	// one. They are in the operator's log.
	EventsLost Kind = "events-lost"

	// MonthsRemoved: what is older than the record is kept was removed. Reason is
	// the number and the sum of the last line that went, with a dot between.
	MonthsRemoved Kind = "months-removed"

	// LineTorn: the process died within a line; what was left of it was removed.
	LineTorn Kind = "line-torn"
)

// Actors that are no person.
const (
	Command directory.PersonID = "command" // an operator at the command line
	System  directory.PersonID = "system"  // Clau itself
)

// Unproven is the reason of an application that came, or went, while nobody had
// proven its address. It may be anybody's doing, and is not for the managers.
const Unproven = "unproven"

// Event is one line of the record. Empty fields are left out of it.
type Event struct {
	At         time.Time                `json:"at"` // zero: now
	Kind       Kind                     `json:"kind"`
	Person     directory.PersonID       `json:"person,omitempty"` // whom it happened to
	Actor      directory.PersonID       `json:"actor,omitempty"`  // who did it, if not the person
	Service    directory.ServiceID      `json:"service,omitempty"`
	Collective directory.CollectiveName `json:"collective,omitempty"`
	Reason     string                   `json:"reason,omitempty"`    // a code such as "password-wrong", never a sentence
	Reference  string                   `json:"reference,omitempty"` // of the request, as in the operator's log
}

// Log takes events. Write returns as soon as the event waits to be written; it
// blocks while too many wait, and no longer than ctx lasts. An event that
// cannot be kept is reported to the operator: never dropped in silence.
type Log interface {
	Write(ctx context.Context, e Event)
}

// Plain replaces fields that hold anything but a code or an id. A mail address
// or a name that somebody handed in by mistake must not stay for years.
func (e Event) Plain() Event {
	e.Kind = Kind(code(string(e.Kind)))
	e.Person = directory.PersonID(code(string(e.Person)))
	e.Actor = directory.PersonID(code(string(e.Actor)))
	e.Service = directory.ServiceID(code(string(e.Service)))
	e.Collective = directory.CollectiveName(code(string(e.Collective)))
	e.Reason = code(e.Reason)
	e.Reference = code(e.Reference)
	return e
}

func code(s string) string {
	odd := func(c rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", c)
	}
	if len(s) > 100 || strings.ContainsFunc(s, odd) {
		return "unprintable"
	}
	return s
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package export

import (
	"encoding/json"
	"time"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
)

// Format and Version tell programs what they read. The version is raised when a
// field changes its meaning or goes; new fields may come at any time.
const (
	Format  = "clau-person"
	Version = 1
)

// Document is export.json. All times are RFC 3339, in UTC. What is not known, or
// not set, is left out.
type Document struct {
	Format      string       `json:"format"`
	Version     int          `json:"version"`
	Made        time.Time    `json:"made"`
	Issuer      string       `json:"issuer"` // the address of the identity provider
	Profile     Profile      `json:"profile"`
	Memberships []Membership `json:"memberships"`
	Access      []Access     `json:"access"`   // services that collectives opened to this person
	Requests    []Request    `json:"requests"` // what the person asked, and waits for a decision
	Services    []Service    `json:"services"` // what was decided about each, and what it knows them by
	Sessions    []Session    `json:"sessions"`
	Activity    []Event      `json:"activity"`  // what happened, newest first, decisions about the person among it
	Retention   []Kept       `json:"retention"` // what is kept of anybody, why and how long
}

// Profile is the person.
type Profile struct {
	ID          directory.PersonID       `json:"id"`
	Handle      directory.Handle         `json:"handle"`
	State       directory.State          `json:"state"`
	Anonymous   bool                     `json:"anonymous"`
	Name        string                   `json:"name"`
	GivenName   string                   `json:"given_name,omitempty"`
	FamilyName  string                   `json:"family_name,omitempty"`
	Mail        string                   `json:"mail,omitempty"`
	Verified    []string                 `json:"verified_mail,omitempty"`
	Pending     string                   `json:"pending_mail,omitempty"`
	Language    string                   `json:"language,omitempty"`
	Primary     directory.CollectiveName `json:"primary,omitempty"` // the collective that vouches for the account
	Created     time.Time                `json:"created"`
	Expires     *time.Time               `json:"expires,omitempty"`
	ValidatedAt *time.Time               `json:"validated_at,omitempty"`
	Reason      string                   `json:"suspended_because,omitempty"`
	Until       *time.Time               `json:"suspended_until,omitempty"`
	PaperCode   bool                     `json:"has_paper_code"`
}

// Membership is a place in a collective.
type Membership struct {
	Collective directory.CollectiveName `json:"collective"`
	Title      string                   `json:"title"`
	Manager    bool                     `json:"manager"`
}

// Access is a service opened by a collective.
type Access struct {
	Collective directory.CollectiveName `json:"collective"`
	Service    directory.ServiceID      `json:"service"`
	Title      string                   `json:"title,omitempty"`
	Role       string                   `json:"role,omitempty"`
}

// Request is something that waits for a collective's decision.
type Request struct {
	Kind       directory.CaseKind       `json:"kind"`
	Collective directory.CollectiveName `json:"collective"`
	Words      string                   `json:"words,omitempty"`
	Dialogue   []Line                   `json:"dialogue,omitempty"`
	Created    time.Time                `json:"created"`
	Expires    *time.Time               `json:"expires,omitempty"`
}

// Line is a question of the managers, or an answer.
type Line struct {
	Mine bool      `json:"mine"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Service is a service that the person decided about.
type Service struct {
	ID         directory.ServiceID        `json:"id"`
	Title      string                     `json:"title,omitempty"`
	State      directory.State            `json:"state"`
	Through    directory.CollectiveName   `json:"through,omitempty"`  // in whose name they enter
	Subject    string                     `json:"known_as,omitempty"` // the identifier it knows them by
	Appearance directory.Appearance       `json:"appearance,omitempty"`
	Pseudonym  string                     `json:"pseudonym,omitempty"`
	Handle     string                     `json:"handle,omitempty"` // the account name it knows
	Alias      string                     `json:"alias,omitempty"`  // the address it knows, in place of the real one
	Allowed    []string                   `json:"allowed,omitempty"`
	Declined   []string                   `json:"declined,omitempty"`
	Groups     []directory.CollectiveName `json:"groups,omitempty"`
	Decided    time.Time                  `json:"decided"`
	Expires    *time.Time                 `json:"asked_again,omitempty"`
	LastUsed   *time.Time                 `json:"last_used,omitempty"` // to within a day
	Receipts   []Receipt                  `json:"receipts,omitempty"`  // newest first
}

// Receipt is the record of a decision: as it was signed, and what it says.
type Receipt struct {
	JWS  string           `json:"jws"`
	Says *consent.Receipt `json:"says,omitempty"`
}

// Session is a browser in which the person is logged in.
type Session struct {
	Begun    time.Time `json:"begun"`
	Proven   time.Time `json:"proven"` // when they last gave the password
	LastUsed time.Time `json:"last_used"`
	Methods  []string  `json:"methods,omitempty"`
}

// Event is something that happened. Who did it is told as "you", "manager",
// "operator", "clau" or "unknown".
type Event struct {
	At         time.Time                `json:"at"`
	Kind       string                   `json:"kind"`
	By         string                   `json:"by"`
	Service    directory.ServiceID      `json:"service,omitempty"`
	Collective directory.CollectiveName `json:"collective,omitempty"`
	Reason     string                   `json:"reason,omitempty"`
	Reference  string                   `json:"reference,omitempty"`
}

// Kept is a kind of datum and how long it is kept.
type Kept struct {
	What string `json:"what"`
	Why  string `json:"why"`
	Long string `json:"how_long"`
}

func (d Document) json() ([]byte, error) { return json.MarshalIndent(d, "", "  ") }

// moment leaves out the moment that never comes.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

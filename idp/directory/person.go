// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

import "time"

// State says where a person, collective, service or key stands in its life.
// The zero value is no state at all and opens nothing.
type State string

// The states, with the words of voPersonStatus where it has one.
const (
	Active              State = "active"
	PendingConfirmation State = "pendingConfirmation" // the address is not proven yet
	PendingApproval     State = "pendingApproval"     // the collective has not decided yet
	Suspended           State = "suspended"           // stopped by a manager, may come back
	Locked              State = "locked"
	Expired             State = "expired"
	Denied              State = "denied"
	Deleted             State = "deleted" // a tombstone that keeps handle and ids from re-use
	Retired             State = "retired" // asked to be erased, and will be at [Person.Expires]
)

// Person is somebody with one account.
type Person struct {
	ID     PersonID
	Handle Handle
	State  State

	// Anonymous is set when a collective vouches for the person without a real
	// name: Name is then the nickname, and no civil name or address is known.
	Anonymous bool

	Name       string // as displayed; never empty
	GivenName  string
	FamilyName string

	// Mail is the address that services may be given. It is one of Verified,
	// or empty.
	Mail     string
	Verified []string // addresses proven by their owner; each is also a login name
	Pending  string   // an address waiting for proof

	Language string         // BCP 47 tag; empty: whatever the browser asks for
	Primary  CollectiveName // the collective that validated the person

	// Seed is 32 random bytes from which the pseudonyms are computed.
	// Destroying it unlinks the person from every service for ever.
	Seed []byte

	// Epoch is raised to void every token and session of the person.
	Epoch int64

	Created     time.Time
	Expires     time.Time // zero: never
	ValidatedBy PersonID
	ValidatedAt time.Time

	// Reason is why the person is suspended, in the words of who did it, and
	// Until when that ends by itself. Zero: when a manager ends it.
	Reason string
	Until  time.Time

	// Code is the digest of a code on paper, by which somebody without an
	// address comes back. Empty: there is none.
	Code string

	// MustChange is set when the password must be changed before anything
	// else is done with the account (pwdReset of the LDAP password policy).
	MustChange bool
}

// MayEnter reports whether the account is usable at the moment now. Every door
// asks this one question: a door of its own rule is how disabled people enter.
func (p Person) MayEnter(now time.Time) bool {
	served := p.State == Suspended && !p.Until.IsZero() && !now.Before(p.Until)
	return (p.State == Active || served) && (p.Expires.IsZero() || now.Before(p.Expires))
}

// PersonChange says what to change of a person; nil fields stay as they are.
// An empty value removes the attribute.
type PersonChange struct {
	State      *State
	Name       *string
	GivenName  *string
	FamilyName *string
	Mail       *string
	Verified   *[]string
	Pending    *string
	Language   *string
	Primary    *CollectiveName
	Seed       *[]byte
	Expires    *time.Time
	MustChange *bool
	Reason     *string
	Until      *time.Time

	// RaiseEpoch adds one to [Person.Epoch], atomically.
	RaiseEpoch bool

	// Still is the person as they were read, for whoever writes what follows
	// from that: nothing is written unless State, Primary, Expires and Until are
	// the same yet. Otherwise it is [ErrConflict].
	Still *Person
}

// PersonFilter chooses people to list. Zero fields do not restrict.
type PersonFilter struct {
	Collective CollectiveName // members of this collective
	State      State
	Text       string // contained in handle, name or address

	// Due chooses those for whom something is to be done at that moment: whose
	// [Person.Expires] or [Person.Until] has passed.
	Due time.Time
}

// PageMax is how many people are read at once at most.
const PageMax = 100

// Standing is all that the groups of the directory say of one person.
type Standing struct {
	Memberships []Membership // sorted by collective
	Access      []Access     // sorted by collective, then service, then role
}

// Membership is a person's place in a collective.
type Membership struct {
	Collective CollectiveName
	Manager    bool
}

// Access is a service opened to one person by a collective.
type Access struct {
	Collective CollectiveName
	Service    ServiceID
	Role       string // empty: plain access
}

// Holder is a person to whom a service is opened, and in which role.
type Holder struct {
	Person PersonID
	Role   string // empty: plain access
}

// MemberOf reports whether the person belongs to the collective.
func (s Standing) MemberOf(name CollectiveName) bool {
	for _, m := range s.Memberships {
		if m.Collective == name {
			return true
		}
	}
	return false
}

// Manages reports whether the collective entrusts the person with managing it.
func (s Standing) Manages(name CollectiveName) bool {
	for _, m := range s.Memberships {
		if m.Collective == name && m.Manager {
			return true
		}
	}
	return false
}

// PasswordAdvice is what a password policy says beside "right".
type PasswordAdvice struct {
	MustChange bool          // nothing else may be done before the password is changed
	Expired    bool          // expired, accepted by grace
	Grace      int           // logins left by grace
	ExpiresIn  time.Duration // zero: no warning
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

import (
	"context"
	"errors"
	"iter"
	"time"
)

// What a Backend answers when it does not answer. Implementations wrap these;
// callers ask with errors.Is. The text of the cause is for the log only.
var (
	ErrNotFound     = errors.New("directory: not found")
	ErrExists       = errors.New("directory: already exists")           // the entry, a handle, an address, a client id
	ErrConflict     = errors.New("directory: changed by somebody else") // read again and repeat
	ErrRefused      = errors.New("directory: refused by access rules")
	ErrInvalid      = errors.New("directory: refused by schema or constraint")
	ErrUnavailable  = errors.New("directory: unavailable")
	ErrBusy         = errors.New("directory: too many logins at once")
	ErrPassword     = errors.New("directory: wrong password") // also: empty, or no such person
	ErrLocked       = errors.New("directory: account locked by password policy")
	ErrExpired      = errors.New("directory: password expired")
	ErrWeakPassword = errors.New("directory: password refused by policy")
)

// Actor is on whose behalf a write is made. The zero Actor is nobody and is
// refused; use [System] or [As].
type Actor struct {
	person PersonID
	system bool
}

// System is Clau itself.
func System() Actor { return Actor{system: true} }

// As is a person; the directory checks the write against that person's rights.
func As(id PersonID) Actor { return Actor{person: id} }

// Person returns on whose behalf the actor writes, and false for [System] and
// for the zero Actor.
func (a Actor) Person() (PersonID, bool) { return a.person, a.person != "" }

// IsSystem reports whether the actor is Clau itself.
func (a Actor) IsSystem() bool { return a.system }

// Backend is a directory. All methods may be called from many goroutines, obey
// their context, and answer with the sentinels of this package.
type Backend interface {
	People
	Collectives
	Services
	Consents
	Cases
	Invitations
	Keys

	// Watch calls changed for every change that others or this backend make,
	// until ctx ends or the connection breaks. It first reports [ChangedAll],
	// when the watch stands: what was read before may be stale.
	Watch(ctx context.Context, changed func(Change)) error

	// Ready returns nil when the directory answers.
	Ready(ctx context.Context) error

	Close() error
}

// People keeps the people and their passwords.
type People interface {
	Person(ctx context.Context, id PersonID) (Person, error)

	// PersonByLogin finds a person by handle or by verified address, without
	// regard to case. More than one hit is [ErrNotFound].
	PersonByLogin(ctx context.Context, login string) (Person, error)

	// ListPeople yields the people that match, by pages behind the scenes. With a
	// collective and any state but [Active] those are among them who wait for
	// that collective's decision; with a state that waits, nobody else is.
	ListPeople(ctx context.Context, filter PersonFilter) iter.Seq2[Person, error]

	// Standing reads a person's memberships and access in one search.
	Standing(ctx context.Context, id PersonID) (Standing, error)

	AddPerson(ctx context.Context, by Actor, p Person) error

	// PeopleByID reads many people by one search, at most [PageMax], in no
	// order. Who is not there is left out.
	PeopleByID(ctx context.Context, ids []PersonID) ([]Person, error)

	// Taken reads by one search who stands in the way of a handle or an address:
	// people and registrations that have the handle, have proven the address, or
	// wait to prove it. Who was erased and keeps the handle from re-use has the
	// state [Deleted]. An empty handle or address is nobody's.
	Taken(ctx context.Context, handle Handle, address string) ([]Person, error)

	// Register adds somebody who waits for a collective's decision: the person,
	// below the registrations of c.Collective, together with the case about
	// them. Both have the same id.
	Register(ctx context.Context, p Person, c Case) error

	// ProveAddress makes an address that waits for proof the person's only
	// verified one, and of a registration that waits for it one that waits for
	// the decision: all of it in one step, and only if that very address still
	// waits. Otherwise it is [ErrConflict]: of two links one works. [ErrExists]
	// when somebody else proved the address meanwhile.
	ProveAddress(ctx context.Context, id PersonID, address string) error

	// Approve makes a registration that waits for approval a person: a member of
	// the collective first, by the right of the manager who decides, then in
	// its place, then active. Cut off half-way it can be repeated. [ErrConflict]
	// when it does not wait for this collective's approval.
	Approve(ctx context.Context, by Actor, name CollectiveName, id PersonID, at time.Time) error

	// SwapCode replaces the digest of a person's paper code, if it is old:
	// otherwise [ErrConflict]. Of two who use one code at once, one succeeds.
	// An empty digest is no code.
	SwapCode(ctx context.Context, id PersonID, old, new string) error

	ChangePerson(ctx context.Context, by Actor, id PersonID, change PersonChange) error

	// RemovePerson takes the person out of every group, then removes the entry
	// and all that hangs below it, and every mention on the entries of others.
	// What remains are digests, which nothing links, that keep the handle, and
	// whatever was reserved with [Consents].PutConsent, from ever being somebody
	// else's; the addresses can be used again. Cases that the person opened, and
	// invitations for which they vouched, are over. Of a
	// registration that no collective accepted, and of anybody else who is still
	// pending, nothing remains.
	RemovePerson(ctx context.Context, by Actor, id PersonID) error

	// Authenticate proves a password. An empty password never reaches the
	// directory (RFC 4513 section 5.1.2 would call it success).
	Authenticate(ctx context.Context, id PersonID, password string) (PasswordAdvice, error)

	// AuthenticateNobody costs as much as Authenticate and fails with
	// [ErrPassword]: what is done when no such person exists, so that the
	// answer's time does not tell.
	AuthenticateNobody(ctx context.Context, password string) error

	// SetPassword replaces the password; the directory hashes it.
	SetPassword(ctx context.Context, by Actor, id PersonID, password string) error
}

// Collectives keeps the collectives, their members and managers.
type Collectives interface {
	Collective(ctx context.Context, name CollectiveName) (Collective, error)
	ListCollectives(ctx context.Context) iter.Seq2[Collective, error]

	// AddCollective makes the unit and the containers below it.
	AddCollective(ctx context.Context, by Actor, c Collective) error
	ChangeCollective(ctx context.Context, by Actor, name CollectiveName, change CollectiveChange) error

	// RemoveCollective removes an empty collective; with members or services
	// left it is [ErrConflict].
	RemoveCollective(ctx context.Context, by Actor, name CollectiveName) error

	// MemberIDs reads who belongs to a collective, sorted: one read of one entry.
	MemberIDs(ctx context.Context, name CollectiveName) ([]PersonID, error)

	// Holders reads to whom a collective has opened a service, by person.
	Holders(ctx context.Context, name CollectiveName, service ServiceID) ([]Holder, error)

	// The next four are idempotent: adding who is there, removing who is not,
	// is no error.
	AddMember(ctx context.Context, by Actor, name CollectiveName, id PersonID) error
	RemoveMember(ctx context.Context, by Actor, name CollectiveName, id PersonID) error
	AddManager(ctx context.Context, by Actor, name CollectiveName, id PersonID) error
	RemoveManager(ctx context.Context, by Actor, name CollectiveName, id PersonID) error

	// RelieveManager is RemoveManager in one step with staying, who is another,
	// being a manager: if they are none it is [ErrConflict]. Of managers who
	// relieve one another at once, one is left.
	RelieveManager(ctx context.Context, name CollectiveName, id, staying PersonID) error

	// GrantAccess opens a service to a person in the name of a collective, and
	// RevokeAccess takes that back. Both are idempotent. The managers of the
	// collective may, and, where the collective is the one that runs it, the
	// service's own.
	GrantAccess(ctx context.Context, by Actor, a Access, id PersonID) error
	RevokeAccess(ctx context.Context, by Actor, a Access, id PersonID) error
}

// Services keeps the services.
type Services interface {
	Service(ctx context.Context, id ServiceID) (Service, error)
	ServiceByName(ctx context.Context, name ServiceName) (Service, error)
	ServiceByClientID(ctx context.Context, id ClientID) (Service, error)

	// ServiceByEntityID reads the service of a SAML service provider.
	ServiceByEntityID(ctx context.Context, entityID string) (Service, error)

	// ListServices yields services without their logo; see [Service].Listed.
	ListServices(ctx context.Context, filter ServiceFilter) iter.Seq2[Service, error]

	// AddService adds a service that speaks one protocol at most. [ErrExists]
	// when another has its name, id, client id or entity id.
	AddService(ctx context.Context, by Actor, s Service) error

	// ReplaceService writes all of s over the entry of the same ID. If s.Version
	// is set and is not the entry's, nothing is written: [ErrConflict].
	ReplaceService(ctx context.Context, by Actor, s Service) error
	RemoveService(ctx context.Context, by Actor, id ServiceID) error
}

// Keys keeps the signing keys, shared by all nodes.
type Keys interface {
	ListKeys(ctx context.Context) ([]Key, error)
	AddKey(ctx context.Context, k Key) error
	ReplaceKey(ctx context.Context, k Key) error
	RemoveKey(ctx context.Context, id KeyID) error
}

// Change says what became stale.
type Change struct {
	Kind    ChangeKind
	Person  PersonID  // with ChangedPerson and ChangedConsent
	Service ServiceID // with ChangedConsent
}

// ChangeKind is the kind of a [Change].
type ChangeKind int

const (
	ChangedAll        ChangeKind = iota // anything may have changed
	ChangedPerson                       // one person's own entry
	ChangedStanding                     // some group: anybody's standing
	ChangedCollective                   // some collective
	ChangedService                      // some service
	ChangedConsent                      // one person's consent for one service
	ChangedKey                          // some signing key
)

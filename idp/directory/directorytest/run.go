// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"iter"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
)

// patience bounds every single test of the contract.
const patience = 60 * time.Second

// Run tests the contract. open is called once for each part and may return
// backends over the same server: the tests keep to names of their own. The
// server must hash cheaply, and lock an account after at most twenty failures.
func Run(t *testing.T, open func(t *testing.T) directory.Backend) {
	parts := []struct {
		name string
		test func(*world)
	}{
		{"a person's life", personLife},
		{"an anonymous person", anonymousPerson},
		{"a registration is accepted", registrationAccepted},
		{"a registration is denied", registrationDenied},
		{"registering, proving, being taken in", registration},
		{"registering without an address", anonymousRegistration},
		{"what a registration must have", registrationInvalid},
		{"refusing a registration", registrationRemoved},
		{"proving an address", addressProven},
		{"who decides first", approvalRaces},
		{"a case's life", caseLife},
		{"changing a case", caseChanged},
		{"what a case must have", caseInvalid},
		{"listing cases", caseList},
		{"a case passed on", caseMoved},
		{"an invitation's life", invitationLife},
		{"what an invitation must have", invitationInvalid},
		{"fifty follow an invitation for seven", invitationRaces},
		{"what a person must have", personInvalid},
		{"handle, address and id belong to one person", personUnique},
		{"whether a handle or address is taken", taken},
		{"changing a person", personChange},
		{"names", personNames},
		{"mail is always a verified address", mailVerified},
		{"the epoch only rises", personEpoch},
		{"who was judged is still the same", personStill},
		{"removing a person", personRemoved},
		{"removing a manager", managerRemoved},
		{"what remains of a person", personRetired},
		{"listing people", listPeople},
		{"listing 1,200 people", listMany},
		{"people whose time has come", peopleDue},
		{"people by their ids", peopleByID},
		{"the members of a collective", memberIDs},
		{"to whom a service is open", holders},
		{"login by handle and by any address", login},
		{"hostile logins", hostileLogins},
		{"hostile names", hostileNames},
		{"passwords", passwords},
		{"a password must be changed", passwordMustChange},
		{"a password is guessed too often", passwordLocked},
		{"nobody's password", passwordNobody},
		{"a collective's life", collectiveLife},
		{"removing a collective", collectiveRemoved},
		{"a collective's policy", collectivePolicy},
		{"a collective's settings and logo", collectiveSettings},
		{"tokens that register services", collectiveRegistrars},
		{"members and managers", membersAndManagers},
		{"a manager is relieved while another stays", managersRelieved},
		{"managers relieve one another at once", managersRace},
		{"standing", standing},
		{"access", accessGranted},
		{"access in the name of a guest", accessOfGuests},
		{"a service's life", serviceLife},
		{"what a service must have", serviceInvalid},
		{"service names and client ids are unique", serviceUnique},
		{"replacing a service", serviceReplaced},
		{"client secrets keep their order", clientSecrets},
		{"services of every protocol", everyProtocol},
		{"a service changes its protocol", protocolSwitched},
		{"what each protocol must have", protocolInvalid},
		{"entity ids are exact and unique", entityIDs},
		{"a consent's life", consentLife},
		{"what a consent lists", consentSets},
		{"what a consent must have", consentInvalid},
		{"a consent read before a stop", consentVersions},
		{"listing consents", consentList},
		{"a consent is the person's", consentIsPersonal},
		{"handles, subjects and aliases belong to one person", consentReserves},
		{"aliases and sectors", consentAddresses},
		{"the person behind a subject", personBySubject},
		{"the same handle wanted by two", consentRaces},
		{"hostile consents", hostileConsents},
		{"keys", keys},
		{"a write without an actor", noActor},
		{"what a manager may do", managerMay},
		{"what a person may do", personMay},
		{"what a manager decides", managerDecides},
		{"whom a manager invites", managerInvites},
		{"whom a manager suspends", managerSuspends},
		{"what a manager configures", managerConfigures},
		{"what a person asks", personAsks},
		{"whom a service's admin admits", adminAdmits},
		{"watching", watching},
		{"many at once", manyAtOnce},
		{"the same member by many hands", sameMember},
		{"the same name wanted by many", sameName},
		{"a context that ended", contextEnded},
		{"a closed backend", closedBackend},
	}
	for _, part := range parts {
		t.Run(part.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			part.test(&world{T: t, Backend: open(t), ctx: ctx, mark: random(t)})
		})
	}
}

// world is one test with its backend. Names that it makes bear its mark.
type world struct {
	*testing.T
	directory.Backend
	ctx  context.Context
	mark string
}

func random(t *testing.T) string {
	t.Helper()
	raw := make([]byte, 4)
	if _, err := rand.Read(raw); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(raw)
}

// ok fails the test on an error.
func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// is fails the test unless err is of the kind wanted.
func (w *world) is(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Fatalf("got error %v, want %v", err, want)
	}
}

// same compares what was read with what was written.
func same[T any](w *world, got, want T) {
	w.Helper()
	if !reflect.DeepEqual(got, want) {
		w.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

func collect[T any](w *world, all iter.Seq2[T, error]) []T {
	w.Helper()
	var list []T
	for v, err := range all {
		w.ok(err)
		list = append(list, v)
	}
	return list
}

// somebody is a person with all that a person can have, not added yet.
func (w *world) somebody(name string) directory.Person {
	id := directory.PersonID(uuid.NewString())
	address := name + "." + w.mark + "@example.org"
	return directory.Person{
		ID: id, Handle: directory.Handle(name + "." + w.mark), State: directory.Active,
		Name: name + " Soler", GivenName: name, FamilyName: "Soler",
		Mail: address, Verified: []string{address}, Language: "ca",
		Seed: bytes.Repeat([]byte{0, 0xff, '*', ')'}, 8), Epoch: 1,
		Created:     time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC),
		ValidatedBy: id, ValidatedAt: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC),
	}
}

// person adds somebody.
func (w *world) person(name string) directory.Person {
	w.Helper()
	p := w.somebody(name)
	w.ok(w.AddPerson(w.ctx, directory.System(), p))
	return p
}

func (w *world) collective(name string) directory.Collective {
	w.Helper()
	c := directory.Collective{
		ID: uuid.NewString(), Name: directory.CollectiveName(name + "-" + w.mark), State: directory.Active,
		Title: "Ateneu " + name, Description: "Un ateneu", Mail: "hola@example.org", URL: "https://example.org/",
		Language: "ca", Created: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC),
	}
	w.ok(w.AddCollective(w.ctx, directory.System(), c))
	return c
}

// aService is a service with all that a service can have, not added yet.
func (w *world) aService(name string, c directory.CollectiveName) directory.Service {
	return directory.Service{
		ID: directory.ServiceID(uuid.NewString()), Name: directory.ServiceName(name + "-" + w.mark), Collective: c,
		State: directory.Active, Access: directory.AccessCollective, Title: "Núvol", Description: "Fitxers",
		URL: "https://nuvol.example.org/", Sector: "example.org", Created: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC),
		OIDC: &directory.OIDCClient{
			ID:           directory.ClientID("client-" + name + "-" + w.mark),
			Secrets:      []directory.ClientSecret{{SHA256: "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}},
			RedirectURIs: []string{"https://nuvol.example.org/callback"},
			Metadata: directory.ClientMetadata{
				AuthMethod: "client_secret_basic", GrantTypes: []string{"authorization_code"},
				JWKS: []byte(`{"keys":[]}`), DefaultMaxAge: 600, PKCEOptional: true,
			},
		},
	}
}

func (w *world) service(name string, c directory.CollectiveName) directory.Service {
	w.Helper()
	s := w.aService(name, c)
	w.ok(w.AddService(w.ctx, directory.System(), s))
	return s
}

func ptr[T any](v T) *T { return &v }

// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"github.com/google/uuid"
)

// Password is everybody's in the sample federation.
const Password = "una clau per a tothom 7"

// Ateneu and Horta are the collectives of the sample federation.
const (
	Ateneu directory.CollectiveName = "ateneu"
	Horta  directory.CollectiveName = "horta"
)

// sample is who is in the federation: two collectives with a manager each,
// somebody in both, and somebody whose name only the collective knows.
func sample() []directory.Person {
	return []directory.Person{
		someone("anna", "Anna Ferrer i Puig", Ateneu),
		someone("bernat", "Bernat Soler", Ateneu),
		someone("carme", "Carme Vidal", Ateneu),
		someone("dolors", "Dolors Grau", Horta),
		someone("elies", "Elies Bosch", Horta),
		nobody("falcia", "Falcia", Ateneu),
	}
}

func someone(handle, name string, primary directory.CollectiveName) directory.Person {
	mail := handle + "@exemple.coop"
	p := nobody(handle, name, primary)
	p.Anonymous, p.GivenName, p.FamilyName = false, name, name
	p.Mail, p.Verified, p.Language = mail, []string{mail}, "ca"
	return p
}

func nobody(handle, nickname string, primary directory.CollectiveName) directory.Person {
	return directory.Person{
		ID: directory.PersonID(uuid.NewString()), Handle: directory.Handle(handle), State: directory.Active,
		Anonymous: true, Name: nickname, Primary: primary, Seed: random(32), Created: time.Now().UTC().Truncate(time.Second),
	}
}

// Populate writes the sample federation into a directory, and returns its
// people by handle.
func Populate(t testing.TB, d directory.Backend) map[string]directory.Person {
	t.Helper()
	ctx, by := context.Background(), directory.System()
	for name, title := range map[directory.CollectiveName]string{Ateneu: "Ateneu Popular", Horta: "Horta Viva"} {
		must(t, d.AddCollective(ctx, by, directory.Collective{ID: uuid.NewString(), Name: name, Title: title,
			State: directory.Active, Language: "ca", Created: time.Now().UTC().Truncate(time.Second)}))
	}
	people := map[string]directory.Person{}
	for _, p := range sample() {
		must(t, d.AddPerson(ctx, by, p))
		must(t, d.SetPassword(ctx, by, p.ID, Password))
		must(t, d.AddMember(ctx, by, p.Primary, p.ID))
		people[string(p.Handle)] = p
	}
	must(t, d.AddMember(ctx, by, Horta, people["carme"].ID))
	must(t, d.AddManager(ctx, by, Ateneu, people["anna"].ID))
	must(t, d.AddManager(ctx, by, Horta, people["dolors"].ID))
	return people
}

// Client returns a confidential OpenID Connect service of the Ateneu that is
// open to everyone, and its secret.
func Client(name string, redirects ...string) (directory.Service, string) {
	secret := base64.RawURLEncoding.EncodeToString(random(32))
	return directory.Service{
		ID: directory.ServiceID(uuid.NewString()), Name: directory.ServiceName(name), Collective: Ateneu,
		State: directory.Active, Access: directory.AccessPublic, Title: "Service " + name,
		Created: time.Now().UTC().Truncate(time.Second),
		OIDC: &directory.OIDCClient{
			ID: directory.ClientID(name + "-" + uuid.NewString()[:8]), RedirectURIs: redirects,
			Secrets: []directory.ClientSecret{{SHA256: digest(secret)}},
			Metadata: directory.ClientMetadata{
				AuthMethod: "client_secret_basic",
				GrantTypes: []string{"authorization_code", "refresh_token", "client_credentials"},
			},
		},
	}, secret
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails (crypto/rand)
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

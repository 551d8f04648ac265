// SPDX-License-Identifier: AGPL-3.0-or-later

package demo

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
)

// Password is everybody's in the sample federation.
const Password = "obre-la-porta"

// The collectives of the sample federation.
const (
	Ateneu directory.CollectiveName = "ateneu"
	Horta  directory.CollectiveName = "horta"
)

// Somebody is a person of the sample federation.
type Somebody struct {
	Handle        directory.Handle
	Name          string
	Given, Family string // both empty: the person is anonymous
	Language      string
	Belongs       []directory.CollectiveName // the first vouches
	Manages       directory.CollectiveName   // empty: none
}

// Anonymous reports whether only the collective knows who it is.
func (s Somebody) Anonymous() bool { return s.Given == "" }

// People is who lives in the sample federation.
func People() []Somebody {
	ateneu, horta := []directory.CollectiveName{Ateneu}, []directory.CollectiveName{Horta}
	return []Somebody{
		{"nuria", "Núria Serra i Pons", "Núria", "Serra i Pons", "ca", ateneu, Ateneu},
		{"pau", "Pau Vidal", "Pau", "Vidal", "ca", ateneu, ""},
		{"aina", "Aina Roca i Mas", "Aina", "Roca i Mas", "ca", ateneu, ""},
		{"falciot", "Falciot", "", "", "ca", ateneu, ""},
		{"jordi", "Jordi Ferrer", "Jordi", "Ferrer", "ca", []directory.CollectiveName{Ateneu, Horta}, ""},
		{"merce", "Mercè Soler i Puig", "Mercè", "Soler i Puig", "ca", horta, Horta},
		{"fatima", "Fatima El Amrani", "Fatima", "El Amrani", "es", horta, ""},
		{"oriol", "Oriol Camps", "Oriol", "Camps", "en", horta, ""},
	}
}

//go:embed ateneu.toml horta.toml
var policies embed.FS

// policyOf is what a sample collective decided about consent, as the directory
// keeps it.
func policyOf(name directory.CollectiveName) ([]byte, error) {
	written, err := policies.ReadFile(string(name) + ".toml")
	if err != nil {
		return nil, err
	}
	policy, err := consent.ParsePolicy(written, consent.TOML)
	if err != nil {
		return nil, err
	}
	return policy.Encode(consent.JSON)
}

func sampleCollectives() []directory.Collective {
	return []directory.Collective{
		{
			Name: Ateneu, Title: "Ateneu Popular de Vilaclara", Language: "ca",
			Description: "Casa de cultura, oberta a tothom", Mail: "hola@ateneu.example", URL: "https://ateneu.example",
		},
		{
			Name: Horta, Title: "Horta Viva, cooperativa de consum", Language: "ca",
			Description: "Verdura de prop, cada dijous", Mail: "cistelles@horta.example", URL: "https://horta.example",
		},
	}
}

// Seeder writes the sample federation.
type Seeder struct {
	Directory directory.Backend
	Now       func() time.Time
	Rand      io.Reader
}

// Seed writes collectives and people, unless all of it was done before: what
// somebody changed in a demonstration that is kept, stays changed. A seeding
// that was interrupted goes on where it was.
func (s Seeder) Seed(ctx context.Context) error {
	_, err := s.Directory.ServiceByName(ctx, Elsewhere().Name) // is registered after all people
	if err == nil {
		return nil
	}
	if !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	for _, c := range sampleCollectives() {
		if c.Policy, err = policyOf(c.Name); err != nil {
			return fmt.Errorf("the policy of %s: %w", c.Name, err)
		}
		if err := s.addCollective(ctx, c); err != nil {
			return fmt.Errorf("adding %s: %w", c.Name, err)
		}
	}
	for _, p := range People() {
		if err := s.addPerson(ctx, p); err != nil {
			return fmt.Errorf("adding %s: %w", p.Handle, err)
		}
	}
	return nil
}

func (s Seeder) addCollective(ctx context.Context, c directory.Collective) error {
	id, err := s.id()
	if err != nil {
		return err
	}
	c.ID, c.State, c.Created = id, directory.Active, s.now()
	err = s.Directory.AddCollective(ctx, directory.System(), c)
	if errors.Is(err, directory.ErrExists) {
		return nil
	}
	return err
}

func (s Seeder) addPerson(ctx context.Context, one Somebody) error {
	p, err := s.findOrAdd(ctx, one)
	if err != nil {
		return err
	}
	by := directory.System()
	if err := s.Directory.SetPassword(ctx, by, p.ID, Password); err != nil {
		return err
	}
	for _, name := range one.Belongs {
		if err := s.Directory.AddMember(ctx, by, name, p.ID); err != nil {
			return err
		}
	}
	if one.Manages == "" {
		return nil
	}
	return s.Directory.AddManager(ctx, by, one.Manages, p.ID)
}

func (s Seeder) findOrAdd(ctx context.Context, one Somebody) (directory.Person, error) {
	p, err := s.Directory.PersonByLogin(ctx, string(one.Handle))
	if !errors.Is(err, directory.ErrNotFound) {
		return p, err
	}
	if p, err = s.person(one); err != nil {
		return p, err
	}
	return p, s.Directory.AddPerson(ctx, directory.System(), p)
}

func (s Seeder) person(one Somebody) (directory.Person, error) {
	id, err := s.id()
	if err != nil {
		return directory.Person{}, err
	}
	seed := make([]byte, 32)
	if _, err := io.ReadFull(s.Rand, seed); err != nil {
		return directory.Person{}, err
	}
	p := directory.Person{
		ID: directory.PersonID(id), Handle: one.Handle, State: directory.Active, Name: one.Name,
		Anonymous: one.Anonymous(), GivenName: one.Given, FamilyName: one.Family, Language: one.Language,
		Primary: one.Belongs[0], Seed: seed, Created: s.now(),
	}
	if !p.Anonymous {
		p.Mail = string(one.Handle) + "@" + string(p.Primary) + ".example"
		p.Verified = []string{p.Mail}
	}
	return p, nil
}

func (s Seeder) now() time.Time { return s.Now().UTC().Truncate(time.Second) }

func (s Seeder) id() (string, error) {
	id, err := uuid.NewRandomFromReader(s.Rand)
	return id.String(), err
}

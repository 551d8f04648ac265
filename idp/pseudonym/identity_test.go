// SPDX-License-Identifier: AGPL-3.0-or-later

package pseudonym_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/pseudonym"
)

var aliasForm = regexp.MustCompile(`^[a-z][a-z2-7]{25}@`)

// A vector that changes is a person whom a service takes for somebody else.
// Only handles may change, with the words: the directory keeps those in use.
func TestIdentitiesStayWhatTheyAre(t *testing.T) {
	b, err := os.ReadFile("testdata/identities.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Sector, Seed, Lang              string
		Identity, Try                   int
		Domain                          string
		Subject, Handle, Display, Alias string
	}
	if err := json.Unmarshal(b, &vectors); err != nil {
		t.Fatal(err)
	}
	names := pseudonym.New(fixed(7))
	for _, v := range vectors {
		seed := []byte(v.Seed)
		for what, pair := range map[string][2]string{
			"subject": {names.Of(v.Sector, seed, v.Identity), v.Subject},
			"handle":  {names.Handle(v.Sector, seed, v.Identity, v.Try, v.Lang), v.Handle},
			"display": {names.Display(v.Handle, v.Lang), v.Display},
			"alias":   {names.Alias(v.Sector, seed, v.Identity, v.Domain), v.Alias},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s of identity %d, try %d in %q: %q, was %q", what, v.Identity, v.Try, v.Sector, pair[0], pair[1])
			}
		}
	}
	if len(vectors) < 6 {
		t.Errorf("only %d vectors", len(vectors))
	}
}

// A person who asks to be somebody new is met as a stranger. Who never asked is
// known as before there was anything to ask for.
func TestSomebodyNew(t *testing.T) {
	names := pseudonym.New(fixed(7))
	cloud, ada := service("id-1", ""), directory.Person{Seed: seed(1)}
	if names.SubjectOf(cloud, ada, 0) != names.Subject(cloud, ada) {
		t.Error("the first identity is not the one that services know")
	}
	seen := map[string]bool{}
	for identity := range 1_000 {
		for _, name := range []string{
			names.SubjectOf(cloud, ada, identity),
			names.Handle(pseudonym.Sector(cloud), ada.Seed, identity, 0, "ca"),
			names.Alias(pseudonym.Sector(cloud), ada.Seed, identity, ""),
		} {
			if seen[name] {
				t.Fatalf("identity %d is met under %q, as an earlier one", identity, name)
			}
			seen[name] = true
		}
		if name := names.SubjectOf(cloud, ada, identity); !form.MatchString(name) {
			t.Fatalf("subject %q", name)
		}
	}
}

// A new identity in one sector changes nothing in another: it is hashed after
// the seed, so a seed that ends in a number is not taken for one.
func TestIdentitiesAreNotPartOfTheSeed(t *testing.T) {
	names := pseudonym.New(fixed(7))
	longer := append(seed(1), 0, 0, 0, 0, 0, 0, 0, 1)
	if names.Of("s", longer, 0) == names.Of("s", seed(1), 1) {
		t.Error("a longer seed has the name of a new identity")
	}
}

func TestAliases(t *testing.T) {
	names := pseudonym.New(fixed(7))
	at := func(domain string) string { return names.Alias("sector:cloud", seed(1), 0, domain) }
	for domain, want := range map[string]string{"alias.example": "@alias.example", "": "@anon.invalid"} {
		if got := at(domain); !aliasForm.MatchString(got) || !strings.HasSuffix(got, want) {
			t.Errorf("below %q: %q", domain, got)
		}
	}
	local := func(address string) string { return address[:strings.Index(address, "@")] }
	if local(at("")) != local(at("alias.example")) {
		t.Error("an alias changes when mail is set up")
	}
	seen := map[string]bool{}
	for n := range uint64(25_000) {
		got := names.Alias("sector:cloud", seed(n), 0, "")
		if seen[got] || !aliasForm.MatchString(got) {
			t.Fatalf("%q is malformed or came before", got)
		}
		seen[got] = true
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pseudonym_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/pseudonym"
)

var form = regexp.MustCompile(`^[a-z][a-z2-7]{31}$`)

// fixed stands for a master secret that the vectors are computed with.
type fixed byte

func (f fixed) Derive(purpose string, n int) []byte {
	return bytes.Repeat([]byte{byte(f), purpose[5]}, n/2)
}

func seed(n uint64) []byte {
	source := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16), 1})
	b := make([]byte, 32)
	source.Read(b)
	return b
}

func service(id, sector string) directory.Service {
	return directory.Service{ID: directory.ServiceID(id), Collective: "ateneu", Sector: sector}
}

// Two collectives that name a sector alike share nothing: neither registers its
// way into what the other's services know.
func TestASectorIsACollectives(t *testing.T) {
	ours, theirs := service("forum", "shared"), service("wiki", "shared")
	if pseudonym.Sector(ours) != pseudonym.Sector(theirs) {
		t.Error("one collective, one sector, two names")
	}
	theirs.Collective = "horta"
	if pseudonym.Sector(ours) == pseudonym.Sector(theirs) {
		t.Error("two collectives meet in one sector")
	}
}

// A vector that changes is every account at every service gone.
func TestNamesStayWhatTheyAre(t *testing.T) {
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct{ ID, Sector, Seed, Session, Subject, SID string }
	if err := json.Unmarshal(b, &vectors); err != nil {
		t.Fatal(err)
	}
	names := pseudonym.New(fixed(7))
	for _, v := range vectors {
		s := service(v.ID, v.Sector)
		if got := names.Subject(s, directory.Person{Seed: []byte(v.Seed)}); got != v.Subject {
			t.Errorf("subject at %q of %q: %s, was %s", v.ID, v.Sector, got, v.Subject)
		}
		if got := names.SessionID(v.Session, s); got != v.SID {
			t.Errorf("sid of %q at %q: %s, was %s", v.Session, v.ID, got, v.SID)
		}
	}
	if len(vectors) < 4 {
		t.Errorf("only %d vectors", len(vectors))
	}
}

// The purposes stand in the table of package keys too; the two must agree.
func TestPurposesAreThoseOfTheTable(t *testing.T) {
	var asked purposes
	pseudonym.New(&asked)
	if want := (purposes{keys.PurposePseudonyms, keys.PurposeSessionIDs}); fmt.Sprint(asked) != fmt.Sprint(want) {
		t.Errorf("derives for %s, want %s", asked, want)
	}
}

type purposes []string

func (p *purposes) Derive(purpose string, n int) []byte {
	*p = append(*p, purpose)
	return make([]byte, n)
}

func TestHundredThousandNamesDiffer(t *testing.T) {
	names, seen := pseudonym.New(fixed(7)), map[string]bool{}
	for n := range uint64(25_000) {
		for _, got := range []string{
			names.Of("sector:cloud", seed(n), 0),
			names.Of("sector:forum", seed(n), 0),
			names.SessionID(fmt.Sprint(n), service("cloud", "")),
			names.SessionID(fmt.Sprint(n), service("forum", "")),
		} {
			if !form.MatchString(got) || seen[got] {
				t.Fatalf("%q is malformed or came before", got)
			}
			seen[got] = true
		}
	}
}

// Two services that lay their lists side by side find nothing to join them by.
func TestNamesOfOnePersonHaveNothingInCommon(t *testing.T) {
	const run = 8 // by chance two names share that many characters once in a billion
	names, where := pseudonym.New(fixed(7)), map[string]string{}
	for n := range 300 {
		id := fmt.Sprintf("service-%d", n)
		for what, name := range map[string]string{
			"subject": names.Subject(service(id, ""), directory.Person{Seed: seed(1)}),
			"sid":     names.SessionID("one-session", service(id, "")),
		} {
			for i := range len(name) - run {
				part := name[i : i+run]
				if other, ok := where[part]; ok {
					t.Fatalf("%s at %s shares %q with %s", what, id, part, other)
				}
				where[part] = what + " at " + id
			}
		}
	}
}

func TestWhoShareAName(t *testing.T) {
	names := pseudonym.New(fixed(7))
	ada, grace := directory.Person{Seed: seed(1)}, directory.Person{Seed: seed(2)}
	renewed := ada
	renewed.Seed = seed(3)
	cloud, forum := service("id-1", "coop"), service("id-2", "coop")
	alone := service("id-1", "")
	posing := service("id-3", "service:id-1") // a sector named as a service names itself

	same := func(a, b string) {
		t.Helper()
		if a != b || a == "" {
			t.Errorf("%q and %q should be one", a, b)
		}
	}
	differ := func(a, b string) {
		t.Helper()
		if a == b || a == "" {
			t.Errorf("%q and %q should differ", a, b)
		}
	}
	same(names.Subject(cloud, ada), names.Subject(forum, ada))
	same(names.Subject(cloud, ada), pseudonym.New(fixed(7)).Subject(cloud, ada))
	differ(names.Subject(cloud, ada), names.Subject(cloud, grace))
	differ(names.Subject(cloud, ada), names.Subject(alone, ada))
	differ(names.Subject(alone, ada), names.Subject(posing, ada))
	differ(names.Subject(cloud, ada), names.Subject(cloud, renewed))
	differ(names.Subject(cloud, ada), pseudonym.New(fixed(8)).Subject(cloud, ada))
	differ(names.SessionID("s", cloud), names.SessionID("s", forum)) // one sector, two sids
	differ(names.SessionID("s", cloud), names.SessionID("r", cloud))
	differ(names.Of("ab", []byte("c"), 0), names.Of("a", []byte("bc"), 0))
}

// Destroying the seed is how a person is forgotten. Two forgotten people must
// not be taken for one.
func TestForgottenPeopleHaveNoName(t *testing.T) {
	names := pseudonym.New(fixed(7))
	if got := names.Subject(service("id-1", ""), directory.Person{}); got != "" {
		t.Errorf("the name %q", got)
	}
}

func TestMasterSecretOfTheInstallation(t *testing.T) {
	m, err := keys.NewMaster(rand.NewChaCha8([32]byte{9}))
	if err != nil {
		t.Fatal(err)
	}
	if got := pseudonym.New(m).Of("sector:cloud", seed(1), 0); !form.MatchString(got) {
		t.Errorf("name %q", got)
	}
}

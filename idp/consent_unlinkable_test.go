// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	cryptorand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/pseudonym"
	"commonscloud.coop/clau/idp/release"
)

// TestNobodyIsMetTwice: a thousand people go through twenty services, without a
// name or by another one. The services lay side by side all that they got, and
// are right about who is who no more often than by guessing.
func TestNobodyIsMetTwice(t *testing.T) {
	const people, services = 1000, 20
	chance := rand.New(rand.NewPCG(3, 4))
	town := newMasked(t, people)
	ledgers := make([]ledger, services)
	for s := range ledgers {
		ledgers[s] = town.visit(t, s, chance)
	}
	for name, l := range linkers {
		right, guesses := linked(l, ledgers, chance)
		t.Logf("%s: %d of %d guesses are right", name, right, guesses)
		if suspicious(right, guesses, people) {
			t.Errorf("%s tell who is who: %d of %d guesses are right", name, right, guesses)
		}
	}
}

// masked are people who appear by a pseudonym, or by no name.
type masked struct {
	names    *pseudonym.Names
	people   []directory.Person
	sessions []string
}

func newMasked(t *testing.T, n int) masked {
	t.Helper()
	master, err := keys.NewMaster(cryptorand.Reader)
	check(t, err)
	m := masked{names: pseudonym.New(master)}
	for i := range n {
		p := directory.Person{
			ID: directory.PersonID(fmt.Sprint("p", i)), Handle: directory.Handle(fmt.Sprint("persona", i)), State: directory.Active,
			Anonymous: i%2 == 0, Name: fmt.Sprint("Persona ", i), Primary: idptest.Ateneu,
			Language: []string{"ca", "es", "en"}[i%3], Seed: make([]byte, 32),
		}
		if !p.Anonymous {
			p.GivenName, p.Mail = p.Name, fmt.Sprintf("persona%d@exemple.coop", i)
		}
		_, _ = cryptorand.Read(p.Seed)
		m.people, m.sessions = append(m.people, p), append(m.sessions, cryptorand.Text())
	}
	return m
}

// visit lets everybody enter a service, in whatever order, and returns what it got.
func (m masked) visit(t *testing.T, number int, chance *rand.Rand) ledger {
	t.Helper()
	s := directory.Service{
		ID: directory.ServiceID(fmt.Sprint("service", number)), Name: directory.ServiceName(fmt.Sprint("service", number)),
		Collective: idptest.Ateneu, State: directory.Active, Access: directory.AccessPublic,
	}
	taken, out := map[string]bool{}, ledger{}
	for _, i := range chance.Perm(len(m.people)) {
		named := chance.IntN(4) > 0 // one in four has no name there
		out.people = append(out.people, i)
		out.records = append(out.records, m.enters(t, i, s, named, taken))
	}
	return out
}

// enters is a sign-on as the pipeline makes it: asked, answered, reserved,
// released.
func (m masked) enters(t *testing.T, i int, s directory.Service, named bool, taken map[string]bool) record {
	t.Helper()
	p, sector := m.people[i], pseudonym.Sector(s)
	in := consent.Input{
		Need: release.Attributes(), Policy: consent.Default(), Service: s, Person: p, Now: time.Unix(1_800_000_000, 0),
		Standing: directory.Standing{Memberships: []directory.Membership{{Collective: idptest.Ateneu}}},
	}
	for try := 0; ; try++ {
		handle := m.names.Handle(sector, p.Seed, 0, try, "ca")
		in.Names = consent.Names{
			Handle: handle, Pseudonym: m.names.Display(handle, "ca"), Alias: m.names.Alias(sector, p.Seed, 0, ""),
		}
		if !taken[handle] {
			taken[handle] = true
			break
		}
	}
	decided, err := consent.Settle(in, masking(in, named))
	check(t, err)
	in.Consent = &decided
	told := release.Decide(in.Need, release.Facts{Person: p, Standing: in.Standing, Service: s, Terms: consent.Judge(in).Terms})
	r := record{"sub": m.names.SubjectOf(s, p, 0), "sid": m.names.SessionID(m.sessions[i], s)}
	for attribute, value := range told {
		if text := fmt.Sprint(value); text != "" {
			r[string(attribute)] = text
		}
	}
	return r
}

// masking is the answer of somebody who shares their mask and keeps language
// and collectives to themselves.
func masking(in consent.Input, named bool) consent.Answer {
	question := consent.Judge(in).Ask
	a := consent.Answer{Seen: question.Seen("ca"), Language: "ca", Appearance: directory.AppearPseudonym, Pseudonym: question.Pseudonym}
	if !named {
		a.Appearance, a.Pseudonym = directory.AppearNone, ""
	}
	for _, item := range question.New() {
		if item.Attribute != release.Language && item.Attribute != release.Groups {
			a.Allow = append(a.Allow, item.Attribute)
		}
	}
	return a
}

// TestWhatServicesGetCannotBeLaidSideBySide: a sample goes through Clau itself.
// Whatever tells one person from another at a service, in any token, answer or
// message, is met at no other service at all. When something happened is left
// aside: services see by their own clocks when somebody comes.
func TestWhatServicesGetCannotBeLaidSideBySide(t *testing.T) {
	const people, services = 8, 5
	clau := idptest.Start(t, idptest.Options{Configure: unhurried})
	var parties []*idptest.Party
	for i := range services {
		party := clau.Party(t, fmt.Sprint("servei", i), func(s *directory.Service) { s.OIDC.Metadata.ClaimsInIDToken = i%2 == 0 })
		party.Scope = []string{"openid", "profile", "email", "offline_access"}
		parties = append(parties, party)
	}
	got := make([]map[int][]string, services) // by service and person: all there is to compare
	for s := range got {
		got[s] = map[int][]string{}
	}
	for i := range people {
		who := newCanary(t, clau, i, tableDecision{anonymous: i%2 == 0})
		mask := tableDecision{appear: "pseudonym", ticks: func(item int) bool { return decided[item] != "locale" }}
		for _, s := range rand.Perm(services) {
			clau.Clock.Advance(7 * time.Second)
			got[s][i] = append(got[s][i], passes(t, who, mask, parties[s])...)
		}
		who.Open(clau.Issuer + "/account")
		who.Press("#logout")
		for s, party := range parties {
			told := party.Told()
			if len(told) != i+1 {
				t.Fatalf("service %d was told of %d logouts, and not of %d", s, len(told), i+1)
			}
			got[s][i] = append(got[s][i], leaves(payload(t, told[i]))...)
		}
	}
	for s := range got {
		own := distinguishing(got[s])
		for other := range s {
			for i, values := range own {
				for j, there := range distinguishing(got[other]) {
					if shared := common(values, there); shared != "" {
						t.Errorf("%q is met at services %d and %d, of persons %d and %d", shared, s, other, i, j)
					}
				}
			}
		}
	}
}

// passes signs on and returns every value in all that the service can get.
func passes(t *testing.T, who canary, mask tableDecision, party *idptest.Party) []string {
	t.Helper()
	reads := who.Reads()
	reads.Open(party.URL + "/login")
	if reads.Has("#username") {
		reads.LogsIn(string(who.handle), idptest.Password)
	}
	if reads.Has("#consent-allow") {
		who.answers(mask)
	}
	reads.Sees("You are in.")
	v := party.Last()
	again := party.Refresh(v.Token.RefreshToken)
	out := []string{v.Token.AccessToken, v.Token.RefreshToken, again.Text("access_token"), again.Text("refresh_token")}
	for _, answer := range []map[string]any{v.Claims, v.UserInfo, payload(t, again.Text("id_token")),
		party.Introspect(again.Text("access_token")).JSON, party.Introspect(again.Text("refresh_token")).JSON} {
		out = append(out, leaves(answer)...)
	}
	return out
}

// leaves are the values of an answer, however deep, as text.
func leaves(answer map[string]any) []string {
	var out []string
	for name, value := range answer {
		switch v := value.(type) {
		case map[string]any:
			out = append(out, leaves(v)...)
		default:
			if name != "iat" && name != "exp" { // when the service asked
				out = append(out, fmt.Sprint(v))
			}
		}
	}
	return out
}

// distinguishing are the values that only one person has at a service.
func distinguishing(got map[int][]string) map[int][]string {
	holders := map[string]map[int]bool{}
	for i, all := range got {
		for _, v := range all {
			if holders[v] == nil {
				holders[v] = map[int]bool{}
			}
			holders[v][i] = true
		}
	}
	out := map[int][]string{}
	for v, who := range holders {
		for i := range who {
			if len(who) == 1 {
				out[i] = append(out[i], v)
			}
		}
	}
	return out
}

// common is a value that two lists share, or a part of one that is too long to
// be so by chance.
func common(a, b []string) string {
	const long = 20
	parts := map[string]bool{}
	for _, v := range a {
		parts[v] = true
		for i := range max(0, len(v)-long+1) {
			parts[v[i:i+long]] = true
		}
	}
	for _, v := range b {
		if parts[v] {
			return v
		}
		for i := range max(0, len(v)-long+1) {
			if part := v[i : i+long]; parts[part] {
				return part
			}
		}
	}
	return ""
}

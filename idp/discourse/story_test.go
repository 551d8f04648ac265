// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

const enter = "https://forum.example/session/sso"

// TestTheForumLogsIn: once with a log-in and consent, and then without a question.
func TestTheForumLogsIn(t *testing.T) {
	w := start(t)
	b := newBoard(w)
	mireia := w.Browser()
	page := mireia.Go(enter).LogIn("mireia").Allow()
	if page.Status != http.StatusOK || page.Body != "Logged in as mireia" {
		t.Fatalf("%d %s", page.Status, page.Body)
	}
	m := b.one()
	if len(m.external) != 32 || m.email != "mireia@coop.example" || m.name != "Mireia Ñandú" || m.locale != "ca" || m.admin {
		t.Errorf("%+v", m)
	}
	if !slices.Equal(m.groups, []string{"ateneu"}) {
		t.Errorf("groups %q", m.groups)
	}
	if page := mireia.Go(enter); page.Body != "Logged in as mireia" {
		t.Errorf("again: %s", page.Body)
	}
	if page := w.Browser().Go(enter).LogIn("mireia"); page.Body != "Logged in as mireia" {
		t.Errorf("elsewhere: %s", page.Body)
	}
	b.one()
}

// TestAForumBelowAPath answers there, and is asked for another request there.
func TestAForumBelowAPath(t *testing.T) {
	w := start(t, func(s *directory.Service) {
		s.Discourse.ReturnURLs = []string{"https://forum.example/parla/session/sso_login"}
	})
	b := newBoard(w)
	b.below = "/parla"
	page := w.Browser().Go("https://forum.example/parla/session/sso").LogIn("mireia")
	w.Clock.Advance(10 * time.Minute)
	if page := page.Allow(); page.Body != "Logged in as mireia" {
		t.Errorf("%d %s", page.Status, page.Body)
	}
}

// TestAnAnswerThatComesTooLate would be an error page of the forum's. In place
// of it the forum makes another request, and nobody notices.
func TestAnAnswerThatComesTooLate(t *testing.T) {
	for after, onceMore := range map[time.Duration]bool{9 * time.Minute: false, 9*time.Minute + time.Second: true, 50 * time.Minute: true} {
		w := start(t)
		newBoard(w)
		b := w.Browser()
		page := b.Go(enter).LogIn("mireia")
		w.Clock.Advance(after)
		page = page.Allow()
		again := slices.Contains(b.Seen, enter+"?return_path=%2F")
		if page.Body != "Logged in as mireia" || again != onceMore {
			t.Errorf("after %s: %d %s, once more: %v", after, page.Status, page.Body, again)
		}
	}
}

// TestWhoDoesNotEnter reads it on our page, with a way to the front page of the
// forum: there is no way to tell the forum.
func TestWhoDoesNotEnter(t *testing.T) {
	w := start(t)
	b := newBoard(w)
	page := w.Browser().Go(enter).LogIn("mireia").At("/login/consent").Submit("answer", "deny")
	if page.Status != http.StatusForbidden || !strings.Contains(page.Body, ">cancelled<") || !strings.Contains(page.Body, `href="https://forum.example/"`) {
		t.Errorf("declined: %d %s", page.Status, page.Body)
	}
	w.Town.SetStanding("bernat", directory.Standing{})
	if page := w.Browser().Go(enter).LogIn("bernat").At("/login/closed"); page.Status != http.StatusForbidden {
		t.Errorf("closed to bernat: %d", page.Status)
	}
	if len(b.users) > 0 {
		t.Error("somebody entered all the same")
	}
}

// TestAddresses: the forum takes an address for the person, so it is told what
// nobody proved, and who has none gets one that is nobody's.
func TestAddresses(t *testing.T) {
	placeholder := func(said map[string][]string) bool {
		return said["email"][0] == said["external_id"][0]+"@anon.invalid" && said["require_activation"][0] == "false"
	}
	for _, c := range []struct {
		name   string
		but    []string
		change func(*directory.Person)
		body   string
		want   func(said map[string][]string) bool
	}{
		{"proven", nil, func(*directory.Person) {}, "Logged in as mireia", func(said map[string][]string) bool {
			return said["email"][0] == "mireia@coop.example" && said["require_activation"][0] == "false"
		}},
		{"not proven", nil, func(p *directory.Person) { p.Verified = nil }, "Account created", func(said map[string][]string) bool {
			return said["email"][0] == "mireia@coop.example" && said["require_activation"][0] == "true"
		}},
		{"kept back", []string{"email"}, func(*directory.Person) {}, "Logged in as mireia", placeholder},
		{"none", nil, func(p *directory.Person) { p.Mail, p.Verified = "", nil }, "Logged in as mireia", placeholder},
		{"anonymous", nil, func(p *directory.Person) { p.Anonymous, p.Mail, p.Verified = true, "", nil }, "Logged in as", func(said map[string][]string) bool {
			return strings.HasSuffix(said["email"][0], ".invalid") && said["require_activation"][0] == "false" &&
				len(said["name"]) == 1 && !strings.Contains(said["name"][0], "Mireia")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := start(t)
			b := newBoard(w)
			w.Town.SetPerson("mireia", c.change)
			page := w.Browser().Go(enter).LogIn("mireia").Allow(c.but...)
			if !strings.HasPrefix(page.Body, c.body) || !c.want(b.said()) {
				t.Errorf("%d %s: said %v", page.Status, page.Body, b.said())
			}
		})
	}
}

// TestNobodyGetsAnAccountByAnAddressThatIsNotTheirs.
func TestNobodyGetsAnAccountByAnAddressThatIsNotTheirs(t *testing.T) {
	w := start(t)
	b := newBoard(w)
	b.users = []*member{{id: 1, external: "somebody", email: "mireia@coop.example", username: "victim", active: true}}
	w.Town.SetPerson("mireia", func(p *directory.Person) { p.Verified = nil })
	page := w.Browser().Go(enter).LogIn("mireia").Allow()
	if b.users[0].external != "somebody" || strings.Contains(page.Body, "victim") {
		t.Errorf("%s: %+v", page.Body, b.users[0])
	}
}

// TestTheForumIsToldWhatItsRecordAllows, and nothing else.
func TestTheForumIsToldWhatItsRecordAllows(t *testing.T) {
	w := start(t, settings(func(s *directory.DiscourseSettings) { s.Attributes = []string{"locale", "given_names"} }))
	b := newBoard(w)
	page := w.Browser().Go(enter).LogIn("mireia").Allow()
	if page.Status != http.StatusOK {
		t.Fatalf("%d %s", page.Status, page.Body)
	}
	for _, field := range []string{"name", "username", "groups", "add_groups", "remove_groups", "admin", "moderator"} {
		if b.said().Has(field) {
			t.Errorf("told %s = %q", field, b.said().Get(field))
		}
	}
	if b.said().Get("locale") != "ca" {
		t.Errorf("said %v", b.said())
	}
}

// TestLocales are written as the forum writes them.
func TestLocales(t *testing.T) {
	w := start(t)
	b := newBoard(w)
	w.Town.SetPerson("mireia", func(p *directory.Person) { p.Language = "pt-BR" })
	w.Browser().Go(enter).LogIn("mireia").Allow()
	if b.said().Get("locale") != "pt_BR" {
		t.Errorf("locale %q", b.said().Get("locale"))
	}
}

// TestGroups follow the person: by adding and removing, or as a whole.
func TestGroups(t *testing.T) {
	in := func(places ...directory.CollectiveName) directory.Standing {
		var s directory.Standing
		for _, name := range places {
			s.Memberships = append(s.Memberships, directory.Membership{Collective: name})
		}
		return s
	}
	withRole := in("ateneu")
	withRole.Access = []directory.Access{{Collective: "ateneu", Service: "id-of-forum", Role: "board"}}
	names := map[string]string{"ateneu.board": "junta", "veins": "veins", "lectors": ""}
	for _, c := range []struct {
		name     string
		full     bool
		standing directory.Standing
		but      []string
		had      []string
		want     []string
		says     string // of what leaves
	}{
		{"a member", false, in("ateneu"), nil, nil, []string{"ateneu"}, "add ateneu remove junta,veins"},
		{"what the forum gave stays", false, in("ateneu"), nil, []string{"staff-picks"}, []string{"ateneu", "staff-picks"}, "add ateneu remove junta,veins"},
		{"a role", false, withRole, nil, nil, []string{"ateneu", "junta"}, "add ateneu,junta remove veins"},
		{"a role that was taken", false, in("ateneu"), nil, []string{"junta"}, []string{"ateneu"}, "add ateneu remove junta,veins"},
		{"a guest", false, in("veins"), nil, []string{"ateneu"}, []string{"veins"}, "add veins remove ateneu,junta"},
		{"of another collective too, which is none of the forum's business", false, in("ateneu", "other"), nil, nil, []string{"ateneu"}, "add ateneu remove junta,veins"},
		{"one that the record keeps from it", false, in("ateneu", "lectors"), nil, []string{"lectors"}, []string{"ateneu", "lectors"}, "add ateneu remove junta,veins"},
		{"kept back by the person", false, in("ateneu"), []string{"groups"}, []string{"ateneu"}, nil, "remove ateneu,junta,veins"},
		{"all of them", true, withRole, nil, []string{"staff-picks"}, []string{"ateneu", "junta"}, "groups ateneu,junta"},
		{"all of them, which are none", true, in("ateneu"), []string{"groups"}, []string{"staff-picks"}, nil, "groups "},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := start(t, settings(func(s *directory.DiscourseSettings) { s.GroupNames, s.FullGroups = names, c.full }), func(s *directory.Service) {
				s.Guests = []directory.CollectiveName{"veins", "lectors"}
			})
			b := newBoard(w)
			b.full = c.full
			b.users = []*member{{id: 1, email: "mireia@coop.example", username: "mireia", active: true, groups: c.had}}
			w.Town.SetStanding("mireia", c.standing)
			page := w.Browser().Go(enter).LogIn("mireia").Allow(c.but...)
			if m := b.one(); page.Body != "Logged in as mireia" || !slices.Equal(m.groups, c.want) {
				t.Errorf("%d %s: in %q, want %q", page.Status, page.Body, m.groups, c.want)
			}
			var says []string
			for _, field := range []string{"groups", "add_groups", "remove_groups"} {
				if b.said().Has(field) {
					says = append(says, strings.TrimSuffix(field, "_groups")+" "+b.said().Get(field))
				}
			}
			if got := strings.Join(says, " "); got != c.says {
				t.Errorf("said %q, want %q", got, c.says)
			}
		})
	}
}

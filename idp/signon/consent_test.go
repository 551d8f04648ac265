// SPDX-License-Identifier: AGPL-3.0-or-later

package signon_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
)

func TestBeforeTheFirstTimeThePersonIsAsked(t *testing.T) {
	w := start(t).needing(release.Name, release.Mail).under(`,"intro":{"en":"Share what you like."},"privacy_url":"https://ateneu.example/privacy"`)
	anna := w.browser()
	s := anna.begin().login("anna").asked()
	s.says("Anna Vila", "anna@example.coop", "Núvol", "Ateneu Popular", "Share what you like.", "https://ateneu.example/privacy")
	w.nothing() // who only looks has decided nothing
	s.allow().answered("anna").released("name", "Anna Vila", "email", "anna@example.coop")
	anna.begin().answered("anna").released("name", "Anna Vila", "email", "anna@example.coop")

	c, _ := w.kept("1", "nuvol")
	if !c.Asked || c.Collective != "ateneu" || c.Appearance != directory.AppearReal || len(c.Receipts) != 1 {
		t.Errorf("kept %+v", c)
	}
	if !c.Decided.Equal(w.clock.Now()) || !c.Expires.Equal(w.clock.Now().AddDate(1, 0, 0)) {
		t.Errorf("decided %s until %s", c.Decided, c.Expires)
	}
}

func TestWhatIsUntickedStaysWithThePerson(t *testing.T) {
	w := start(t).needing(release.Name, release.Mail, release.Language)
	w.person("1", func(p *directory.Person) { p.Language = "ca" })
	anna := w.browser()
	anna.begin().login("anna").asked().untick("allow", "email").untick("allow", "locale").
		allow().answered("anna").released("name", "Anna Vila")
	anna.begin().answered("anna").released("name", "Anna Vila")
	if c, _ := w.kept("1", "nuvol"); !slices.Equal(c.Declined, []string{"email", "locale"}) {
		t.Errorf("declined %v", c.Declined)
	}
}

func TestGroupsArePickedOneByOne(t *testing.T) {
	w := start(t).needing(release.Groups)
	w.protocol.request.Service = "forum"
	w.town.standing["1"] = directory.Standing{Memberships: []directory.Membership{{Collective: "ateneu"}, {Collective: "horta"}}}
	anna := w.browser()
	s := anna.begin().login("anna").asked().says("ateneu", "horta")
	s.untick("group", "horta").allow().answered("anna").released("groups", "ateneu")
	bernat := w.browser()
	w.member("2")
	bernat.begin().login("bernat").asked().set("allow").set("group").allow().answered("bernat").released("groups", "")
}

func TestSomebodyChoosesAPseudonym(t *testing.T) {
	w := start(t).needing(release.Name, release.GivenName, release.Handle, release.Mail)
	w.person("1", func(p *directory.Person) { p.GivenName = "Anna" })
	anna := w.browser()
	s := anna.begin().login("anna").asked().says("roure-a-0", "a.service-nuvol@alias.example")
	s.appear(directory.AppearPseudonym).set("pseudonym", "Òliba").allow().answered("anna").
		released("name", "Òliba", "preferred_username", "roure-a-0", "email", "a.service-nuvol@alias.example")
	anna.begin().answered("anna").
		released("name", "Òliba", "preferred_username", "roure-a-0", "email", "a.service-nuvol@alias.example")
}

// A handle made of English words at every service would tell the one English
// speaker of a collective apart.
func TestAPseudonymDoesNotSpeakThePersonsLanguage(t *testing.T) {
	w := start(t).needing(release.Handle)
	w.person("1", func(p *directory.Person) { p.Language = "en" })
	w.browser().begin().login("anna").asked().appear(directory.AppearPseudonym).allow().answered("anna").
		released("preferred_username", "roure-a-0")
}

func TestAPseudonymThatIsNoneIsAskedForAgain(t *testing.T) {
	w := start(t).needing(release.Name)
	anna := w.browser()
	s := anna.begin().login("anna").asked().appear(directory.AppearPseudonym)
	for _, bad := range []string{"", "   ", "\u202eanna", "a\x07b", strings.Repeat("ò", 65)} {
		if again := s.set("pseudonym", bad).allow(); again.status != http.StatusUnprocessableEntity {
			t.Fatalf("%q: %d", bad, again.status)
		}
		w.nothing()
	}
	s.set("pseudonym", "Òliba").allow().answered("anna").released("name", "Òliba")
}

// Two people may be proposed one handle. Whoever comes second sees another one
// before they agree to it, and gets the one they saw.
func TestAHandleThatIsTakenIsReplacedBeforeTheEyes(t *testing.T) {
	w := start(t).needing(release.Handle)
	w.town.taken = map[string]bool{"roure-a-0": true, "roure-a-1": true}
	anna := w.browser()
	p := anna.begin().login("anna").asked().says("roure-a-0").appear(directory.AppearPseudonym).allow()
	for range 2 {
		if p.status != http.StatusConflict {
			break
		}
		p = p.asked().appear(directory.AppearPseudonym).allow()
	}
	p.answered("anna").released("preferred_username", "roure-a-2")
	anna.begin().answered("anna").released("preferred_username", "roure-a-2")
}

func TestWhoeverReadAnotherScreenHasNotAgreed(t *testing.T) {
	for name, change := range map[string]func(*world){
		"words":    func(w *world) { w.under(`,"intro":{"en":"Other words."}`) },
		"purpose":  func(w *world) { w.under(`,"attributes":{"name":{"purpose":{"en":"To sell it."}}}`) },
		"required": func(w *world) { w.under(`,"attributes":{"email":{"need":"required"}}`) },
		"value":    func(w *world) { w.person("1", func(p *directory.Person) { p.Mail = "new@example.coop" }) },
		"days": func(w *world) {
			w.town.policy = []byte(`{"remember_days":3650,"anonymous":true,"pseudonyms":true}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t).needing(release.Name, release.Mail).under("")
			anna := w.browser()
			s := anna.begin().login("anna").asked()
			change(w)
			again := s.allow().asked()
			if again.status != http.StatusConflict {
				t.Fatalf("%d", again.status)
			}
			w.nothing()
			again.allow().answered("anna")
		})
	}
}

func TestSayingNoKeepsNothing(t *testing.T) {
	w := start(t).needing(release.Name)
	anna := w.browser()
	s := anna.begin().login("anna").asked()
	s.deny().refused(signon.AccessDenied)
	w.nothing()
	s.allow().fails(http.StatusGone)
	w.nothing()
	anna.begin().asked().allow().answered("anna")
}

func TestPassiveRequestsAskNobody(t *testing.T) {
	w := start(t).needing(release.Name)
	anna := w.browser()
	anna.begin().login("anna").asked()
	w.protocol.request.Passive = true
	anna.begin().refused(signon.ConsentRequired)
	w.nothing()
	w.protocol.request.Passive = false
	anna.begin().asked().allow().answered("anna")
	w.protocol.request.Passive = true
	anna.begin().answered("anna").released("name", "Anna Vila")
	w.protocol.request.Again = true
	anna.begin().refused(signon.ConsentRequired)
}

func TestAServiceMayWantItAskedAgain(t *testing.T) {
	w := start(t).needing(release.Name, release.Mail)
	anna := w.browser()
	anna.begin().login("anna").asked().allow().answered("anna")
	w.protocol.request.Again = true
	s := anna.begin().asked()
	if s.fresh() != "email name" {
		t.Errorf("asked about %s", s.fresh())
	}
	s.untick("allow", "email").allow().answered("anna").released("name", "Anna Vila")
	w.protocol.request.Again = false
	anna.begin().answered("anna").released("name", "Anna Vila")
}

// What brings the screen back, and what it puts forward then.
func TestPeopleAreAskedAgainJustAboutWhatIsNew(t *testing.T) {
	before := `,"attributes":{"email":{"ask_on_change":true,"purpose":{"en":"To write to you."}}}`
	for name, c := range map[string]struct {
		happens func(*world)
		fresh   string
	}{
		"more is needed":        {func(w *world) { w.needing(release.Name, release.Mail, release.Handle) }, "preferred_username"},
		"the words have change": {func(w *world) { w.under(strings.Replace(before, "To write", "To sell", 1)) }, "email"},
		"the value has changed": {func(w *world) { w.person("1", func(p *directory.Person) { p.Mail = "b@example.coop" }) }, "email"},
		"another privacy text":  {func(w *world) { w.under(before + `,"privacy_url":"https://other.example/"`) }, "email name"},
		"the time is over":      {func(w *world) { w.clock.Advance(366 * 24 * time.Hour) }, "email name"},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t).needing(release.Name, release.Mail).under(before)
			anna := w.browser()
			anna.begin().login("anna").asked().allow().answered("anna")
			c.happens(w)
			p := anna.begin()
			if p.path == "/login" { // sessions do not last a year
				p = p.login("anna")
			}
			s := p.asked()
			if s.fresh() != c.fresh {
				t.Errorf("puts forward %q, want %q", s.fresh(), c.fresh)
			}
			s.allow().answered("anna")
			anna.begin().answered("anna")
		})
	}
}

func TestSmallChangesAskNobody(t *testing.T) {
	for name, happens := range map[string]func(*world){
		"a value that is not marked": func(w *world) { w.person("1", func(p *directory.Person) { p.Name = "Anna V." }) },
		"less is needed":             func(w *world) { w.needing(release.Name) },
		"months pass":                func(w *world) { w.clock.Advance(300 * 24 * time.Hour) },
		"an item becomes required":   func(w *world) { w.under(`,"attributes":{"name":{"need":"required"}}`) },
		"a language is added":        func(w *world) { w.under(`,"intro":{"en":"Hello.","eu":"Kaixo."}`) },
		"the service is renamed":     func(w *world) { w.rename("nuvol", "El Núvol") },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t).needing(release.Name, release.Mail).under("")
			if name == "a language is added" {
				w.under(`,"intro":{"en":"Hello."}`)
			}
			anna := w.browser()
			anna.begin().login("anna").asked().allow().answered("anna")
			happens(w)
			p := anna.begin()
			if p.path == "/login" {
				p = p.login("anna")
			}
			p.answered("anna")
		})
	}
}

func (w *world) rename(id directory.ServiceID, title string) {
	w.town.mu.Lock()
	defer w.town.mu.Unlock()
	s := w.town.services[id]
	s.Title = title
	w.town.services[id] = s
}

func TestWhatTheAssemblyAgreedToAsksNobody(t *testing.T) {
	agreed := `,"services":{"nuvol":{"agreed":{"on":"2026-10-01","minutes":"https://ateneu.example/acta"},"attributes":{"email":{"need":"forbidden"}}}}`
	w := start(t).needing(release.Name, release.Mail).under(agreed)
	w.browser().begin().login("anna").answered("anna").released("name", "Anna Vila")
	c, ok := w.kept("1", "nuvol")
	if !ok || c.Asked || !slices.Equal(c.Allowed, []string{"name"}) || c.Collective != "ateneu" {
		t.Errorf("the list would not show it: %v %+v", ok, c)
	}
}

func TestWhereNothingPersonalLeavesNobodyIsAsked(t *testing.T) {
	w := start(t)
	anna := w.browser()
	anna.begin().login("anna").answered("anna").released()
	c, ok := w.kept("1", "nuvol")
	if !ok || c.Asked || len(c.Allowed) > 0 {
		t.Errorf("the list would not show it: %v %+v", ok, c)
	}
	w.clock.Advance(25 * time.Hour)
	anna.begin().login("anna").answered("anna")
	if c, _ := w.kept("1", "nuvol"); !c.LastUsed.Equal(w.clock.Now()) {
		t.Errorf("last used %s", c.LastUsed)
	}
}

func TestAnonymousPeople(t *testing.T) {
	anonymous := func(w *world) *world {
		w.person("1", func(p *directory.Person) { p.Anonymous, p.Name, p.Mail = true, "Falcia", "" })
		return w
	}
	t.Run("appear by another name", func(t *testing.T) {
		w := anonymous(start(t).needing(release.Name, release.Handle, release.Mail, release.FamilyName))
		s := w.browser().begin().login("anna").asked()
		if strings.Contains(s.body, `value="real"`) || strings.Contains(s.body, "Falcia") {
			t.Error("the screen offers or shows who they are")
		}
		s.appear(directory.AppearPseudonym).set("pseudonym", "Òliba").allow().answered("anna").
			released("name", "Òliba", "preferred_username", "roure-a-0", "email", "a.service-nuvol@alias.example")
	})
	t.Run("or by none", func(t *testing.T) {
		w := anonymous(start(t).needing(release.Name, release.Handle))
		w.browser().begin().login("anna").asked().appear(directory.AppearNone).allow().answered("anna").released()
	})
	t.Run("are refused where the collective says so", func(t *testing.T) {
		w := anonymous(start(t).needing(release.Name)).under(`,"services":{"nuvol":{"anonymous":false}}`)
		w.browser().begin().login("anna").turnedAway("anonymous")
		w.nothing()
	})
	t.Run("are refused where only a name would do", func(t *testing.T) {
		w := anonymous(start(t).needing(release.GivenName)).under(`,"attributes":{"given_name":{"need":"required"}}`)
		w.browser().begin().login("anna").turnedAway("anonymous")
	})
}

// Nobody decides in a session that must first be proven anew.
func TestConsentNeedsTheProofThatTheServiceWants(t *testing.T) {
	minute := 60
	for name, set := range map[string]func(*signon.Request){
		"prompt=login":          func(r *signon.Request) { r.Fresh = true },
		"max_age":               func(r *signon.Request) { r.MaxAge = &minute },
		"prompt=select_account": func(r *signon.Request) { r.Choose = true },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			anna := w.browser()
			anna.begin().login("anna").answered("anna")
			w.needing(release.Name)
			s := anna.begin().asked() // as it would be asked without the demand
			w.clock.Advance(2 * time.Minute)
			set(&w.protocol.request)
			p := anna.begin()
			if p.path == "/login/consent" {
				t.Fatal("asked before the proof")
			}
			before, _ := w.kept("1", "nuvol")
			there := anna.post("/login/consent", s.set("signon", p.fields.Get("signon")).set("answer", "allow").form)
			if there.path != p.path || there.reply != nil {
				t.Errorf("at %s (%+v), want %s", there.path, there.reply, p.path)
			}
			if after, _ := w.kept("1", "nuvol"); after.Asked || len(after.Allowed) != len(before.Allowed) {
				t.Errorf("decided: %+v", after)
			}
		})
	}
}

// A remembered decision costs the store nothing, and the directory one read.
func TestARememberedDecisionCostsOneRead(t *testing.T) {
	w := start(t).needing(release.Name, release.Mail, release.Groups)
	anna := w.browser()
	anna.begin().login("anna").asked().allow().answered("anna")
	w.store.Reset()
	w.town.asked = 0
	anna.begin().answered("anna")
	if w.store.Trips() > 2 || w.town.asked != 1 {
		t.Errorf("%d trips to the store, %d reads of the decision: %v", w.store.Trips(), w.town.asked, w.store.ByMethod())
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package signon_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/signon"
)

// Anybody can make requests, and each waits an hour for its person.
func TestARequestOfAnySizeIsNotKept(t *testing.T) {
	w := start(t)
	b := w.browser()
	w.protocol.request.Reply = make([]byte, 8<<10)
	b.begin().at("/login")
	w.protocol.request.Reply = make([]byte, 12<<10) // in base64
	w.store.Reset()
	if p := b.begin(); p.status != http.StatusBadRequest || w.store.ByMethod()["Write"] != 0 {
		t.Errorf("%d at %s, writes: %v", p.status, p.path, w.store.ByMethod())
	}
}

func TestAPersonLogsInOnceAndEntersTwoServices(t *testing.T) {
	w := start(t)
	anna := w.browser()
	first := anna.begin().at("/login").login("anna").answered("anna").reply
	if first.Reply != "state" || first.Subject == "" || first.SID == "" {
		t.Errorf("first: %+v", first)
	}
	w.protocol.request.Service = "forum"
	second := anna.begin().answered("anna").reply
	if second.Subject == first.Subject || second.SID == first.SID {
		t.Errorf("the two services know her by the same: %+v, %+v", first, second)
	}
	w.protocol.request.Service = "nuvol"
	again := anna.begin().answered("anna").reply
	if again.Subject != first.Subject || again.SID != first.SID {
		t.Errorf("the first service does not know her again: %+v", again)
	}
}

func TestWithASessionTheStoreIsAskedTwice(t *testing.T) {
	w := start(t)
	anna := w.browser()
	anna.begin().login("anna").answered("anna")
	w.store.Reset()
	anna.begin().answered("anna")
	if n := w.store.Trips(); n > 2 {
		t.Errorf("%d round trips: %v", n, w.store.ByMethod())
	}
}

func TestWrongPasswordMayBeTriedAgain(t *testing.T) {
	w := start(t)
	p := w.browser().begin().submit("username", "anna", "password", "guess").at("/login")
	if p.status != http.StatusUnauthorized || !strings.Contains(p.body, `value="anna"`) {
		t.Errorf("%d: %s", p.status, p.body)
	}
	if unknown := w.browser().begin().submit("username", "nobody", "password", "guess"); unknown.status != p.status {
		t.Errorf("unknown: %d", unknown.status)
	}
	p.submit("username", "anna").at("/login") // empty
	p.login("anna").answered("anna")
}

func TestPassiveRequestsAreAnsweredWithoutAPage(t *testing.T) {
	w := start(t)
	anna := w.browser()
	w.protocol.request.Passive = true
	anna.begin().refused(signon.LoginRequired)
	w.protocol.request.Passive = false
	anna.begin().login("anna").answered("anna")
	w.protocol.request.Passive = true
	anna.begin().answered("anna")
	w.protocol.request.Choose = true
	anna.begin().refused(signon.SelectionRequired)
	w.protocol.request.Choose = false
	zero := 0
	w.clock.Advance(time.Second)
	w.protocol.request.MaxAge = &zero
	anna.begin().refused(signon.LoginRequired)
}

func TestFreshProofIsAskedForOnceAndByTheSamePerson(t *testing.T) {
	minute := 60
	for name, set := range map[string]func(*signon.Request){
		"prompt=login": func(r *signon.Request) { r.Fresh = true },
		"max_age":      func(r *signon.Request) { r.MaxAge = &minute },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			anna := w.browser()
			first := anna.begin().login("anna").answered("anna").reply
			w.clock.Advance(2 * time.Minute)
			set(&w.protocol.request)
			p := anna.begin().at("/login")
			if !strings.Contains(p.body, "readonly") {
				t.Error("the name can be changed")
			}
			second := p.login("anna").answered("anna").reply
			if second.SID != first.SID {
				t.Error("the service sees another session than before")
			}
		})
	}
}

func TestChoosingAnAccount(t *testing.T) {
	w := start(t)
	w.protocol.request.Service = "forum"
	anna := w.browser()
	first := anna.begin().login("anna").answered("anna").reply
	w.protocol.request.Choose = true
	anna.begin().at("/login/account").submit("account", "this").answered("anna")
	other := anna.begin().at("/login/account").submit("account", "other").at("/login")
	bernat := other.login("bernat").answered("bernat").reply
	if bernat.SID == first.SID {
		t.Error("Bernat goes on with Anna's session")
	}
	w.protocol.request.Choose = false
	anna.begin().answered("bernat")
}

func TestWhoMustChangeThePasswordDoesNothingBefore(t *testing.T) {
	w := start(t)
	w.protocol.request.Service = "forum"
	carla := w.browser()
	p := carla.begin().login("carla").at("/login/password")
	carla.begin().at("/login") // no session yet
	p.submit("password", "one password", "password-again", "another one").at("/login/password")
	p.submit("password", "short", "password-again", "short").at("/login/password")
	p.submit("password", "correct horse", "password-again", "correct horse").at("/login/password")
	p.submit("password", "battery staple", "password-again", "battery staple").answered("carla")
	if len(w.notes.changed) != 1 || w.notes.changed[0] != "3" {
		t.Errorf("told %v", w.notes.changed)
	}
	carla.begin().answered("carla")
}

// The page for a new password opens to nobody who has not just proven the old one.
func TestTheOldPasswordCannotBeSkipped(t *testing.T) {
	w := start(t)
	p := w.browser().begin().at("/login")
	form := p.fields
	form.Set("password", "battery staple")
	form.Set("password-again", "battery staple")
	p.b.post("/login/password", form).at("/login")
	if w.town.password["1"] != "correct horse" {
		t.Error("changed")
	}
}

func TestSayingNoIsTold(t *testing.T) {
	w := start(t)
	anna := w.browser()
	p := anna.begin().at("/login")
	anna.get("/login/cancel?signon=" + p.fields.Get("signon")).refused(signon.AccessDenied)
	if again := p.login("anna"); again.status != http.StatusGone {
		t.Errorf("a cancelled sign-on went on: %d", again.status)
	}
}

func TestOnlyTheBrowserThatBeganFinishes(t *testing.T) {
	w := start(t)
	lured, attacker := w.browser(), w.browser()
	theirs := attacker.begin().at("/login")
	lured.begin() // has a name of its own
	p := lured.post("/login", map[string][]string{
		"signon": {theirs.fields.Get("signon")}, "username": {"anna"}, "password": {"correct horse"},
	})
	if p.status != http.StatusGone {
		t.Fatalf("lured into another's sign-on: %d at %s", p.status, p.path)
	}
	attacker.begin().at("/login")
	for _, path := range []string{"/login", "/login/account", "/login/password", "/login/cancel"} {
		if p := lured.get(path + "?signon=" + theirs.fields.Get("signon")); p.status != http.StatusGone {
			t.Errorf("%s: %d", path, p.status)
		}
	}
}

func TestOneRequestGetsOneAnswer(t *testing.T) {
	w := start(t)
	anna := w.browser()
	p := anna.begin().at("/login")
	var wg sync.WaitGroup
	var mu sync.Mutex
	answers := 0
	for range 8 {
		wg.Go(func() {
			if got := p.login("anna"); got.reply != nil {
				mu.Lock()
				defer mu.Unlock()
				answers++
			}
		})
	}
	wg.Wait()
	if answers != 1 {
		t.Errorf("%d answers", answers)
	}
}

func TestASignOnDoesNotWaitForEver(t *testing.T) {
	w := start(t)
	anna := w.browser()
	p := anna.begin().at("/login")
	w.clock.Advance(20 * time.Minute)
	p = p.submit("username", "anna", "password", "guess").at("/login")
	w.clock.Advance(41 * time.Minute)
	if late := p.login("anna"); late.status != http.StatusGone {
		t.Errorf("%d at %s", late.status, late.path)
	}
}

// Every way of losing the right to be here, against a session and a service.
func TestWhoMayNotEnterDoesNot(t *testing.T) {
	suspended := directory.Suspended
	for name, c := range map[string]struct {
		happens func(*town)
		want    func(*page)
	}{
		"suspended":      {func(d *town) { d.change("1", directory.PersonChange{State: &suspended}) }, func(p *page) { p.at("/login") }},
		"epoch raised":   {func(d *town) { d.change("1", directory.PersonChange{RaiseEpoch: true}) }, func(p *page) { p.at("/login") }},
		"removed":        {func(d *town) { delete(d.people, "1") }, func(p *page) { p.at("/login") }},
		"left":           {func(d *town) { delete(d.standing, "1") }, func(p *page) { p.turnedAway("members") }},
		"seed destroyed": {func(d *town) { p := d.people["1"]; p.Seed = nil; d.people["1"] = p }, func(p *page) { p.turnedAway("account") }},
		"service closed": {func(d *town) { d.services["nuvol"] = directory.Service{ID: "nuvol", State: directory.Suspended} }, func(p *page) { p.turnedAway("stopped") }},
		"service gone":   {func(d *town) { delete(d.services, "nuvol") }, func(p *page) { p.turnedAway("stopped") }},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			anna := w.browser()
			anna.begin().login("anna").answered("anna")
			w.town.mu.Lock()
			c.happens(w.town)
			w.town.mu.Unlock()
			c.want(anna.begin())
		})
	}
}

func (d *town) change(id directory.PersonID, c directory.PersonChange) {
	p := d.people[id]
	if c.State != nil {
		p.State = *c.State
	}
	if c.RaiseEpoch {
		p.Epoch++
	}
	d.people[id] = p
}

func TestAnOutsiderIsRefusedAfterTheLogin(t *testing.T) {
	w := start(t)
	w.browser().begin().login("bernat").turnedAway("members")
}

func TestTheServiceExpectsSomebodyElse(t *testing.T) {
	w := start(t)
	w.protocol.request.Service = "forum"
	anna := w.browser()
	known := anna.begin().login("anna").answered("anna").reply.Subject
	w.protocol.request.SubjectHint = known
	anna.begin().answered("anna")
	bernat := w.browser()
	w.protocol.request.SubjectHint = ""
	bernat.begin().login("bernat").answered("bernat")
	w.protocol.request.SubjectHint = known
	bernat.begin().at("/login").login("bernat").refused(signon.LoginRequired)
	bernat.begin().at("/login").login("anna").answered("anna")
}

func TestAnEssentialClassThatCannotBeReached(t *testing.T) {
	w := start(t)
	w.protocol.request.ACR = []string{"urn:example:gold"}
	anna := w.browser()
	anna.begin().login("anna").answered("anna") // wished for only
	w.protocol.request.ACREssential = true
	anna.begin().refused(signon.ACRUnmet)
}

func TestWhenTheStoreIsDownTheServiceIsTold(t *testing.T) {
	w := start(t)
	anna := w.browser()
	p := anna.begin().at("/login")
	w.broken.Break()
	anna.begin().refused(signon.Unavailable)
	if got := p.login("anna"); got.status != http.StatusServiceUnavailable {
		t.Errorf("%d", got.status)
	}
	w.broken.Mend()
	p.login("anna").answered("anna")
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/release"
)

// TestAManagerWritesAndSeesTheScreenChange is the story of the page.
func TestAManagerWritesAndSeesTheScreenChange(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	anna.at(idptest.Ateneu)
	anna.Sees("Ateneu Popular", "Fòrum", "Núvol", "Arxiu")

	const intro, why = "Us ho preguntem perquè és vostre.", "Per avisar de les assemblees"
	typed := map[string]string{
		"service": "forum", "remember": "90", "privacy": "https://ateneu.exemple.coop/privacitat",
		"intro.ca": intro, "service.forum~email.need": "required", "service.forum~email.purpose.ca": why,
		"service.forum.pseudonyms": "no", "rule.locale.need": "forbidden",
	}
	anna.presses("preview", typed)
	anna.Sees("Encara no s’ha desat", "Alex Riera Soler", intro, why)
	if p := h.policy(idptest.Ateneu); p.RememberDays != 365 {
		t.Errorf("a preview is kept: %+v", p)
	}
	if events := h.audit.Events(); len(events) > 0 {
		t.Errorf("a preview is on record: %+v", events)
	}
	if strings.Contains(anna.Body, `id="preview-0-allow-locale"`) {
		t.Error("what is forbidden is on the screen")
	}

	anna.presses("save", nil) // the page after the preview has all that was typed
	anna.IsAt(h.page(idptest.Ateneu) + "?done=saved")
	anna.Sees("Desat. Val a partir")
	p := h.policy(idptest.Ateneu)
	forum := p.Services["forum"]
	if p.RememberDays != 90 || p.Intro["ca"] != intro || p.Attributes[release.Language].Need != consent.Forbidden ||
		forum.Attributes[release.Mail].Need != consent.Required || forum.Attributes[release.Mail].Purpose["ca"] != why ||
		forum.Pseudonyms == nil || *forum.Pseudonyms || forum.Anonymous != nil {
		t.Errorf("the directory holds %+v", p)
	}
	want := audit.Event{Kind: audit.CollectiveChanged, Actor: h.people["anna"].ID, Collective: idptest.Ateneu, Reason: "policy"}
	events := h.audit.Events()
	if len(events) != 1 || events[0].Reference == "" {
		t.Fatalf("on record: %+v", events)
	}
	events[0].At, events[0].Reference = time.Time{}, ""
	if events[0] != want {
		t.Errorf("on record: %+v", events[0])
	}
	if got, _ := anna.form(); got.Get("remember") != "90" || got.Get("service.forum~email.need") != "required" {
		t.Errorf("the form does not show what was saved: %v", got)
	}
}

// TestFieldsAreEmptied: what was written can be taken away, and leaves nothing.
func TestFieldsAreEmptied(t *testing.T) {
	h := build(t)
	h.write(idptest.Ateneu, `{"remember_days": 30, "anonymous": true, "pseudonyms": true, "intro": {"ca": "Hola", "gl": "Ola"},
		"attributes": {"email": {"need": "required", "ask_on_change": true}},
		"services": {"forum": {"anonymous": false, "agreed": {"on": "2026-01-02", "minutes": "https://ateneu.exemple.coop/acta"}},
		"antic": {"purpose": {"ca": "Ja no hi és"}}}}`)
	anna := h.enters("anna")
	anna.at(idptest.Ateneu)
	if got, _ := anna.form(); got.Get("service.forum.agreed") != "2026-01-02" || got.Get("service.forum.anonymous") != "no" ||
		got.Get("rule.email.change") != "yes" || got.Get("anonymous") != "yes" {
		t.Fatalf("the form is drawn with %v", got)
	}
	anna.presses("save", map[string]string{
		"remember": "", "intro.ca": " ", "rule.email.need": "", "-rule.email.change": "", "-anonymous": "",
		"service.forum.agreed": "", "service.forum.minutes": "", "service.forum.anonymous": "",
	})
	p := h.policy(idptest.Ateneu)
	if p.RememberDays != 365 || p.Anonymous || !p.Pseudonyms || len(p.Attributes) > 0 {
		t.Errorf("the directory holds %+v", p)
	}
	if _, there := p.Services["forum"]; there {
		t.Errorf("an empty rule stays: %+v", p.Services)
	}
	if p.Intro["gl"] != "Ola" || p.Services["antic"].Purpose["ca"] == "" {
		t.Errorf("what the page does not show is lost: %+v", p)
	}
}

// TestNobodyElseIsThere: for all others, and for a collective that does not
// exist, it is the very same answer.
func TestNobodyElseIsThere(t *testing.T) {
	h := build(t)
	var expected string
	for _, test := range []struct {
		name, handle string
		of           directory.CollectiveName
	}{
		{"manager, no such collective", "anna", "enlloc"},
		{"manager of another", "dolors", idptest.Ateneu},
		{"manager, the other one", "anna", idptest.Horta},
		{"member", "bernat", idptest.Ateneu},
		{"member of both", "carme", idptest.Horta},
		{"outsider", "elies", idptest.Ateneu},
		{"anonymous person", "falcia", idptest.Ateneu},
		{"a name that is none", "anna", "%2e%2e"},
	} {
		v := h.enters(test.handle)
		for _, ask := range []func(){
			func() { v.Plain.Open(h.page(test.of)) },
			func() { v.posts(h.page(test.of), url.Values{"do": {"save"}, "remember": {"7"}}) },
		} {
			ask()
			got := strings.ReplaceAll(v.Plain.Text(), reference(v.Body), "REFERENCE")
			if expected == "" {
				expected = got
			}
			if v.Status != http.StatusNotFound || got != expected {
				t.Errorf("%s: %d\n%s\nnot\n%s", test.name, v.Status, got, expected)
			}
		}
	}
	if p := h.policy(idptest.Ateneu); p.RememberDays != 365 {
		t.Errorf("somebody else wrote %+v", p)
	}
}

// reference is the random name of a request on its error page.
func reference(body string) string {
	_, after, _ := strings.Cut(body, `id="error-reference">`)
	inside, _, _ := strings.Cut(after, "<")
	return inside
}

// TestWhoIsNotLoggedIn is led to the login, whether or not the collective exists.
func TestWhoIsNotLoggedIn(t *testing.T) {
	h := build(t)
	for _, of := range []directory.CollectiveName{idptest.Ateneu, "enlloc"} {
		b := idptest.NewBrowser(t)
		b.Catch(h.address + "/login")
		b.Open(h.page(of))
		if !strings.HasPrefix(b.Address(), h.address+"/login") || b.Status != http.StatusSeeOther {
			t.Errorf("%s: %d at %s", of, b.Status, b.Address())
		}
	}
}

// TestForgedForms: nothing is written without a token of this very session.
func TestForgedForms(t *testing.T) {
	h := build(t)
	h.must(h.kept.AddManager(t.Context(), directory.System(), idptest.Ateneu, h.people["bernat"].ID))
	bernat := h.enters("bernat")
	bernat.at(idptest.Ateneu)
	of := bernat.field("token")
	anna := h.enters("anna")
	for name, token := range map[string]string{"none": "", "wrong": "forged", "another manager's": of} {
		anna.at(idptest.Ateneu)
		anna.presses("save", map[string]string{"token": token, "remember": "7"})
		if anna.Status < 400 {
			t.Errorf("%s: answered with %d", name, anna.Status)
		}
	}
	anna.at(idptest.Ateneu)
	anna.presses("erase", nil)
	if anna.Status != http.StatusBadRequest {
		t.Errorf("a button that is none is answered with %d", anna.Status)
	}
	anna.at(idptest.Ateneu)
	values, action := anna.form()
	values["remember"] = []string{"7", "8"}
	values.Set("do", "save")
	anna.posts(action, values)
	if anna.Status != http.StatusBadRequest {
		t.Errorf("a field that came twice is answered with %d", anna.Status)
	}
	if p := h.policy(idptest.Ateneu); p.RememberDays != 365 {
		t.Errorf("written all the same: %+v", p)
	}
}

// TestTwoManagersAtOnce: the second is told, and undoes nothing of the first.
func TestTwoManagersAtOnce(t *testing.T) {
	h := build(t)
	h.must(h.kept.AddManager(t.Context(), directory.System(), idptest.Ateneu, h.people["bernat"].ID))
	anna, bernat := h.enters("anna"), h.enters("bernat")
	anna.at(idptest.Ateneu)
	bernat.at(idptest.Ateneu)
	bernat.presses("save", map[string]string{"intro.ca": "Paraules d’en Bernat"})

	anna.presses("preview", map[string]string{"service": "forum", "remember": "30"})
	anna.presses("save", nil) // a preview in between does not hide it
	if anna.Status != http.StatusConflict {
		t.Errorf("answered with %d", anna.Status)
	}
	anna.Sees("Algú altre", "Paraules d’en Bernat")
	if p := h.policy(idptest.Ateneu); p.RememberDays != 365 || p.Intro["ca"] == "" {
		t.Errorf("the directory holds %+v", p)
	}
	anna.presses("save", map[string]string{"remember": "30"}) // now she has seen it
	if p := h.policy(idptest.Ateneu); p.RememberDays != 30 || p.Intro["ca"] == "" {
		t.Errorf("the directory holds %+v", p)
	}
}

// TestEveryFaultAtOnce: nothing is saved, everything is told, and each link
// leads to a field that still has what was typed.
func TestEveryFaultAtOnce(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	anna.at(idptest.Ateneu)
	typed := map[string]string{
		"remember": "un any", "privacy": "javascript:alert(1)", "rule.email.need": "perhaps",
		"intro.ca": strings.Repeat("x", 1001), "service.forum.agreed": "2026-02-30", "service.forum.minutes": "http://acta.example",
		"service.nuvol.agreed": "2026-02-20", "service.arxiu.pseudonyms": "maybe", "service.arxiu~groups.keep.es": strings.Repeat("y", 1001),
	}
	for _, do := range []string{"preview", "save"} {
		anna.presses(do, typed)
		if anna.Status != http.StatusUnprocessableEntity {
			t.Fatalf("%s: answered with %d", do, anna.Status)
		}
		faulty := []string{"service.nuvol.minutes"} // not typed, and needed with the date
		for field := range typed {
			if field != "service.nuvol.agreed" {
				faulty = append(faulty, field)
			}
		}
		for _, field := range faulty {
			if !strings.Contains(anna.Body, `href="#`+field+`"`) {
				t.Errorf("%s: no fault leads to %s", do, field)
			}
			if !anna.Plain.Has("#" + field) {
				t.Errorf("%s: there is no #%s", do, field)
			}
			if want := typed[field]; !offered(field) && anna.field(field) != want {
				t.Errorf("%s: %s has %.40q, and %.40q was typed", do, field, anna.field(field), want)
			}
		}
		anna.Sees("Arxiu – ", "Fòrum – ")
	}
	if p := h.policy(idptest.Ateneu); p.RememberDays != 365 {
		t.Errorf("the directory holds %+v", p)
	}
}

// offered reports whether a field has only values to choose among: no browser
// can send another, and the page does not draw it.
func offered(field string) bool {
	return strings.HasSuffix(field, ".need") || strings.HasSuffix(field, ".pseudonyms")
}

// TestPastedText: markup is text, line ends and invisible characters go.
func TestPastedText(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	anna.at(idptest.Ateneu)
	const markup = `<script>alert("1")</script><b>{{.}}</b>`
	anna.presses("preview", map[string]string{"service": "forum", "intro.ca": "una\r\n\u200b línia\u202e ", "service.forum.purpose.ca": markup})
	if strings.Contains(anna.Body, "<script>") || strings.Contains(anna.Body, "<b>{{") {
		t.Error("markup is markup")
	}
	anna.Sees(markup, "una línia")
	anna.presses("save", nil)
	if p := h.policy(idptest.Ateneu); p.Intro["ca"] != "una línia" || p.Services["forum"].Purpose["ca"] != markup {
		t.Errorf("the directory holds %+v", p)
	}
}

// TestTheDirectoryIsAway: what was typed is still there to be sent again.
func TestTheDirectoryIsAway(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	anna.at(idptest.Ateneu)
	h.kept.fault = directory.ErrUnavailable
	anna.presses("save", map[string]string{"remember": "30"})
	if anna.Status != http.StatusServiceUnavailable || anna.field("remember") != "30" {
		t.Errorf("answered with %d and %q", anna.Status, anna.field("remember"))
	}
	h.kept.fault = nil
	anna.presses("save", nil)
	if p := h.policy(idptest.Ateneu); p.RememberDays != 30 {
		t.Errorf("the directory holds %+v", p)
	}
}

// TestTheSecondWall: a manager whose office ended a moment ago, and whom this
// node still believes, is refused by the directory.
func TestTheSecondWall(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	anna.at(idptest.Ateneu)
	h.must(h.kept.RemoveManager(t.Context(), directory.System(), idptest.Ateneu, h.people["anna"].ID))
	anna.presses("save", map[string]string{"remember": "7"})
	if anna.Status != http.StatusNotFound {
		t.Errorf("answered with %d", anna.Status)
	}
	if p := h.policy(idptest.Ateneu); p.RememberDays != 365 {
		t.Errorf("written all the same: %+v", p)
	}
	if events := h.audit.Events(); len(events) > 0 {
		t.Errorf("on record: %+v", events)
	}
}

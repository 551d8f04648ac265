// SPDX-License-Identifier: AGPL-3.0-or-later

package account_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// visitor is somebody with a browser, who has been at services.
type visitor struct {
	idptest.Person
	t       *testing.T
	clau    *idptest.Clau
	browser *idptest.Plain
	id      directory.PersonID
}

func comes(t *testing.T, clau *idptest.Clau, handle string) visitor {
	t.Helper()
	english := "en" // which this test reads
	err := clau.Directory.ChangePerson(context.Background(), directory.System(), clau.People[handle].ID, directory.PersonChange{Language: &english})
	if err != nil {
		t.Fatal(err)
	}
	b := idptest.NewBrowser(t)
	v := visitor{idptest.Sits(t, b), t, clau, b, clau.People[handle].ID}
	v.Open(clau.Issuer + "/account")
	v.LogsIn(handle, idptest.Password)
	return v
}

func (v visitor) enters(p *idptest.Party) visitor {
	v.t.Helper()
	v.Open(p.URL + "/login")
	v.Sees("You are in.")
	return v
}

// path is a page of the visitor's own.
func (v visitor) path(parts ...string) string {
	return strings.TrimSuffix(v.clau.Issuer+"/account/services/"+strings.Join(parts, "/"), "/")
}

func (v visitor) kept(p *idptest.Party) directory.Consent {
	v.t.Helper()
	c, err := v.clau.Directory.Consent(context.Background(), v.id, p.Service.ID)
	if err != nil {
		v.t.Fatal(err)
	}
	return c
}

// all is everything the directory holds of the visitor's decisions.
func (v visitor) all() string {
	v.t.Helper()
	var out []string
	for c, err := range v.clau.Directory.ListConsents(context.Background(), v.id) {
		if err != nil {
			v.t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%+v", c))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// post sends a form of the test's own making.
func (v visitor) post(address string, form url.Values) int {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	v.browser.Send(r)
	return v.browser.Status
}

// token marks forms as drawn for the visitor's session.
func (v visitor) token(p *idptest.Party) string {
	v.t.Helper()
	v.Open(v.path(string(p.Service.Name)))
	for _, form := range v.browser.Forms() {
		if token := v.browser.Values(form).Get("token"); token != "" {
			return token
		}
	}
	v.t.Fatal("no form has a token")
	return ""
}

func TestTheListShowsWhatEachServiceKnows(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	clau.SetPolicy(t, idptest.Ateneu, `,"services":{"wiki":{"agreed":{"on":"2020-02-01","minutes":"https://ateneu.example/acta"}}}`)
	forum, wiki, clock := clau.Party(t, "forum"), clau.Party(t, "wiki"), clau.Party(t, "clock")
	clock.Scope = []string{"openid"}
	anna := comes(t, clau, "anna")
	anna.Open(anna.path())
	anna.Sees("No service has received anything about you yet.")
	anna.enters(forum).enters(wiki).enters(clock)

	anna.Open(clau.Issuer + "/account/services")
	anna.Sees("Service forum", "We asked you and you agreed", "Name, ", "Ateneu Popular",
		"Service wiki", "Your collective’s assembly agreed on it", "Service clock", "It receives nothing personal")
	if !strings.Contains(anna.browser.Body, `href="https://ateneu.example/acta"`) {
		t.Error("no link to the minutes")
	}
	anna.Open(anna.path("forum"))
	anna.Sees("Anna Ferrer i Puig", "anna@exemple.coop", forum.Last().Subject(), "You agreed")
	bernat := comes(t, clau, "bernat")
	bernat.Open(bernat.path())
	bernat.SeesNot("Service forum")
}

func TestTheLastUsedStandsFirst(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum, wiki := clau.Party(t, "forum"), clau.Party(t, "wiki")
	anna := comes(t, clau, "anna").enters(forum)
	clau.Clock.Advance(2 * time.Hour)
	anna.enters(wiki)
	order := func(first, second string) {
		t.Helper()
		anna.Open(anna.path())
		text := anna.Text()
		if strings.Index(text, first) > strings.Index(text, second) {
			t.Errorf("%s stands after %s: %s", first, second, text)
		}
	}
	order("Service wiki", "Service forum")
	clau.Clock.Advance(25 * time.Hour)
	anna.Open(forum.URL + "/login")
	anna.LogsIn("anna", idptest.Password)
	order("Service forum", "Service wiki")
}

func TestStoppingAServiceAsksAgainWhenComingBack(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	anna := comes(t, clau, "anna").enters(forum)
	before := anna.kept(forum)
	anna.Open(anna.path("forum"))
	anna.Press("#service-stop")
	anna.Sees("Stopped: it receives nothing more", "You stopped it")
	if anna.Has("#service-stop") || anna.Has("#service-ask") {
		t.Error("what is stopped can be stopped")
	}
	anna.SeesNot("anna@exemple.coop")
	if c := anna.kept(forum); c.State != directory.Suspended || len(c.Receipts) != 2 {
		t.Errorf("kept %+v", c)
	}
	reads := anna.Reads()
	reads.Open(forum.URL + "/login")
	reads.SeesElement("#consent-allow")
	reads.Sees("We are asking again because you had stopped this service.")
	reads.Press("#consent-allow")
	reads.Sees("You are in.")
	if c := anna.kept(forum); c.State != directory.Active || c.Identity != before.Identity || len(c.Receipts) != 3 {
		t.Errorf("kept %+v", c)
	}
}

func TestBeingSomebodyNew(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	anna := comes(t, clau, "anna").enters(forum)
	before := forum.Last()
	anna.Open(anna.path("forum"))
	anna.Press("#service-renew") // without the second yes
	anna.Sees("Tick the box to confirm that you have understood.")
	if anna.kept(forum).Identity != 0 {
		t.Fatal("renewed without a second yes")
	}
	anna.Tick("#confirm")
	anna.Press("#service-renew")
	anna.Sees("From now on you are somebody new at this service.", "You wanted to be asked again: until then it receives nothing")
	anna.SeesNot("We will ask you again on")
	if receipts := anna.kept(forum).Receipts; len(receipts) != 2 {
		t.Errorf("%d receipts of two decisions", len(receipts))
	}
	if a := forum.UserInfo(before.Token.AccessToken); a.Status != http.StatusUnauthorized {
		t.Errorf("the old identity is still told of: %d", a.Status)
	}
	reads := anna.Reads()
	reads.Open(forum.URL + "/login")
	reads.SeesElement("#consent-allow")
	reads.Press("#consent-allow")
	if after := forum.Last(); after.Subject() == before.Subject() || after.Subject() == "" {
		t.Error("the service knows her by the same")
	}
}

// Somebody new has new names too, under a pseudonym.
func TestSomebodyNewHasNoNameOfBefore(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	falcia := comes(t, clau, "falcia").enters(forum)
	before := forum.Last().UserInfo
	falcia.Open(falcia.path("forum"))
	falcia.Tick("#confirm")
	falcia.Press("#service-renew")
	falcia.enters(forum)
	after := forum.Last().UserInfo
	for _, claim := range []string{"sub", "name", "preferred_username", "email"} {
		if before[claim] == nil || before[claim] == after[claim] {
			t.Errorf("%s: %v, then %v", claim, before[claim], after[claim])
		}
	}
}

func TestAskingOnceMore(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	anna := comes(t, clau, "anna").enters(forum)
	before := forum.Last()
	anna.Open(anna.path("forum"))
	anna.Press("#service-ask")
	anna.Sees("All right: we will ask you again the next time you enter.", "You wanted to be asked again")
	if a := forum.UserInfo(before.Token.AccessToken); a.Status != http.StatusUnauthorized {
		t.Errorf("what was granted lives on: %d", a.Status)
	}
	reads := anna.Reads()
	reads.Open(forum.URL + "/login")
	reads.SeesElement("#consent-allow")
	reads.Sees("We are asking again because you wanted us to.")
	reads.Tick("#allow-email")
	reads.Press("#consent-allow")
	reads.Sees("You are in.")
	if after := forum.Last(); after.Subject() != before.Subject() || after.UserInfo["email"] != nil {
		t.Errorf("%v", after.UserInfo)
	}
}

// Each decision is on record, by what it was.
func TestDecisionsAreOnRecord(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	anna := comes(t, clau, "anna").enters(forum)
	anna.Open(anna.path("forum"))
	anna.Press("#service-ask")
	anna.Tick("#confirm")
	anna.Press("#service-renew")
	anna.Press("#service-stop")
	var got []string
	for _, e := range clau.Audit.Events() {
		if e.Service == forum.Service.ID && strings.HasPrefix(string(e.Kind), "consent-") {
			got = append(got, string(e.Kind)+" "+e.Reason)
		}
	}
	want := []string{"consent-given ", "consent-renewed asked", "consent-renewed renewed", "consent-stopped "}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAReceiptIsThePersonsAlone(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum, wiki := clau.Party(t, "forum"), clau.Party(t, "wiki")
	anna := comes(t, clau, "anna").enters(forum)
	receipt, err := consent.ReadReceipt(anna.kept(forum).Receipts[0])
	if err != nil {
		t.Fatal(err)
	}
	own := anna.path("forum", "receipts", receipt.ConsentReceiptID)
	anna.Open(own)
	anna.Sees("Receipt of a decision", "You agreed", receipt.ConsentReceiptID)
	anna.SeesNot("anna@exemple.coop", "Ferrer</dd>") // fingerprints, no values

	bernat := comes(t, clau, "bernat").enters(forum)
	paths := map[string]string{
		"another's receipt": own, "one that never was": bernat.path("forum", "receipts", "00000000-0000-4000-8000-000000000000"),
		"of a service never visited": bernat.path("wiki", "receipts", receipt.ConsentReceiptID),
		"of no service":              bernat.path("nowhere", "receipts", receipt.ConsentReceiptID),
		"another's, to download":     own + "?as=jws", "another's, as JSON": own + "?as=json",
		"a service never visited": bernat.path(string(wiki.Service.Name)), "no service": bernat.path("nowhere"),
	}
	var missing string
	for what, path := range paths {
		bernat.Open(path)
		got := fmt.Sprint(bernat.browser.Status, withoutReference(bernat.browser.Body))
		if bernat.browser.Status != http.StatusNotFound {
			t.Errorf("%s: %d", what, bernat.browser.Status)
		}
		if missing == "" {
			missing = got
		}
		if got != missing {
			t.Errorf("%s is told apart from what is missing:\n%s", what, got)
		}
	}
}

// withoutReference leaves out what each page says of itself.
func withoutReference(body string) string {
	body = regexp.MustCompile(`\?ui_locales=|/account/services/[^"?]*`).ReplaceAllString(body, "")
	return regexp.MustCompile(`<code[^>]*>[^<]*</code>`).ReplaceAllString(body, "")
}

func TestOnlyFormsOfOnesOwnChangeAnything(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	anna, bernat := comes(t, clau, "anna").enters(forum), comes(t, clau, "bernat").enters(forum)
	his := bernat.token(forum)
	before := anna.all()
	for _, what := range []string{"stop", "ask", "renew"} {
		for name, form := range map[string]url.Values{
			"no token": {"confirm": {"yes"}}, "another's token": {"confirm": {"yes"}, "token": {his}},
			"a guess": {"confirm": {"yes"}, "token": {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}},
			"two":     {"confirm": {"yes"}, "token": {anna.token(forum), his}},
		} {
			if status := anna.post(anna.path("forum", what), form); status < 400 {
				t.Errorf("%s with %s: %d", what, name, status)
			}
		}
	}
	if anna.all() != before {
		t.Error("a forged form changed something")
	}
	if anna.post(bernat.path("wiki", "stop"), url.Values{"token": {anna.token(forum)}}); anna.browser.Status != http.StatusNotFound {
		t.Errorf("a service never visited: %d", anna.browser.Status)
	}
	anna.post(anna.path("forum", "stop"), url.Values{"token": {anna.token(forum)}})
	if bernat.kept(forum).State != directory.Active {
		t.Error("she stopped it for somebody else")
	}
	if anna.kept(forum).State != directory.Suspended {
		t.Error("her own form does nothing")
	}
}

// Looking changes nothing: links may be followed by programs, ahead of people.
func TestLookingChangesNothing(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	anna := comes(t, clau, "anna").enters(forum)
	token := anna.token(forum)
	before := anna.all()
	receipt, err := consent.ReadReceipt(anna.kept(forum).Receipts[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"", "forum", "forum?done=stopped", "forum?done=renewed", "forum/receipts/" + receipt.ConsentReceiptID,
		"forum/receipts/" + receipt.ConsentReceiptID + "?as=jws",
		"forum/stop?token=" + token, "forum/ask?token=" + token, "forum/renew?confirm=yes&token=" + token,
	} {
		anna.Open(anna.path(path))
		if strings.Contains(path, "token=") && anna.browser.Status < 400 {
			t.Errorf("%s is answered with %d", path, anna.browser.Status)
		}
	}
	if anna.all() != before {
		t.Errorf("something changed: %s\nwas %s", anna.all(), before)
	}
}

func TestMarkupInAServicesTitleIsText(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	const title = `<img src=x onerror=alert(1)>`
	forum := clau.Party(t, "forum", func(s *directory.Service) { s.Title = title })
	anna := comes(t, clau, "anna").enters(forum)
	for _, path := range []string{"", "forum"} {
		anna.Open(anna.path(path))
		anna.Sees(title)
		if strings.Contains(anna.browser.Body, "<img src=x") {
			t.Errorf("markup at %q", path)
		}
	}
}

func TestThePortalMarksWhatAnAnonymousPersonCannotEnter(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	clau.SetPolicy(t, idptest.Ateneu, `,"services":{"wiki":{"anonymous":false}}`)
	clau.Party(t, "forum")
	clau.Party(t, "wiki")
	const mark = "Not open to anonymous accounts"
	falcia := comes(t, clau, "falcia")
	falcia.Open(clau.Issuer + "/")
	falcia.Sees("Service forum", "Service wiki", mark)
	if n := strings.Count(falcia.Text(), mark); n != 1 {
		t.Errorf("%d services are marked", n)
	}
	anna := comes(t, clau, "anna")
	anna.Open(clau.Issuer + "/")
	anna.SeesNot(mark)
}

// A service that had accounts before Clau is told the identifier that it knows,
// before the consent and after.
func TestAServiceGoesOnKnowingSomebodyByAnOlderIdentifier(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	anna := comes(t, clau, "anna")
	err := clau.Directory.PutConsent(context.Background(), "service:"+string(forum.Service.ID), directory.Consent{
		Person: anna.id, Service: forum.Service.ID, Collective: idptest.Ateneu, State: directory.Active,
		Subject: "user-7", Decided: clau.Clock.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	anna.enters(forum)
	if got := forum.Last().Subject(); got != "user-7" {
		t.Errorf("known as %q", got)
	}
	anna.Open(anna.path("forum"))
	anna.Sees("user-7")
}

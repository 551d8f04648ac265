// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/mail"
)

const newPassword = "quatre paraules molt tranquilles"

// life is a town in which somebody comes, stays and goes.
type life struct {
	t     *testing.T
	clau  *idptest.Clau
	cloud *idptest.Party // of the Ateneu, for its members
	lang  string
}

// someone sits down before a browser without scripts, in the story's language.
type someone struct {
	*idptest.Plain
	idptest.Person
	*life
}

func (l *life) someone() someone {
	b := idptest.NewBrowser(l.t)
	b.Language = l.lang
	return someone{b, idptest.Sits(l.t, b), l}
}

func (s someone) Open(path string) {
	s.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = s.clau.Issuer + path
	}
	s.Person.Open(path)
}

func (s someone) Press(what string) { s.t.Helper(); s.Person.Press(what) }

// writes fills in fields, in pairs of id and text.
func (s someone) writes(pairs ...string) someone {
	s.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		s.Plain.Fill("#"+pairs[i], pairs[i+1])
	}
	return s
}

func (s someone) enters(handle, password string) someone {
	s.t.Helper()
	s.Open("/login")
	s.LogsIn(handle, password)
	return s
}

// letter is the last one to an address; link what it leads to, and code what it
// says to type.
func (l *life) letter(address string) mail.Message {
	l.t.Helper()
	all := l.clau.Mail.To(address)
	if len(all) == 0 {
		l.t.Fatalf("no letter to %s", address)
	}
	return all[len(all)-1]
}

func (l *life) link(address, path string) string {
	l.t.Helper()
	letter := l.letter(address)
	found := regexp.MustCompile(regexp.QuoteMeta(l.clau.Issuer+path) + `[^\s"<>]*`).FindString(letter.Text)
	if found == "" {
		l.t.Fatalf("no link to %s in:\n%s", path, letter.Text)
	}
	return found
}

// applies goes through the form of a collective and proves the address.
func (l *life) applies(collective directory.CollectiveName, handle, address, words string) someone {
	l.t.Helper()
	s := l.someone()
	s.Open("/join/" + string(collective))
	s.writes("handle", handle, "mail", address, "name", "Nom de "+handle, "words", words)
	l.clau.Clock.Advance(20 * time.Second)
	s.Press("#join")
	s.Open(l.link(address, "/join/prove"))
	s.Press("#prove")
	return s
}

// decides opens the only request that waits, and presses a button.
func (s someone) request(collective directory.CollectiveName, of string) someone {
	s.t.Helper()
	s.Open("/collectives/" + string(collective) + "/requests")
	s.Press(of)
	return s
}

// setsPassword follows the letter of who was accepted.
func (s someone) setsPassword(address string) {
	s.t.Helper()
	s.Open(s.link(address, "/join/password"))
	s.writes("password", newPassword, "password-again", newPassword)
	s.Press("#set-password")
	s.IsAt(s.clau.Issuer + "/")
}

func (l *life) person(handle string) directory.Person {
	l.t.Helper()
	p, err := l.clau.Directory.PersonByLogin(context.Background(), handle)
	check(l.t, err)
	return p
}

// settle writes settings of the Ateneu, and lets the cache hear of it.
func (l *life) together(matters ...directory.Matter) {
	l.t.Helper()
	ctx := context.Background()
	c, err := l.clau.Directory.Collective(ctx, idptest.Ateneu)
	check(l.t, err)
	c.Settings.Together = matters
	check(l.t, l.clau.Directory.ChangeCollective(ctx, directory.System(), idptest.Ateneu, directory.CollectiveChange{Settings: &c.Settings}))
	time.Sleep(50 * time.Millisecond) // the watch of the directory
	l.clau.Clock.Advance(2 * time.Minute)
}

// TestAWholeLife is the story of Marta, from the day she hears of the Ateneu to
// the day nothing is left of her, without scripts, in each language.
func TestAWholeLife(t *testing.T) {
	for _, lang := range []string{"ca", "es", "en"} {
		t.Run("embedded, "+lang, func(t *testing.T) { wholeLife(t, lang, idptest.Options{}) })
	}
	t.Run("OpenLDAP and Redis, two nodes, ca", func(t *testing.T) {
		wholeLife(t, "ca", idptest.Options{Servers: idptest.RunServers(t), Nodes: 2})
	})
}

func wholeLife(t *testing.T, lang string, o idptest.Options) {
	l := &life{t: t, lang: lang, clau: idptest.Start(t, o)}
	l.cloud = l.clau.Party(t, "cloud", func(s *directory.Service) { s.Access = directory.AccessCollective })
	const address = "marta@correu.example"

	marta := l.applies(idptest.Ateneu, "marta.puig", address, "Soc la veïna del segon.")
	anna := l.someone().enters("anna", idptest.Password)
	anna.request(idptest.Ateneu, "Nom de marta.puig")
	anna.Sees("Soc la veïna del segon.", address)
	anna.writes("question", "De quin segon?")
	anna.Press("#request-ask")
	marta.Open(l.link(address, "/join/application"))
	marta.Sees("De quin segon?")
	marta.writes("reply", "Del segon primera.").Press("#send-reply")
	l.someone().enters("marta.puig", newPassword).SeesElement("#username") // not before a manager has said yes
	anna.request(idptest.Ateneu, "Nom de marta.puig")
	anna.Sees("Del segon primera.")
	anna.Press("#request-accept")
	marta.setsPassword(address)
	marta.Sees("Service cloud")
	marta.Open(l.cloud.URL + "/login")
	marta.Sees("You are in.")

	l.secondCollective(marta)
	l.export(marta)
	l.goes(marta, address)
}

// secondCollective repeats only the decision; leaving takes away what it gave.
func (l *life) secondCollective(marta someone) {
	l.t.Helper()
	marta.Open("/account/collectives")
	marta.writes("to", "horta", "words", "També planto tomàquets.")
	marta.Press("#ask")
	dolors := l.someone().enters("dolors", idptest.Password)
	dolors.request(idptest.Horta, "Nom de marta.puig")
	dolors.Sees("També planto tomàquets.")
	dolors.Press("#request-accept")
	marta.Open("/account/collectives")
	marta.Sees("Horta Viva")
	marta.Open("/account/collectives/horta/leave")
	marta.Press("#leave")
	standing, err := l.clau.Directory.Standing(context.Background(), l.person("marta.puig").ID)
	check(l.t, err)
	if standing.MemberOf(idptest.Horta) || !standing.MemberOf(idptest.Ateneu) {
		l.t.Errorf("she left the Horta, and is in %+v", standing.Memberships)
	}
}

// export is one file, with all that there is and none of the secrets.
func (l *life) export(marta someone) {
	l.t.Helper()
	marta.Open("/account/export")
	button := marta.Plain.Submission(marta.Plain.Button("#export"))
	answer, err := marta.Plain.Client.Do(button)
	check(l.t, err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	check(l.t, err)
	if answer.StatusCode != http.StatusOK {
		l.t.Fatalf("export answers %d", answer.StatusCode)
	}
	files, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	check(l.t, err)
	kept := l.person("marta.puig")
	for _, f := range files.File {
		in, err := f.Open()
		check(l.t, err)
		text, err := io.ReadAll(in)
		check(l.t, err)
		if strings.HasSuffix(f.Name, ".json") && !json.Valid(text) {
			l.t.Errorf("%s is no JSON", f.Name)
		}
		for _, part := range []string{"marta.puig", "marta@correu.example", "ateneu", "cloud"} {
			if !strings.Contains(strings.ToLower(string(text)), part) {
				l.t.Errorf("%s does not tell of %s", f.Name, part)
			}
		}
		for _, secret := range []string{string(kept.Seed), "ARGON2", newPassword} {
			if strings.Contains(string(text), secret) {
				l.t.Errorf("%s holds a secret", f.Name)
			}
		}
	}
	if len(files.File) < 2 {
		l.t.Errorf("%d files: a machine's and a reader's are wanted", len(files.File))
	}
}

// goes asks to be erased, thinks better of it, and asks again.
func (l *life) goes(marta someone, address string) {
	l.t.Helper()
	erase := func() {
		l.t.Helper()
		marta.Open("/account/erase")
		marta.Sees("Service cloud")
		marta.writes("current", newPassword).Press("#erase")
		marta.Sees("Service cloud")
	}
	erase()
	token := l.cloud.Last().Token.AccessToken
	if a := l.cloud.UserInfo(token); a.Status != http.StatusUnauthorized {
		l.t.Errorf("the service still reads what is hers: %d", a.Status)
	}
	l.clau.Later(l.t, 24*time.Hour)
	marta.Open(l.link(address, "/erase/cancel"))
	marta.Press("#keep")
	marta.enters("marta.puig", newPassword)
	marta.Open(l.cloud.URL + "/login")
	marta.Sees("You are in.")

	erase()
	id := l.person("marta.puig").ID
	l.clau.Later(l.t, 15*24*time.Hour)
	if _, err := l.clau.Directory.Person(context.Background(), id); !errors.Is(err, directory.ErrNotFound) {
		l.t.Errorf("she is still there: %v", err)
	}
	other := l.someone()
	other.Open("/join/ateneu")
	other.writes("handle", "marta.puig", "mail", "altra@correu.example")
	l.clau.Clock.Advance(20 * time.Second)
	other.Press("#join")
	other.SeesElement("#faults")
	l.told("applied", "address-proved", "case-asked", "case-answered", "case-accepted", "password-set",
		"member-left", "data-exported", "erase-asked", "erase-cancelled", "person-erased")
}

// told ends the test unless each of the kinds is on record.
func (l *life) told(kinds ...audit.Kind) {
	l.t.Helper()
	seen := map[audit.Kind]bool{}
	for _, e := range l.clau.Audit.Events() {
		seen[e.Kind] = true
	}
	for _, kind := range kinds {
		if !seen[kind] {
			l.t.Errorf("%s is not on record", kind)
		}
	}
}

// onBoth tells a story over the embedded stores and over servers.
func onBoth(t *testing.T, story func(*life)) {
	t.Run("embedded", func(t *testing.T) {
		story(&life{t: t, lang: "ca", clau: idptest.Start(t, idptest.Options{})})
	})
	t.Run("OpenLDAP and Redis", func(t *testing.T) {
		story(&life{t: t, lang: "ca", clau: idptest.Start(t, idptest.Options{Servers: idptest.RunServers(t), Nodes: 2})})
	})
}

// TestSomebodyWithoutAName joins, comes back with the code on paper, and is let
// in: no service and no letter ever hears of a name or an address.
func TestSomebodyWithoutAName(t *testing.T) { onBoth(t, somebodyWithoutAName) }

func somebodyWithoutAName(l *life) {
	s := l.someone()
	s.Open("/join/ateneu")
	s.Press("#other-way")
	s.writes("handle", "oliba")
	l.clau.Clock.Advance(20 * time.Second)
	s.Press("#join")
	code := s.Plain.Value("#paper-code")
	s.Plain.Tick("#noted")
	s.Press("#go-on")
	anna := l.someone().enters("anna", idptest.Password)
	anna.request(idptest.Ateneu, "oliba")
	anna.SeesNot(code)
	anna.Press("#request-accept")
	later := l.someone()
	later.Open("/join/return")
	later.writes("handle", "oliba", "code", strings.ToLower(code)).Press("#return")
	later.writes("password", newPassword, "password-again", newPassword).Press("#set-password")
	later.IsAt(l.clau.Issuer + "/")
	forum := l.clau.Party(l.t, "forum")
	later.Open(forum.URL + "/login")
	later.Sees("You are in.")
	if told := forum.Last().UserInfo; told["name"] == "oliba" || told["preferred_username"] == "oliba" {
		l.t.Errorf("the service hears %v", told)
	}
	l.clau.Logs.Hides(l.t, map[string]string{"the code": code})
}

// TestTwoManagersMustAgree: with one voice nobody is let in, and the proposer is
// told who is missing.
func TestTwoManagersMustAgree(t *testing.T) { onBoth(t, twoManagersMustAgree) }

func twoManagersMustAgree(l *life) {
	t := l.t
	anna := l.someone().enters("anna", idptest.Password)
	anna.Open("/collectives/ateneu/members/" + string(l.clau.People["bernat"].ID))
	anna.Press("#member-appoint")
	l.together(directory.MatterAccepting)
	l.applies(idptest.Ateneu, "pep", "pep@correu.example", "Hola.")
	anna.request(idptest.Ateneu, "Nom de pep")
	anna.Press("#request-accept")
	if p := l.person("pep"); p.State != directory.PendingApproval {
		t.Fatalf("one voice was enough: %s", p.State)
	}
	anna.request(idptest.Ateneu, "Nom de pep")
	if anna.Plain.Has("#request-accept") {
		t.Error("one manager can agree twice")
	}
	bernat := l.someone().enters("bernat", idptest.Password)
	bernat.request(idptest.Ateneu, "Nom de pep")
	bernat.Sees("Anna Ferrer i Puig")
	bernat.Press("#request-accept")
	pep := l.someone()
	pep.setsPassword("pep@correu.example")
	l.told("manager-added", "case-agreed", "case-accepted")
}

// TestAnInvitation is for one address: it leads in without waiting, once.
func TestAnInvitation(t *testing.T) { onBoth(t, anInvitation) }

func anInvitation(l *life) {
	t := l.t
	const address = "lia@correu.example"
	anna := l.someone().enters("anna", idptest.Password)
	anna.Open("/collectives/ateneu/invitations")
	anna.writes("mail", address, "words", "Ens vam conèixer a la plaça.", "until", time.Now().AddDate(0, 0, 10).Format(time.DateOnly))
	anna.Press("#invite-mail")
	lia := l.someone()
	invitation := l.link(address, "/invitation")
	lia.Open(invitation)
	lia.Sees("Ens vam conèixer a la plaça.", "Ateneu Popular")
	lia.Press("#invitation-new")
	lia.writes("handle", "lia", "mail", address)
	l.clau.Clock.Advance(20 * time.Second)
	lia.Press("#join")
	if !lia.Plain.Has("#password") {
		lia.Open(l.link(address, "/join/password"))
	}
	lia.writes("password", newPassword, "password-again", newPassword).Press("#set-password")
	lia.IsAt(l.clau.Issuer + "/")
	late := l.someone()
	late.Open(invitation)
	if late.Plain.Status != http.StatusGone {
		t.Errorf("an invitation that was used answers %d", late.Plain.Status)
	}
	l.told("invitation-made", "invitation-used", "case-accepted")
}

// TestOnlyTheManagerOfTheirCollectiveSees: a request is seen by those whom it is
// for, and by nobody else, wherever they look.
func TestOnlyTheManagerOfTheirCollectiveSees(t *testing.T) {
	l := &life{t: t, lang: "ca", clau: idptest.Start(t, idptest.Options{})}
	l.applies(idptest.Ateneu, "pep", "pep@correu.example", "Una cosa privada.")
	dolors := l.someone().enters("dolors", idptest.Password)
	for _, path := range []string{"/collectives/horta", "/collectives/horta/requests", "/collectives/horta/members?q=pep", "/collectives/horta/activity"} {
		dolors.Open(path)
		dolors.SeesNot("pep", "Una cosa privada.")
	}
	if letters := l.clau.Mail.To("dolors@exemple.coop"); len(letters) > 0 {
		t.Errorf("a manager of the Horta is told: %s", letters[0].Subject)
	}
	anna := l.letter("anna@exemple.coop")
	if strings.Contains(anna.Text+anna.HTML, "Una cosa privada.") {
		t.Error("what was written to the managers travels by mail")
	}
	u, err := url.Parse(l.link("anna@exemple.coop", "/collectives/ateneu"))
	check(t, err)
	if u.Path != "/collectives/ateneu/requests" {
		t.Errorf("the letter leads to %s", u.Path)
	}
}

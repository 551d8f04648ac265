// SPDX-License-Identifier: AGPL-3.0-or-later

package account_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/account/export"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/retention"
)

func TestEverythingIsTakenHomeInOneFile(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	anna := comes(t, clau, "anna").enters(forum)
	anna.Open(clau.Issuer + "/account/export")
	anna.Press("#export")
	anna.answers(http.StatusOK)
	if kind := anna.browser.Header.Get("Content-Type"); kind != "application/zip" {
		t.Fatalf("a %s: %s", kind, anna.Text())
	}
	files := unzip(t, []byte(anna.browser.Body))
	var d export.Document
	if err := json.Unmarshal(files["export.json"], &d); err != nil {
		t.Fatal(err)
	}
	if d.Format != export.Format || d.Version != export.Version || d.Profile.Handle != "anna" || d.Profile.Mail != "anna@exemple.coop" {
		t.Errorf("%+v", d.Profile)
	}
	if len(d.Memberships) != 1 || !d.Memberships[0].Manager || len(d.Sessions) != 1 {
		t.Errorf("memberships %+v, sessions %+v", d.Memberships, d.Sessions)
	}
	if len(d.Services) != 1 || d.Services[0].Subject != forum.Last().Subject() || len(d.Services[0].Receipts) != 1 || d.Services[0].Receipts[0].Says == nil {
		t.Errorf("services %+v", d.Services)
	}
	if want := len(retention.Table()); len(d.Retention) < want/2 || strings.HasPrefix(d.Retention[0].What, "privacy.") {
		t.Errorf("%d rows of retention: %+v", len(d.Retention), d.Retention)
	}
	page := string(files["index.html"])
	for _, words := range []string{"Anna Ferrer i Puig", "anna@exemple.coop", "Ateneu Popular", "Service forum", forum.Last().Subject(), `lang="en"`} {
		if !strings.Contains(page, words) {
			t.Errorf("%q is not in the page", words)
		}
	}
	for _, fetched := range []string{"src=", "<link", "@import", "url("} {
		if strings.Contains(page, fetched) {
			t.Errorf("the page fetches something: %s", fetched)
		}
	}
	if !recorded(clau, audit.DataExported, anna.id) {
		t.Error("nothing in the audit")
	}
}

func unzip(t *testing.T, raw []byte) map[string][]byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	if len(files) != 2 {
		t.Errorf("%d files", len(files))
	}
	return files
}

// What opens something is not in it, and neither is anybody else.
func TestWhatIsTakenHomeOpensNothing(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	hasCode(t, clau, "falcia")
	falcia := comes(t, clau, "falcia")
	falcia.Open(clau.Issuer + "/account/export")
	falcia.Press("#export")
	files := unzip(t, []byte(falcia.browser.Body))
	all := string(files["export.json"]) + string(files["index.html"])
	p := falcia.now()
	secrets := map[string]string{"the code": p.Code, "the seed": string(p.Seed), "a password": "argon2", "somebody else": "anna"}
	for _, c := range falcia.browser.Cookies(clau.Issuer) {
		key, secret, _ := strings.Cut(c.Value, ".")
		secrets["the name of a session "+c.Name], secrets["its secret "+c.Name] = key, secret
	}
	for what, secret := range secrets {
		if secret != "" && strings.Contains(all, secret) {
			t.Errorf("%s is in it", what)
		}
	}
}

func TestAnAccountIsErasedOnlyByWhoProvesItAndCanBeKept(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	bernat := comes(t, clau, "bernat").enters(forum)
	other := comes(t, clau, "bernat")
	bernat.Open(clau.Issuer + "/account/erase")
	bernat.Sees("Service forum", "14 days")
	bernat.Fill("#current", "wrong")
	bernat.Press("#erase")
	bernat.answers(http.StatusUnprocessableEntity).Sees("current password is not right")
	bernat.Fill("#current", idptest.Password)
	bernat.Press("#erase")
	bernat.answers(http.StatusOK).Sees("Your account is closed", "bernat@exemple.coop", "Service forum")
	if p := bernat.now(); p.State != directory.Retired {
		t.Fatalf("the account is %s", p.State)
	}
	for _, v := range []visitor{bernat, other} {
		v.Open(clau.Issuer + "/account")
		v.SeesElement("#username")
	}
	link := bernat.link("bernat@exemple.coop", 1, "/erase/cancel")
	for range 3 {
		stranger(t, clau).opens(link).answers(http.StatusOK)
	}
	if p := bernat.now(); p.State != directory.Retired {
		t.Fatal("looking at the link kept the account")
	}
	v := stranger(t, clau).opens(link)
	v.Press("#keep")
	v.Sees("will not be erased")
	stranger(t, clau).opens(link).answers(http.StatusGone)
	comes(t, clau, "bernat").Sees("Your account")
}

func TestTheRightPasswordOfAnAccountThatGoesLeadsToKeepingIt(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	code := hasCode(t, clau, "falcia")
	falcia := comes(t, clau, "falcia")
	falcia.Open(clau.Issuer + "/account/erase")
	falcia.Fill("#current", code) // who has a code on paper need not know the password
	falcia.Press("#erase")
	falcia.answers(http.StatusOK).SeesElement("#cancel")
	falcia.Open(clau.Issuer + "/login")
	falcia.LogsIn("falcia", "not the password")
	falcia.Sees("is not right")
	falcia.LogsIn("falcia", idptest.Password)
	falcia.IsAt(clau.Issuer + "/erase/cancel?t=")
	falcia.Press("#keep")
	falcia.Sees("will not be erased")
	comes(t, clau, "falcia").Sees("Your account")
}

func TestTheLastManagerNamesAnotherFirst(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	anna := comes(t, clau, "anna")
	anna.Open(clau.Issuer + "/account/erase")
	anna.Fill("#current", idptest.Password)
	anna.Press("#erase")
	anna.answers(http.StatusConflict).Sees("name somebody else")
	anna.Open(clau.Issuer + "/account/collectives/ateneu/leave")
	anna.Press("#leave")
	anna.answers(http.StatusConflict).Sees("name somebody else")
}

func TestACollectiveIsAskedAndLeft(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	bernat := comes(t, clau, "bernat")
	bernat.Open(clau.Issuer + "/account/collectives")
	bernat.Sees("Ateneu Popular", "vouches for your account")
	bernat.Fill("#to", "horta")
	bernat.Fill("#words", "I bring the seeds.")
	bernat.Press("#ask")
	bernat.answers(http.StatusOK).Sees("We have asked", "Horta Viva", "I bring the seeds.")
	bernat.Press("Take it back")
	bernat.answers(http.StatusOK).Sees("You have taken it back")
	bernat.SeesNot("I bring the seeds.")

	carme := comes(t, clau, "carme")
	carme.Open(clau.Issuer + "/account/collectives/horta/leave")
	carme.Sees("Leave Horta Viva")
	carme.Press("#leave")
	carme.answers(http.StatusOK).Sees("You have left the collective.", "Ateneu Popular")
	s, err := clau.Directory.Standing(t.Context(), carme.id)
	if err != nil || s.MemberOf("horta") || !s.MemberOf("ateneu") {
		t.Errorf("%+v, %v", s, err)
	}
	carme.opens(clau.Issuer + "/account/collectives/horta/leave").answers(http.StatusNotFound)
	carme.opens(clau.Issuer + "/account/collectives/nothing/leave").answers(http.StatusNotFound)
}

func TestWhatHappenedIsToldToWhomItHappened(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	anna, bernat := comes(t, clau, "anna"), comes(t, clau, "bernat")
	forum := clau.Party(t, "forum")
	anna.enters(forum)
	idptest.Eventually(t, 10*time.Second, "what happened to be on the page", func() bool {
		anna.Open(clau.Issuer + "/account/activity")
		return strings.Contains(anna.Text(), "Service forum")
	})
	anna.Sees("you did it", "(UTC)")
	bernat.Open(clau.Issuer + "/account/activity")
	bernat.SeesNot("Service forum")
}

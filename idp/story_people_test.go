// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/web"
)

// TestGuessing: whoever guesses from one place is stopped there, however the
// name is spelled, and who is at home still gets in.
func TestGuessing(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	thief := idptest.Sits(t, idptest.NewBrowser(t))
	thief.Open(forum.URL + "/login")
	spellings := []string{"anna", "ANNA", "anna@exemple.coop", "Anna@Exemple.Coop", " anna "}
	for i := range 12 {
		if !thief.Has("#username") {
			thief.Open(forum.URL + "/login")
		}
		thief.LogsIn(spellings[i%len(spellings)], fmt.Sprint("guess ", i))
	}
	thief.Open(forum.URL + "/login")
	thief.LogsIn("anna", idptest.Password) // the thirteenth guess is right
	thief.SeesNot("You are in.")
	thief.IsAt(clau.Issuer)

	anna := idptest.Sits(t, idptest.NewBrowser(t))
	anna.Open(forum.URL + "/login")
	anna.LogsIn("anna", idptest.Password)
	anna.Sees("You are in.")

	clau.Clock.Advance(time.Hour)
	thief.Open(forum.URL + "/login")
	thief.LogsIn("bernat", idptest.Password) // somebody else there is not held up
	thief.Sees("You are in.")
}

// TestNobodyLearnsWhoHasAnAccount: the answer to a wrong password is the answer
// to a wrong name, and to the right password of an account that is not usable;
// somebody who is suspended, and has the right password, is told why.
func TestNobodyLearnsWhoHasAnAccount(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	states := []directory.State{directory.PendingConfirmation, directory.PendingApproval,
		directory.Expired, directory.Denied, directory.Deleted, directory.Locked}
	tries := map[string][2]string{
		"wrong password": {"anna", "wrong"}, "wrong name": {"ningu", "wrong"}, "wrong address": {"ningu@exemple.coop", "wrong"},
		"suspended, and a wrong password": {"aturat", "wrong"},
		"a name that is none":             {"*)(uid=*", "wrong"}, "right password, wrong name": {"ningu", idptest.Password},
	}
	suspended, reason, until := directory.Suspended, "Fa mesos que ningú en sap res.", time.Now().AddDate(0, 0, 9).UTC().Truncate(time.Second)
	aturat := clau.AddPerson(t, "aturat")
	check(t, clau.Directory.ChangePerson(context.Background(), directory.System(), aturat.ID,
		directory.PersonChange{State: &suspended, Reason: &reason, Until: &until}))
	for i, state := range states {
		handle := fmt.Sprint("estat", i)
		p := clau.AddPerson(t, handle)
		check(t, clau.Directory.ChangePerson(context.Background(), directory.System(), p.ID, directory.PersonChange{State: &state}))
		tries[string(state)] = [2]string{handle, idptest.Password}
	}
	var expected string
	for name, try := range tries {
		b := idptest.NewBrowser(t)
		somebody := idptest.Sits(t, b)
		somebody.Open(clau.Issuer + "/login")
		somebody.LogsIn(try[0], try[1])
		got := fmt.Sprint(b.Status, "\n", withoutChance(b.Body, try[0]))
		if expected == "" {
			expected = got
		}
		if got != expected {
			t.Errorf("%s is answered differently:\n%s\nnot\n%s", name, got, expected)
		}
	}
}

// TestTheSuspendedReadWhy: with the right password, and without a session.
func TestTheSuspendedReadWhy(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	forum := clau.Party(t, "forum")
	suspended, reason := directory.Suspended, "Fa mesos que <b>ningú</b> en sap res."
	until := clau.Clock.Now().AddDate(0, 0, 9).UTC().Truncate(time.Second)
	check(t, clau.Directory.ChangePerson(context.Background(), directory.System(), clau.People["bernat"].ID,
		directory.PersonChange{State: &suspended, Reason: &reason, Until: &until, RaiseEpoch: true}))
	bernat := idptest.Sits(t, idptest.NewBrowser(t))
	bernat.Open(forum.URL + "/login")
	bernat.LogsIn("bernat", idptest.Password)
	bernat.Sees("El teu compte està suspès", reason, "Es torna a obrir tot sol")
	bernat.Open(clau.Issuer + "/account")
	bernat.SeesElement("#username")
	clau.Later(t, 10*24*time.Hour)
	bernat.Open(clau.Issuer + "/login")
	bernat.LogsIn("bernat", idptest.Password)
	bernat.Sees("Bernat Soler")
}

// withoutChance leaves out of a page what was typed, and what is random.
func withoutChance(body, typed string) string {
	body = strings.ReplaceAll(body, typed, "TYPED")
	return regexp.MustCompile(`[A-Za-z0-9_-]{20,}`).ReplaceAllString(body, "RANDOM")
}

// TestEverybodyIsThemselves: many people at once, and nobody is ever taken for
// somebody else. With the race detector on this looks at all that is shared.
func TestEverybodyIsThemselves(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{Configure: unhurried})
	forum := clau.Party(t, "forum")
	t.Run("at once", func(t *testing.T) {
		for i := range 24 {
			handle := fmt.Sprintf("gent%02d", i)
			clau.AddPerson(t, handle)
			t.Run(handle, func(t *testing.T) {
				t.Parallel()
				somebody := idptest.Sits(t, idptest.NewBrowser(t))
				somebody.Open(forum.URL + "/login")
				somebody.LogsIn(handle, idptest.Password)
				for range 4 {
					if got := somebody.Value("#userinfo-preferred_username"); got != handle {
						t.Fatalf("%s is taken for %s", handle, got)
					}
					somebody.Open(forum.URL + "/login")
				}
			})
		}
	})
}

// unhurried lets a service ask as often as it likes.
func unhurried(c *idp.Config) { c.Limits = web.Limits{PerSecond: 1 << 20, Burst: 1 << 20} }

// TestTwoClaus live in one process and know nothing of each other.
func TestTwoClaus(t *testing.T) {
	one, other := idptest.Start(t, idptest.Options{}), idptest.Start(t, idptest.Options{})
	here, there := one.Party(t, "forum"), other.Party(t, "forum")
	b := idptest.NewBrowser(t)
	anna := idptest.Sits(t, b)
	anna.Open(here.URL + "/login")
	anna.LogsIn("anna", idptest.Password)
	anna.Sees("You are in.")
	anna.Open(there.URL + "/login") // browsers send the cookies of one port to another
	anna.IsAt(other.Issuer)
	anna.SeesElement("#username")
	if a := there.UserInfo(here.Last().Token.AccessToken); a.Status != http.StatusUnauthorized {
		t.Errorf("a token of another Clau is answered with %d", a.Status)
	}
	anna.LogsIn("anna", idptest.Password)
	anna.Sees("You are in.")
	if here.Last().Subject() == there.Last().Subject() {
		t.Error("two federations know her by the same name")
	}
}

// TestStolenCookieIsOfNoUseAfterLogout: what the browser had opens nothing.
func TestStolenCookieIsOfNoUseAfterLogout(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	in := letIn(t, clau, "olga")
	stolen := in.browser.Cookies(clau.Issuer)
	logOut(t, in)
	r, err := http.NewRequest(http.MethodGet, in.service.Begin(), nil)
	check(t, err)
	for _, c := range stolen {
		r.AddCookie(c)
	}
	thief := idptest.NewBrowser(t)
	thief.Send(r)
	idptest.Sits(t, thief).SeesElement("#username")
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// inside is somebody with every key that Clau hands out.
type inside struct {
	clau    *idptest.Clau
	service *idptest.Party
	browser *idptest.Plain
	person  directory.Person
	visit   *idptest.Visit
}

// reasons are the ways in which somebody stops being welcome. Identity
// providers were broken because one door did not hear of one of them.
var reasons = map[string]func(*testing.T, inside){
	"suspended":        func(t *testing.T, in inside) { in.state(t, directory.Suspended) },
	"locked":           func(t *testing.T, in inside) { in.state(t, directory.Locked) },
	"expired state":    func(t *testing.T, in inside) { in.state(t, directory.Expired) },
	"back to pending":  func(t *testing.T, in inside) { in.state(t, directory.PendingApproval) },
	"tombstone":        func(t *testing.T, in inside) { in.state(t, directory.Deleted) },
	"past the date":    expire,
	"removed":          remove,
	"epoch raised":     func(t *testing.T, in inside) { in.change(t, directory.PersonChange{RaiseEpoch: true}) },
	"password changed": changePassword,
	"left collective":  leaveCollective,
	"service stopped": func(t *testing.T, in inside) {
		in.reregister(t, func(s *directory.Service) { s.State = directory.Suspended })
	},
	"service closed": func(t *testing.T, in inside) {
		in.reregister(t, func(s *directory.Service) { s.Access = directory.AccessGroup })
	},
	"logged out": logOut,
}

func (in inside) state(t *testing.T, s directory.State) {
	in.change(t, directory.PersonChange{State: &s})
}

func (in inside) change(t *testing.T, c directory.PersonChange) {
	t.Helper()
	check(t, in.clau.Directory.ChangePerson(context.Background(), directory.System(), in.person.ID, c))
}

func (in inside) reregister(t *testing.T, change func(*directory.Service)) {
	t.Helper()
	s, err := in.clau.Directory.Service(context.Background(), in.service.Service.ID)
	check(t, err)
	change(&s)
	check(t, in.clau.Directory.ReplaceService(context.Background(), directory.System(), s))
}

func expire(t *testing.T, in inside) {
	past := time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	in.change(t, directory.PersonChange{Expires: &past})
}

func remove(t *testing.T, in inside) {
	check(t, in.clau.Directory.RemovePerson(context.Background(), directory.System(), in.person.ID))
}

func changePassword(t *testing.T, in inside) {
	check(t, in.clau.Directory.SetPassword(context.Background(), directory.System(), in.person.ID, "una altra clau 8"))
	in.change(t, directory.PersonChange{RaiseEpoch: true}) // as whoever sets a password does
}

func leaveCollective(t *testing.T, in inside) {
	check(t, in.clau.Directory.RemoveMember(context.Background(), directory.System(), idptest.Ateneu, in.person.ID))
}

func logOut(t *testing.T, in inside) {
	b := idptest.Sits(t, in.browser)
	b.Open(in.service.URL)
	b.Press("#leave")
	b.Sees("You have left")
}

// TestEveryDoorHears: whatever the reason, every door is shut: the session, a
// code in flight, refresh, userinfo, introspection, and the password; on this
// node and on the one beside it.
func TestEveryDoorHears(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { everyDoor(t, idptest.Options{}) })
	t.Run("two nodes over OpenLDAP and Redis", func(t *testing.T) {
		everyDoor(t, idptest.Options{Servers: idptest.RunServers(t), Nodes: 2})
	})
}

func everyDoor(t *testing.T, o idptest.Options) {
	clau := idptest.Start(t, o)
	i := 0
	for reason, happens := range reasons {
		i++
		t.Run(reason, func(t *testing.T) {
			in := letIn(t, clau, fmt.Sprintf("vei%d", i))
			in.open(t)
			code, verifier := in.code(t)
			happens(t, in)
			idptest.Eventually(t, 5*time.Second, "userinfo hears on every node", func() bool {
				here, there := in.service.UserInfo(in.visit.Token.AccessToken), in.service.UserInfo(in.visit.Token.AccessToken)
				return here.Status == 401 && there.Status == 401
			})
			in.shut(t, code, verifier)
			if a := in.service.Machine(); reason == "service stopped" && a.Fault() != "invalid_client" {
				t.Errorf("a stopped service gets a token of its own: %d %s", a.Status, a.Body)
			}
			in.passwordShut(t, reason)
			if again := in.service.Refresh(in.visit.Token.RefreshToken); again.Fault() == "" {
				t.Error("a refused refresh works the second time")
			}
		})
	}
}

// letIn makes a person and a private service, and logs in.
func letIn(t *testing.T, clau *idptest.Clau, name string) inside {
	t.Helper()
	in := inside{clau: clau, browser: idptest.NewBrowser(t), person: clau.AddPerson(t, name)}
	in.service = clau.Party(t, "servei"+name, func(s *directory.Service) { s.Access = directory.AccessCollective })
	in.service.Scope = []string{"openid", "profile"} // bound to the session
	b := idptest.Sits(t, in.browser)
	b.Open(in.service.URL + "/login")
	b.LogsIn(name, idptest.Password)
	b.Sees("You are in.")
	in.visit = in.service.Last()
	return in
}

// open proves that every door was open before: else its being shut says nothing.
func (in inside) open(t *testing.T) {
	t.Helper()
	if a := in.service.UserInfo(in.visit.Token.AccessToken); a.Status != 200 {
		t.Fatalf("userinfo before: %d %s", a.Status, a.Body)
	}
	if !in.service.Lives(in.visit.Token.AccessToken) || !in.service.Lives(in.visit.Token.RefreshToken) {
		t.Fatal("introspection before")
	}
	if fault := in.silent(t); fault != "" {
		t.Fatalf("silent sign-on before: %s", fault)
	}
}

// silent signs on without asking anything, and returns the error that the
// service is told, or "not even an answer" where Clau gave none.
func (in inside) silent(t *testing.T) string {
	t.Helper()
	in.service.Extra.Set("prompt", "none")
	defer in.service.Extra.Del("prompt")
	b := idptest.Sits(t, in.browser)
	b.Open(in.service.URL + "/login")
	switch {
	case strings.HasPrefix(b.Address(), in.clau.Issuer):
		b.SeesElement("#error-code")
		return "not even an answer"
	case b.Has("#error"):
		return b.Value("#error")
	}
	b.Sees("You are in.")
	return ""
}

// code gets a code that nobody has redeemed yet.
func (in inside) code(t *testing.T) (code, verifier string) {
	t.Helper()
	request, verifier := in.service.BeginWithVerifier()
	in.browser.Catch(in.service.URL + "/callback")
	defer in.browser.Catch("")
	in.browser.Open(request)
	answer, err := url.Parse(in.browser.Address())
	check(t, err)
	if answer.Query().Get("code") == "" {
		t.Fatalf("no code: %s", answer)
	}
	return answer.Query().Get("code"), verifier
}

func (in inside) shut(t *testing.T, code, verifier string) {
	t.Helper()
	if a := in.service.Refresh(in.visit.Token.RefreshToken); a.Fault() == "" {
		t.Error("refresh is open")
	}
	if a := in.service.Redeem(code, verifier); a.Fault() == "" {
		t.Error("a code in flight is redeemed")
	}
	for name, token := range map[string]string{"access": in.visit.Token.AccessToken, "refresh": in.visit.Token.RefreshToken} {
		if a := in.service.Introspect(token); a.JSON["active"] == true {
			t.Errorf("introspection says the %s token lives", name)
		}
	}
	if fault := in.silent(t); fault == "" {
		t.Error("the session opens the service")
	}
}

// passwordShut tries the front door with the password that was right.
func (in inside) passwordShut(t *testing.T, reason string) {
	t.Helper()
	if reason == "epoch raised" || reason == "logged out" {
		return // these end what was handed out, not the account
	}
	b := idptest.Sits(t, idptest.NewBrowser(t))
	b.Open(in.service.URL + "/login")
	if !b.Has("#username") {
		return // the service is stopped: not even a login page
	}
	b.LogsIn(string(in.person.Handle), idptest.Password)
	b.SeesNot("You are in.")
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/idptest"
)

// caught are people in the midst of things when a server falls.
type caught struct {
	clau  *idptest.Clau
	forum *idptest.Party

	inside *idptest.Visit // has tokens
	home   idptest.Person // has a session
	plain  *idptest.Plain // the browser of home

	atDoor idptest.Person // before the login page
	door   *idptest.Plain

	code, verifier string // of home, not redeemed yet
}

func midFlow(t *testing.T, clau *idptest.Clau, name string) *caught {
	t.Helper()
	c := &caught{clau: clau, forum: clau.Party(t, "forum"+name), plain: idptest.NewBrowser(t), door: idptest.NewBrowser(t)}
	c.home, c.atDoor = idptest.Sits(t, c.plain), idptest.Sits(t, c.door)
	c.home.Open(c.forum.URL + "/login")
	c.home.LogsIn("anna", idptest.Password)
	c.home.Sees("You are in.")
	c.inside = c.forum.Last()
	c.atDoor.Open(c.forum.URL + "/login")
	c.atDoor.SeesElement("#username")

	in := inside{clau: clau, service: c.forum, browser: c.plain}
	c.code, c.verifier = in.code(t)
	return c
}

// whileDown does all that people and services do, and looks at what they are
// told: either it works (from a cache), or it is said plainly that it does not
// at the moment. Anything else would make services throw away what is good.
func (c *caught) whileDown(t *testing.T) {
	t.Helper()
	answers := map[string]idptest.Answer{
		"redeem":     c.forum.Redeem(c.code, c.verifier),
		"refresh":    c.forum.Refresh(c.inside.Token.RefreshToken),
		"userinfo":   c.forum.UserInfo(c.inside.Token.AccessToken),
		"introspect": c.forum.Introspect(c.inside.Token.AccessToken),
		"machine":    c.forum.Machine(),
	}
	for name, a := range answers {
		if a.Status != 200 && (a.Status != 503 || a.Text("error") != "temporarily_unavailable") {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
		tellsNothing(t, name, a.Body)
		c.keep(name, a)
	}
	stranger := idptest.NewBrowser(t)
	for _, address := range []string{c.forum.Begin(), c.clau.Issuer + "/", c.clau.Issuer + "/login", c.clau.Issuer + "/account"} {
		for _, b := range []*idptest.Plain{stranger, c.plain} {
			b.Catch(c.forum.URL)
			b.Open(address)
			b.Catch("")
			plainlyDown(t, b)
		}
	}
	c.atDoor.LogsIn("bernat", idptest.Password)
	plainlyDown(t, c.door)
}

// keep notes what a service got in spite of all: from then on it is that
// which must work.
func (c *caught) keep(name string, a idptest.Answer) {
	if a.Status != 200 {
		return
	}
	switch name {
	case "redeem":
		c.code = ""
	case "refresh":
		c.inside.Token.RefreshToken = a.Text("refresh_token")
		c.inside.Token.AccessToken = a.Text("access_token")
	}
}

func plainlyDown(t *testing.T, b *idptest.Plain) {
	t.Helper()
	tellsNothing(t, b.Address(), b.Body)
	if b.Status == 302 || b.Status == 303 { // caught on its way to the service
		u, err := url.Parse(b.Address())
		check(t, err)
		if fault := u.Query().Get("error"); fault != "" && fault != "temporarily_unavailable" {
			t.Errorf("the service is told %s", u)
		}
		return
	}
	if b.Status >= 400 && b.Status != 503 {
		t.Errorf("status %d at %s:\n%s", b.Status, b.Address(), b.Text())
	}
	if b.Status == 503 && !b.Has("#error-code") && !b.Has("#username") {
		t.Errorf("no plain page at %s:\n%s", b.Address(), b.Text())
	}
}

// tellsNothing: what is broken is nobody's business.
func tellsNothing(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range []string{"dial ", "connection refused", "LDAP", "ldap:", "redis", "goroutine", "i/o timeout", "deadline", ": EOF", "unexpected EOF"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s tells %q:\n%s", where, secret, text)
		}
	}
}

// goesOn does all of it once more, now that the server is back. Nothing that
// was good before may have been lost.
func (c *caught) goesOn(t *testing.T) {
	t.Helper()
	idptest.Eventually(t, 15*time.Second, "Clau works again by itself", func() bool {
		return c.forum.UserInfo(c.inside.Token.AccessToken).Status == 200
	})
	if c.code != "" {
		if a := c.forum.Redeem(c.code, c.verifier); a.Fault() != "" {
			t.Errorf("the code is lost: %s", a.Body)
		}
	}
	a := c.forum.Refresh(c.inside.Token.RefreshToken)
	if a.Fault() != "" {
		t.Errorf("the refresh token is lost: %s", a.Body)
	}
	c.home.Open(c.forum.URL + "/login")
	c.home.Sees("You are in.")
	c.getsIn(t)
}

// getsIn lets who was at the door try again, as often as a patient person does.
func (c *caught) getsIn(t *testing.T) {
	t.Helper()
	for range 6 {
		if !c.door.Has("#username") { // the page that said so leads back
			c.atDoor.Open(c.forum.URL + "/login")
		}
		c.atDoor.LogsIn("bernat", idptest.Password)
		if strings.HasPrefix(c.door.Address(), c.forum.URL) {
			c.atDoor.Sees("You are in.", "Bernat")
			return
		}
		time.Sleep(2 * time.Second) // Clau does not ask a server that fell all the time
	}
	t.Fatalf("still at the door:\n%s", c.door.Text())
}

// TestDirectoryFalls: OpenLDAP stops in the middle of everything, and is
// started again.
func TestDirectoryFalls(t *testing.T) {
	servers := idptest.RunServers(t)
	c := midFlow(t, idptest.Start(t, idptest.Options{Servers: servers}), "")
	servers.LDAP.Stop()
	c.whileDown(t)
	servers.LDAP.Restart()
	c.goesOn(t)
}

// TestDirectoryHangs: OpenLDAP does not answer for a while.
func TestDirectoryHangs(t *testing.T) {
	t.Parallel() // it mostly waits
	servers := idptest.RunServers(t)
	c := midFlow(t, idptest.Start(t, idptest.Options{Servers: servers}), "")
	servers.LDAP.Freeze()
	c.whileDown(t)
	servers.LDAP.Thaw()
	c.goesOn(t)
}

// TestStoreHangs: Redis does not answer for a while, as behind a broken switch.
func TestStoreHangs(t *testing.T) {
	t.Parallel() // it mostly waits
	servers := idptest.RunServers(t)
	c := midFlow(t, idptest.Start(t, idptest.Options{Servers: servers}), "")
	servers.Line.Freeze()
	c.whileDown(t)
	servers.Line.Thaw()
	c.code = "" // the question may have arrived although the answer did not: then it is spent, as it must
	c.goesOn(t)
}

// TestStoreForgets: Redis falls and comes back empty. Everyone logs in once
// more, and nothing else is lost.
func TestStoreForgets(t *testing.T) {
	servers := idptest.RunServers(t)
	clau := idptest.Start(t, idptest.Options{Servers: servers})
	c := midFlow(t, clau, "")
	servers.Redis.Stop()
	c.whileDown(t)
	servers.Redis.Restart()
	idptest.Eventually(t, 15*time.Second, "Clau works again by itself", func() bool {
		return c.forum.Machine().Status == 200
	})
	if fault := c.forum.Refresh(c.inside.Token.RefreshToken).Fault(); fault != "invalid_grant" {
		t.Errorf("a forgotten refresh token is answered with %q", fault)
	}
	subject := c.inside.Subject()
	c.home.Open(c.forum.URL + "/login")
	c.home.LogsIn("anna", idptest.Password)
	c.home.Sees("You are in.")
	if now := c.forum.Last().Subject(); now != subject {
		t.Errorf("the service knows her as another person: %q, before %q", now, subject)
	}
}

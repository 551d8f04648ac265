// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// invites is a manager who hands out an invitation, or sends it to an address.
func (c *town) invites(handle string, to directory.CollectiveName, mail string, uses int) string {
	c.t.Helper()
	until := c.Clock.Now().Add(7 * 24 * time.Hour)
	path, err := c.members.Invite(context.Background(), c.by(handle, to), mail, "Vine a l’assemblea.", uses, until)
	c.must(err)
	if mail != "" {
		return c.link(c.last(mail), "/invitation")
	}
	return c.Issuer + path
}

func (c *town) isMember(handle string, of directory.CollectiveName) bool {
	c.t.Helper()
	p, err := c.Directory.PersonByLogin(context.Background(), handle)
	c.must(err)
	s, err := c.Directory.Standing(context.Background(), p.ID)
	c.must(err)
	return s.MemberOf(of)
}

// Somebody who is logged in joins with that account, by one button.
func TestAnInvitationIsFollowedWithTheAccountThatIsLoggedIn(t *testing.T) {
	c := build(t)
	link := c.invites("dolors", idptest.Horta, "", 1)
	bernat := c.newcomer("en")
	bernat.Open(c.Issuer + "/login")
	bernat.LogsIn("bernat", idptest.Password)
	c.scanned(link)
	bernat.Open(link)
	bernat.Sees("An invitation from Horta Viva", "Dolors Grau invites you", "Vine a l’assemblea.", "Join as Bernat Soler")
	bernat.Open(link)
	if c.isMember("bernat", idptest.Horta) {
		t.Fatal("looking at it made him a member")
	}
	bernat.Press("#invitation-join")
	if bernat.Plain.Address() != c.Issuer+"/" || !c.isMember("bernat", idptest.Horta) {
		t.Fatalf("at %s:\n%s", bernat.Plain.Address(), bernat.Plain.Text())
	}
	bernat.Open(link) // its one use is used
	bernat.answers(http.StatusGone)
	bernat.Sees("This invitation is no longer good")
	_, secret, _ := strings.Cut(link, "t=")
	c.Logs.Hides(t, map[string]string{"an invitation": secret})
}

// Somebody who has an account elsewhere logs in on the way, and comes back.
func TestAnInvitationSurvivesTheLogin(t *testing.T) {
	c := build(t)
	link := c.invites("dolors", idptest.Horta, "", 3)
	bernat := c.newcomer("en")
	bernat.Open(link)
	bernat.Press("#invitation-login")
	bernat.LogsIn("bernat", idptest.Password)
	bernat.Press("#invitation-join")
	if !c.isMember("bernat", idptest.Horta) {
		t.Fatalf("at %s:\n%s", bernat.Plain.Address(), bernat.Plain.Text())
	}
	bernat.Open(link)
	bernat.Press("#invitation-join")
	bernat.answers(http.StatusConflict)
	bernat.Sees("You are part of this collective already.")
	_, secret, _ := strings.Cut(link, "t=")
	c.Logs.Hides(t, map[string]string{"an invitation": secret})
}

// Somebody new carries it through the form, also of a collective that is closed
// otherwise; the inviter's voice is enough, and the address that it was sent to
// is proven.
func TestAnInvitationOpensAClosedCollective(t *testing.T) {
	c := build(t)
	c.settle(idptest.Ateneu, directory.Settings{Closed: true, Colour: "#123456", Question: map[string]string{"ca": "Quin animal?"}, Answers: []string{"gat"}})
	marta := c.newcomer("en")
	marta.Open(c.Issuer + "/join/ateneu")
	marta.Sees("by invitation only")
	if marta.Has("#join") {
		t.Error("there is a form")
	}
	c.Clock.Advance(2 * time.Minute) // the list is a minute old at most
	marta.Open(c.Issuer + "/join")
	marta.SeesNot("Ateneu Popular")

	marta.Open(c.invites("anna", idptest.Ateneu, martas, 1))
	marta.Sees("An invitation from Ateneu Popular", "Anna Ferrer i Puig invites you")
	marta.Press("#invitation-new")
	marta.Sees("You come with an invitation")
	if marta.Has("#answer") || marta.Value("#mail") != martas {
		t.Errorf("what the invitation says is asked for again, or the address is %q", marta.Value("#mail"))
	}
	marta.fill(map[string]string{"handle": "marta", "mail": "altra@correu.example"})
	marta.sends()
	marta.answers(http.StatusUnprocessableEntity)
	marta.Sees("The invitation was sent to another address")
	marta.fill(map[string]string{"handle": "marta", "mail": martas})
	marta.sends()
	marta.Sees("They said yes")
	marta.Open(c.link(c.last(martas), "/join/password"))
	marta.fill(map[string]string{"password": password, "password-again": password})
	marta.Press("#set-password")
	marta.Sees("marta")
	if !c.isMember("marta", idptest.Ateneu) {
		t.Error("she is no member")
	}
}

// An invitation is nobody's but its addressee's.
func TestAnInvitationByMailIsForItsAddressee(t *testing.T) {
	c := build(t)
	link := c.invites("dolors", idptest.Horta, "anna@exemple.coop", 1)
	bernat := c.newcomer("en")
	bernat.Open(link)
	bernat.Press("#invitation-login")
	bernat.LogsIn("bernat", idptest.Password)
	bernat.Press("#invitation-join")
	bernat.answers(http.StatusConflict)
	bernat.Sees("sent to an address that your account does not have")
	if c.isMember("bernat", idptest.Horta) {
		t.Error("he is a member")
	}
}

// An invitation of one collective opens no other, and none that is forged opens
// anything.
// Whom a letter invited is known to who sent it: the form offers no way without a
// name, also not after a mistake, and takes none.
func TestNobodyIsAnonymousByALetter(t *testing.T) {
	c := build(t)
	c.invites("anna", idptest.Ateneu, "pepa@example.org", 1)
	link := c.link(c.last("pepa@example.org"), "/invitation")
	pepa := c.newcomer("en")
	pepa.Open(link)
	pepa.Press("#invitation-new")
	if pepa.Plain.Has("#other-way") {
		t.Error("offered to come without a name")
	}
	_, secret, _ := strings.Cut(link, "t=")
	pepa.Open(c.Issuer + "/join/" + string(idptest.Ateneu) + "?as=anonymous&invitation=" + secret)
	if !pepa.Plain.Has("#mail") || pepa.Plain.Has("#other-way") {
		t.Errorf("without a name:\n%s", pepa.Plain.Text())
	}
	c.Clock.Advance(time.Minute)
	pepa.Fill("#handle", "no és bo")
	pepa.Press("#join")
	pepa.answers(http.StatusUnprocessableEntity)
	if pepa.Plain.Has("#other-way") {
		t.Error("offered to come without a name after a mistake")
	}
	byHand := c.newcomer("en")
	byHand.Open(c.invites("anna", idptest.Ateneu, "", 1))
	byHand.Press("#invitation-new")
	if !byHand.Plain.Has("#other-way") {
		t.Error("a link that was handed out is nobody's in particular")
	}
}

func TestAnInvitationIsOfOneCollective(t *testing.T) {
	c := build(t)
	_, secret, _ := strings.Cut(c.invites("dolors", idptest.Horta, "", 5), "t=")
	n := c.newcomer("en")
	for _, invitation := range []string{secret, secret + "x", "x"} {
		n.Open(c.Issuer + "/join/ateneu?invitation=" + invitation)
		n.answers(http.StatusGone)
	}
	n.Open(c.Issuer + "/join/ateneu")
	c.Clock.Advance(20 * time.Second)
	form := n.form("/join/ateneu")
	form.Set("handle", "marta")
	form.Set("mail", martas)
	form.Set("answer", "gat")
	form.Set("invitation", secret)
	n.posts("/join/ateneu", form)
	n.answers(http.StatusGone)
	n.Sees("This invitation is no longer good")
}

// The form of an invitation is of the session it was drawn for.
func TestAnInvitationIsFollowedByOnesOwnFormOnly(t *testing.T) {
	c := build(t)
	link := c.invites("dolors", idptest.Horta, "", 5)
	_, secret, _ := strings.Cut(link, "t=")
	enters := func(handle string) *newcomer {
		n := c.newcomer("en")
		n.Open(c.Issuer + "/login")
		n.LogsIn(handle, idptest.Password)
		n.Open(link)
		return n
	}
	bernat, anna := enters("bernat"), enters("anna")
	hers := anna.form("/invitation/" + secret).Get("token")
	for what, form := range map[string]url.Values{"none": {}, "another's": {"token": {hers}}, "a guess": {"token": {"AAAA"}}} {
		bernat.posts("/invitation/"+secret, form)
		if bernat.Status < 400 {
			t.Errorf("with the token of %s: %d", what, bernat.Status)
		}
	}
	if c.isMember("bernat", idptest.Horta) {
		t.Error("a forged form made him a member")
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"github.com/google/uuid"
)

// Everybody is spoken to in the language that their browser asks for, or that
// they choose on the page: on the next pages too, without cookies or scripts.
func TestThreeLanguages(t *testing.T) {
	c := build(t)
	for tag, words := range map[string][4]string{
		"ca": {"Tria el teu col·lectiu", "Uneix-te al col·lectiu Ateneu Popular", "Confirma l’adreça", "Som gent del barri."},
		"es": {"Elige tu colectivo", "Únete al colectivo Ateneu Popular", "Confirma la dirección", "Som gent del barri."},
		"en": {"Choose your collective", "Join Ateneu Popular", "Confirm your address", "We are people of the quarter."},
	} {
		n := c.newcomer(tag)
		n.Open(c.Issuer + "/join")
		n.Sees(words[0], words[3])
		n.Press("Ateneu Popular")
		n.Sees(words[1], words[3])
		if got := n.form("/join/ateneu").Get("language"); got != tag {
			t.Errorf("%s: letters in %q", tag, got)
		}
		n.fill(map[string]string{"handle": "marta." + tag, "mail": tag + martas, "answer": "cat"})
		n.sends()
		n.Sees(words[2])

		chooses := c.newcomer("fr")
		chooses.Client.Jar = nil
		chooses.Open(c.Issuer + "/join?ui_locales=" + tag)
		chooses.Press("Ateneu Popular")
		chooses.Sees(words[1])
		chooses.fill(map[string]string{"handle": "pere." + tag, "mail": "pere" + tag + martas, "answer": "cat"})
		chooses.sends()
		chooses.Sees(words[2])
	}
}

// All that is wrong is told at once, beside what was typed, and none of what
// was typed is lost.
func TestFaultsAreToldTogether(t *testing.T) {
	c := build(t)
	n := c.newcomer("en")
	n.Open(c.Issuer + "/join/ateneu")
	typed := map[string]string{
		"handle": "Märta <i>", "mail": "marta@", "name": strings.Repeat("Marta ", 20), "words": strings.Repeat("a", 501), "answer": "gos",
	}
	n.fill(typed)
	n.sends()
	n.answers(http.StatusUnprocessableEntity)
	n.Sees("This cannot be an account name", "This is not a mail address", "The name is too long", "The message is too long")
	form := n.typed()
	for field, value := range typed {
		if form.Get(field) != value {
			t.Errorf("%s: typed %q, shown %q", field, value, form.Get(field))
		}
	}
	n.fill(map[string]string{"handle": "marta", "mail": martas, "name": "Marta", "words": ""})
	n.sends()
	n.Sees("not the one they expect")
	n.Fill("#answer", " GÀT ")
	n.sends()
	n.Sees("Confirm your address")
}

// Whoever is fast is asked to press once more, with all that was typed: browsers
// fill in forms for people. Nothing was done, and the second press is the first.
func TestWhoIsFastPressesOnceMore(t *testing.T) {
	c := build(t)
	n := c.newcomer("en")
	n.Open(c.Issuer + "/join/ateneu")
	typed := map[string]string{"handle": "marta", "mail": martas, "name": "Marta", "words": "It is me.", "answer": "gat"}
	n.fill(typed)
	n.Press("#join")
	n.answers(http.StatusUnprocessableEntity)
	n.Sees("That was very fast", "press the button once more")
	if len(c.Mail.To(martas)) > 0 {
		t.Error("a letter was written")
	}
	form := n.typed()
	for field, value := range typed {
		if form.Get(field) != value {
			t.Errorf("%s: typed %q, shown %q", field, value, form.Get(field))
		}
	}
	n.Press("#join")
	n.Sees("Confirm your address", martas)
	if n := len(c.Mail.To(martas)); n != 1 {
		t.Errorf("%d letters", n)
	}
}

// Somebody who sees that a form is wrong, and in a language that they do not
// read, is led to the same form in another.
func TestWrongFormsHaveOtherLanguages(t *testing.T) {
	c := build(t)
	n := c.newcomer("en")
	n.Open(c.Issuer + "/join/ateneu?as=anonymous")
	n.Press("#join") // fast, and empty
	n.answers(http.StatusUnprocessableEntity)
	n.Press("Català")
	n.answers(http.StatusOK)
	n.Sees("Uneix-te al col·lectiu", "No et demanem ni el nom ni cap adreça")

	n.applies("marta", martas)
	n.Fill("#code", "00000000")
	n.Press("#prove-code")
	n.answers(http.StatusUnprocessableEntity)
	n.Press("Castellano")
	n.Sees("Confirma la dirección", martas)

	n.Open(c.Issuer + "/join/return?ui_locales=en")
	n.fill(map[string]string{"handle": "nobody", "code": "0000-1111-2222-3333"})
	n.Press("#return")
	n.answers(http.StatusUnprocessableEntity)
	n.Press("Català")
	n.Sees("Torna amb el codi")
}

// The code on paper is on this one page: nothing leads away from it.
func TestThePageOfTheCodeIsNotLeftForALanguage(t *testing.T) {
	c := build(t)
	n := c.newcomer("en")
	n.Open(c.Issuer + "/join/ateneu?as=anonymous")
	n.fill(map[string]string{"handle": "oliba", "answer": "gat"})
	n.sends()
	n.SeesElement("#paper-code")
	n.SeesNot("Català")
	n.Press("#go-on")
	n.answers(http.StatusUnprocessableEntity)
	n.SeesElement("#paper-code")
	n.SeesNot("Català")
}

// What people type is text to the managers' pages and to their own.
func TestMarkupIsText(t *testing.T) {
	c := build(t)
	n := c.newcomer("en")
	const evil = `<img src=x onerror=alert(1)>`
	n.Open(c.Issuer + "/join/ateneu")
	n.fill(map[string]string{"handle": evil, "mail": martas, "name": evil, "words": "</textarea>" + evil, "answer": evil})
	n.sends()
	if strings.Contains(n.Body, evil) {
		t.Errorf("markup on the page:\n%s", n.Body)
	}
}

// Without a name only where the collective wants it; asked for all the same, it
// is the form with a name.
func TestNobodyIsAnonymousWhereTheCollectiveSaysNo(t *testing.T) {
	c := build(t)
	policy := []byte(`{"remember_days":365,"anonymous":false,"pseudonyms":true}`)
	c.must(c.Directory.ChangeCollective(context.Background(), directory.System(), idptest.Ateneu, directory.CollectiveChange{Policy: &policy}))
	n := c.newcomer("en")
	idptest.Eventually(t, 5*time.Second, "the policy is known", func() bool {
		n.Open(c.Issuer + "/join/ateneu")
		return !n.Has("#other-way")
	})
	n.Open(c.Issuer + "/join/ateneu?as=anonymous")
	n.SeesElement("#mail")
	form := n.typed()
	form.Set("as", "anonymous")
	form.Set("handle", "oliba")
	form.Set("answer", "gat")
	c.Clock.Advance(time.Minute)
	n.posts("/join/ateneu", form)
	n.answers(http.StatusUnprocessableEntity)
	n.Sees("Write a mail address.")
	if len(c.listed(idptest.Ateneu)) > 0 {
		t.Error("somebody has applied")
	}
}

func TestACollectiveThatIsNotThere(t *testing.T) {
	c := build(t)
	n := c.newcomer("en")
	for _, name := range []string{"nowhere", "..%2f..", "%00", "Ateneu", strings.Repeat("a", 300), "a=b,ou=collectives"} {
		n.Open(c.Issuer + "/join/" + name)
		n.answers(http.StatusNotFound)
	}
	closed := directory.Suspended
	c.must(c.Directory.ChangeCollective(context.Background(), directory.System(), idptest.Horta, directory.CollectiveChange{State: &closed}))
	idptest.Eventually(t, 5*time.Second, "it is known to be stopped", func() bool {
		n.Open(c.Issuer + "/join/horta")
		return n.Status == http.StatusNotFound
	})
}

// Too many to look through are searched, by title and words, without regard to
// accents. The list is read once a minute, however many look at it.
func TestManyCollectivesAreSearched(t *testing.T) {
	c := build(t)
	n := c.newcomer("en")
	n.Open(c.Issuer + "/join")
	if n.Has("#q") {
		t.Error("two collectives are to be searched")
	}
	for i := range 30 {
		c.must(c.Directory.AddCollective(context.Background(), directory.System(), directory.Collective{
			ID: uuid.NewString(), Name: directory.CollectiveName(fmt.Sprint("grup", i)), Title: fmt.Sprint("Grup ", i),
			State: directory.Active, Language: "ca", Created: time.Now().UTC().Truncate(time.Second),
			Settings: directory.Settings{Words: map[string]string{"en": fmt.Sprint("Bòbila ", i)}},
		}))
	}
	n.Open(c.Issuer + "/join")
	n.SeesNot("Grup 7")
	c.Clock.Advance(2 * time.Minute)
	n.Open(c.Issuer + "/join")
	n.Sees("Grup 7", "Ateneu Popular")
	n.Fill("#q", "BOBILA 7")
	n.Press("#search")
	n.Sees("Grup 7")
	n.SeesNot("Grup 8", "Ateneu Popular")
	n.Fill("#q", "<b>")
	n.Press("#search")
	n.Sees("We found no collective with “<b>”.")
}

// Whoever is invited was said yes to: the page does not tell them to wait, nor
// asks for words that nobody would read. Where two decide, one more is asked.
func TestWhatTheInvitedRead(t *testing.T) {
	c := build(t)
	n := c.newcomer("ca")
	n.Open(c.invites("dolors", idptest.Horta, "", 1))
	n.Press("#invitation-new")
	n.Sees("La invitació val com un sí", "Si la invitació no et va arribar en aquesta adreça")
	n.SeesNot("Poden dir que sí, que no", "Vols dir alguna cosa")

	c.must(c.Directory.AddManager(context.Background(), directory.System(), idptest.Horta, c.People["carme"].ID))
	two := []directory.Matter{directory.MatterAccepting}
	c.settle(idptest.Horta, directory.Settings{Colour: "#123456", Together: two})
	n.Open(c.invites("dolors", idptest.Horta, "", 1))
	n.Press("#invitation-new")
	n.Sees("La invitació val com el primer sí", "Vols dir alguna cosa")
}

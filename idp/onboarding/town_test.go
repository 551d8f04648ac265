// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/mail"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store/storetest"
	"commonscloud.coop/clau/idp/ticket"
)

// town is a whole Clau, with what managers do at hand, and a count of what the
// pages cost.
type town struct {
	*idptest.Clau
	t       *testing.T
	members *membership.Room
	tickets *ticket.Desk
	formKey []byte
	work    *work
	trips   *storetest.Counter
}

// build founds the town. What managers do goes past the counts.
func build(t *testing.T) *town {
	t.Helper()
	c := &town{t: t}
	var made idp.Config
	c.Clau = idptest.Start(t, idptest.Options{Configure: func(config *idp.Config) {
		c.work, c.trips = &work{Backend: config.Directory, done: map[string]int{}}, storetest.Counting(config.Store)
		config.Directory, config.Store = c.work, c.trips
		made = *config
	}})
	c.tickets = &ticket.Desk{Key: made.Master.Derive(keys.PurposeTickets, 32), Store: c.Store, Now: c.Clock.Now}
	c.formKey = made.Master.Derive(keys.PurposeCSRF, 32)
	sessions := session.NewManager(session.Config{Store: c.Store, Now: c.Clock.Now, Rand: made.Rand})
	c.members = membership.New(membership.Config{
		Directory: c.Directory, Source: c.Directory, Store: c.Store, Tickets: c.tickets,
		Letters: &letter.Room{Issuer: made.Issuer, Collectives: c.Directory, Themes: made.Themes, Mail: c.Mail, Now: c.Clock.Now, Logger: made.Logger},
		Logout:  logout.New(logout.Config{Store: c.Store, Sessions: sessions, Now: c.Clock.Now, Rand: made.Rand, Logger: made.Logger}),
		Audit:   made.Audit, Now: c.Clock.Now, Rand: made.Rand, Logger: made.Logger,
		Forget: func(context.Context, directory.PersonID) error { return nil },
	})
	c.settle(idptest.Ateneu, directory.Settings{
		Colour: "#8a2b4a", Words: map[string]string{"ca": "Som gent del barri.", "en": "We are people of the quarter."},
		Question: map[string]string{"ca": "Quin animal és a la porta?", "en": "Which animal is at the door?"}, Answers: []string{"gat", "cat"},
	})
	return c
}

func (c *town) settle(name directory.CollectiveName, s directory.Settings) {
	c.t.Helper()
	c.must(c.Directory.ChangeCollective(context.Background(), directory.System(), name, directory.CollectiveChange{Settings: &s}))
	idptest.Eventually(c.t, 5*time.Second, "the settings are known", func() bool {
		b := idptest.NewBrowser(c.t)
		b.Open(c.Issuer + "/join/" + string(name))
		return strings.Contains(b.Body, strings.TrimPrefix(s.Colour, "#"))
	})
}

// by is a manager of a collective.
func (c *town) by(handle string, name directory.CollectiveName) membership.By {
	c.t.Helper()
	id := c.People[handle].ID
	standing, err := c.Directory.Standing(context.Background(), id)
	c.must(err)
	return membership.By{Person: id, Collective: name, Standing: standing}
}

// waiting is the one case that waits for a collective.
func (c *town) waiting(handle string, name directory.CollectiveName) membership.Waiting {
	c.t.Helper()
	found, err := c.members.Waiting(context.Background(), c.by(handle, name))
	c.must(err)
	if len(found) != 1 {
		c.t.Fatalf("%d cases wait, want one", len(found))
	}
	return found[0]
}

// accepts is what a manager of the Ateneu says to the one who waits.
func (c *town) accepts() {
	c.t.Helper()
	_, err := c.members.Accept(context.Background(), c.by("anna", idptest.Ateneu), c.waiting("anna", idptest.Ateneu).ID)
	c.must(err)
}

func (c *town) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// last is the last letter to an address.
func (c *town) last(address string) mail.Message {
	c.t.Helper()
	all := c.Mail.To(address)
	if len(all) == 0 {
		c.t.Fatalf("no letter to %s", address)
	}
	return all[len(all)-1]
}

// link is the address in a letter that leads below a path of ours.
func (c *town) link(m mail.Message, path string) string {
	c.t.Helper()
	found := regexp.MustCompile(regexp.QuoteMeta(c.Issuer+path) + `[^\s"<>]*`).FindString(m.Text)
	if found == "" {
		c.t.Fatalf("no link to %s in:\n%s", path, m.Text)
	}
	return found
}

// code is what a letter says to type.
func (c *town) code(m mail.Message) string {
	c.t.Helper()
	found := regexp.MustCompile(`(?m)^\s*(\d{4} ?\d{4})\s*$`).FindStringSubmatch(m.Text)
	if found == nil {
		c.t.Fatalf("no code in:\n%s", m.Text)
	}
	return found[1]
}

// newcomer is somebody before an old telephone, without scripts.
type newcomer struct {
	*idptest.Plain
	idptest.Person
	c *town
}

func (c *town) newcomer(language string) *newcomer {
	n := &newcomer{Plain: idptest.NewBrowser(c.t), c: c}
	n.Language = language
	n.Person = idptest.Sits(c.t, n.Plain)
	return n
}

func (n *newcomer) Open(address string) { n.c.t.Helper(); n.Person.Open(address) }
func (n *newcomer) Press(what string)   { n.c.t.Helper(); n.Person.Press(what) }

func (n *newcomer) fill(fields map[string]string) {
	n.c.t.Helper()
	for name, value := range fields {
		n.Plain.Fill("#"+name, value)
	}
}

// applies fills in the form of the Ateneu, in no hurry, and sends it.
func (n *newcomer) applies(handle, address string) {
	n.c.t.Helper()
	n.Open(n.c.Issuer + "/join/ateneu")
	n.fill(map[string]string{"handle": handle, "mail": address, "answer": "Gat"})
	n.sends()
}

func (n *newcomer) sends() {
	n.c.t.Helper()
	n.c.Clock.Advance(20 * time.Second)
	n.Press("#join")
}

func (n *newcomer) answers(status int) {
	n.c.t.Helper()
	if n.Status != status {
		n.c.t.Fatalf("%s is answered with %d, want %d:\n%s", n.Plain.Address(), n.Status, status, n.Plain.Text())
	}
}

// posts sends a form of one's own making, as from our own page.
func (n *newcomer) posts(path string, values url.Values) {
	n.c.t.Helper()
	r, err := http.NewRequest(http.MethodPost, n.c.Issuer+path, strings.NewReader(values.Encode()))
	n.c.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	n.Send(r)
}

// form is what the form on the page with that action would send.
func (n *newcomer) form(action string) url.Values {
	n.c.t.Helper()
	for _, f := range n.Forms() {
		for _, a := range f.Attr {
			if a.Key == "action" && a.Val == action {
				return n.Values(f)
			}
		}
	}
	n.c.t.Fatalf("no form to %s at %s:\n%s", action, n.Plain.Address(), n.Plain.Text())
	return nil
}

// ticket is the one in the address of the page.
func (n *newcomer) ticket() string {
	n.c.t.Helper()
	u, err := url.Parse(n.Plain.Address())
	n.c.must(err)
	return u.Query().Get("t")
}

// scanned opens an address as a program does that looks after mail: twice, with
// no cookies, and by HEAD before.
func (c *town) scanned(address string) {
	c.t.Helper()
	for _, method := range []string{http.MethodHead, http.MethodGet, http.MethodGet} {
		r, err := http.NewRequest(method, address, nil)
		c.must(err)
		answer, err := idptest.NewBrowser(c.t).Client.Do(r)
		c.must(err)
		answer.Body.Close()
	}
}

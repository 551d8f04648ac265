// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// canary is somebody whose every value can be told from all others, so that
// whoever has it got it from Clau.
type canary struct {
	idptest.Person
	browser *idptest.Plain
	handle  directory.Handle
	own     map[string]any // by claim, as JSON reads it
	all     []string       // what must stand in no log
}

func newCanary(t *testing.T, clau *idptest.Clau, i int, d tableDecision) canary {
	t.Helper()
	p := directory.Person{
		ID: directory.PersonID(uuid.NewString()), Handle: directory.Handle(fmt.Sprintf("canariusuari%d", i)),
		State: directory.Active, Anonymous: d.anonymous, Name: fmt.Sprintf("Canari-Nom-%d", i), Primary: idptest.Ateneu,
		Language: "ca", Seed: []byte(fmt.Sprintf("%032d", i)), Created: time.Now().UTC().Truncate(time.Second),
	}
	c := canary{browser: idptest.NewBrowser(t), handle: p.Handle, own: map[string]any{
		"name": p.Name, "preferred_username": string(p.Handle), "locale": "ca", "groups": []any{"ateneu", "horta"},
	}}
	if !d.anonymous {
		p.GivenName, p.FamilyName = fmt.Sprintf("Canari-Pila-%d", i), fmt.Sprintf("Canari-Cognom-%d", i)
		p.Mail = fmt.Sprintf("canari-correu-%d@exemple.coop", i)
		p.Verified = []string{p.Mail}
		c.own["given_name"], c.own["family_name"], c.own["email"], c.own["email_verified"] = p.GivenName, p.FamilyName, p.Mail, true
	}
	c.Person = idptest.Sits(t, c.browser)
	for _, own := range c.own {
		if text, ok := own.(string); ok && text != "ca" {
			c.all = append(c.all, text)
		}
	}
	ctx, by := context.Background(), directory.System()
	check(t, clau.Directory.AddPerson(ctx, by, p))
	check(t, clau.Directory.SetPassword(ctx, by, p.ID, idptest.Password))
	check(t, clau.Directory.AddMember(ctx, by, idptest.Ateneu, p.ID))
	check(t, clau.Directory.AddMember(ctx, by, idptest.Horta, p.ID))
	return c
}

// answers fills in the consent screen as decided, as far as it lets them.
func (c canary) answers(d tableDecision) {
	if id := "#appear-" + d.appear; c.Has(id) {
		c.Tick(id)
	}
	for i, claim := range decided {
		id := "#allow-" + claim
		if c.Has(id) && slices.Contains(c.ticked(), claim) != d.ticks(i) {
			c.Tick(id)
		}
	}
	c.browser.Press("#consent-allow")
}

// ticked are the items that would be sent as the screen stands.
func (c canary) ticked() []string {
	for _, form := range c.browser.Forms() {
		if values := c.browser.Values(form); values.Has("seen") {
			return values["allow"]
		}
	}
	return nil
}

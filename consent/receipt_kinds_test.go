// SPDX-License-Identifier: AGPL-3.0-or-later

package consent_test

import (
	"slices"
	"testing"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// A receipt says of each item what the screen said of it, also where the
// collective wrote nothing and the pages used words of their own.
func TestAReceiptSaysWhatTheScreenSaid(t *testing.T) {
	in := first(all()...)
	in.Policy = bressola()
	ask := consent.Judge(in).Ask
	c, err := consent.Settle(in, answer(ask))
	if err != nil {
		t.Fatal(err)
	}
	e := event()
	e.Purpose = func(a release.Attribute) string { return "the pages' words about " + string(a) }
	r, err := consent.NewReceipt(in, c, e)
	if err != nil {
		t.Fatal(err)
	}
	for i, proof := range r.Clau.Items {
		at := slices.IndexFunc(ask.Items, func(one consent.Item) bool { return string(one.Attribute) == proof.Attribute })
		shown := ask.Items[at]
		purpose := shown.Purpose.In(e.Language)
		if purpose == "" {
			purpose = e.Purpose(shown.Attribute)
		}
		if got := r.Services[0].Purposes[i].Purpose; got != purpose {
			t.Errorf("%s: the receipt says %q, the screen said %q", proof.Attribute, got, purpose)
		}
		if keep := shown.Keep.In(e.Language); proof.Keep != keep {
			t.Errorf("%s: kept %q in the receipt, %q on the screen", proof.Attribute, proof.Keep, keep)
		}
	}
}

// Whoever ticked everything and took a pseudonym kept nothing back, although a
// family name does not go with it.
func TestAPseudonymIsNotAPart(t *testing.T) {
	in := first(all()...)
	in.Policy = bressola()
	a := answer(consent.Judge(in).Ask)
	a.Appearance, a.Pseudonym = directory.AppearPseudonym, "Falcia"
	c, err := consent.Settle(in, a)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := consent.NewReceipt(in, c, event())
	if err != nil || whole.Partial() {
		t.Fatalf("%v; declined %v", err, whole.Clau.Declined)
	}
	a.Allow = slices.DeleteFunc(slices.Clone(a.Allow), func(one release.Attribute) bool { return one == release.Mail })
	if c, err = consent.Settle(in, a); err != nil {
		t.Fatal(err)
	}
	part, err := consent.NewReceipt(in, c, event())
	if err != nil || !part.Partial() {
		t.Fatalf("%v; declined %v", err, part.Clau.Declined)
	}
}

// To want to be asked again, or to be somebody new, is a decision like others:
// there is a receipt, and nothing is agreed to in it.
func TestAskingAnewGivesAReceipt(t *testing.T) {
	for kind, alter := range map[consent.Kind]func(*directory.Consent){
		consent.Reopened: func(c *directory.Consent) { c.Expires = c.Decided },
		consent.Renewed: func(c *directory.Consent) {
			c.Identity++
			c.Subject, c.Handle, c.Alias, c.Pseudonym, c.Expires = "", "", "", "", c.Decided
		},
	} {
		in, before, _ := decided(t)
		after := before
		alter(&after)
		in.Consent = &before
		r, err := consent.NewReceipt(in, after, event())
		if err != nil {
			t.Fatal(err)
		}
		if r.Clau.Kind != kind || len(r.Clau.Items)+len(r.Services[0].Purposes) > 0 || r.Clau.Expires != 0 {
			t.Errorf("%s: %+v", kind, r.Clau)
		}
		in.Consent = &after
		if ask := consent.Judge(in).Ask; ask == nil || ask.Why != consent.Wished {
			t.Errorf("%s: asked %+v", kind, ask)
		}
	}
}

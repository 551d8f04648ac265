// SPDX-License-Identifier: AGPL-3.0-or-later

package consent_test

import (
	"fmt"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// The first visit to a service, and the second.
func Example() {
	in := consent.Input{
		Need:     release.Need{release.Name, release.Mail, release.MailVerified},
		Policy:   consent.Default(),
		Service:  directory.Service{ID: "forum-id", Name: "forum", Collective: "bressola"},
		Person:   directory.Person{ID: "marta", Name: "Marta Puig", Mail: "marta@example.org", Primary: "bressola"},
		Standing: directory.Standing{Memberships: []directory.Membership{{Collective: "bressola"}}},
		Now:      now,
	}

	verdict := consent.Judge(in)
	fmt.Println("asked:", verdict.Ask.Why)
	for _, item := range verdict.Ask.Items {
		fmt.Printf("- %s: %v\n", item.Attribute, item.Value)
	}

	// Marta unticks her address.
	decision, err := consent.Settle(in, consent.Answer{
		Seen: verdict.Ask.Seen("ca"), Language: "ca",
		Allow: []release.Attribute{release.Name}, Appearance: directory.AppearReal,
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	in.Consent = &decision
	verdict = consent.Judge(in)
	fmt.Println("asked again:", verdict.Ask != nil)
	fmt.Println("may leave:", verdict.Terms.Allowed)
	// Output:
	// asked: first
	// - name: Marta Puig
	// - email: marta@example.org
	// asked again: false
	// may leave: [name]
}

// All that is wrong with a policy is told at once.
func ExampleParsePolicy() {
	_, err := consent.ParsePolicy([]byte(`
remember_days = 0
privacy_url = "bressola.example"

[services.cloud.attributes.email]
need = "always"
`), consent.TOML)
	fmt.Println(err)
	// Output:
	// line 2: remember_days needs a number from 1 to 3650
	// line 3: privacy_url needs an address that begins with https://
	// line 6: services.cloud.attributes.email.need needs one of: required, optional, forbidden
}

// A service's rule stands before the collective's, part by part.
func ExamplePolicy_For() {
	policy, err := consent.ParsePolicy([]byte(`
[attributes.email]
need = "forbidden"
keep.en = "for a year"

[services.cloud.attributes.email]
need = "required"
`), consent.TOML)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, service := range []directory.ServiceName{"cloud", "forum"} {
		rule := policy.For(service).Rule(release.Mail)
		fmt.Println(service, rule.Need, rule.Keep.In("ca"))
	}
	// Output:
	// cloud required for a year
	// forum forbidden for a year
}

// An assembly's agreement spares people the question, and nothing else.
func ExampleNote() {
	policy, err := consent.ParsePolicy([]byte(`
[services.forum.agreed]
on = 2026-03-01
minutes = "https://bressola.example/minutes/2026-03-01"
`), consent.TOML)
	if err != nil {
		fmt.Println(err)
		return
	}
	in := first(release.Name, release.Groups)
	in.Policy = policy

	verdict := consent.Judge(in)
	fmt.Println(verdict.Ask == nil, verdict.Record, verdict.Terms.Allowed, verdict.Terms.Groups)

	entry, err := consent.Note(in)
	fmt.Println(entry.Asked, entry.Allowed, err)
	// Output:
	// true true [name groups] [bressola]
	// false [name groups] <nil>
}

// A receipt proves a value without holding it.
func ExampleReceipt_Proves() {
	in := first(release.Mail)
	decision, err := consent.Settle(in, answer(consent.Judge(in).Ask))
	if err != nil {
		fmt.Println(err)
		return
	}
	receipt, err := consent.NewReceipt(in, decision, event())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(receipt.Clau.Kind)
	fmt.Println(receipt.Proves(release.Mail, "marta@example.org"))
	fmt.Println(receipt.Proves(release.Mail, "somebody@example.org"))
	// Output:
	// given
	// true
	// false
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package consent_test

import (
	"fmt"
	"testing"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// named is one value of one side of the table.
type named[T any] struct {
	name  string
	value T
}

func needs() []named[release.Need] {
	return []named[release.Need]{
		{"nothing", nil},
		{"name", release.Need{release.Name}},
		{"names", release.Need{release.GivenName, release.FamilyName}},
		{"handle", release.Need{release.Handle}},
		{"mail", release.Need{release.Mail, release.MailVerified}},
		{"whether mail is verified", release.Need{release.MailVerified}},
		{"groups", release.Need{release.Groups}},
		{"collectives and roles", release.Need{release.Collectives, release.Roles, release.Tongue}},
		{"all, some twice", append(all(), release.Mail, release.Groups)},
	}
}

func policies() []named[consent.Policy] {
	rules := func(d consent.Demand, of ...release.Attribute) consent.Policy {
		p := consent.Default()
		p.Attributes = map[release.Attribute]consent.Rule{}
		for _, a := range of {
			p.Attributes[a] = consent.Rule{Need: d, AskOnChange: true}
		}
		return p
	}
	agreed := func(days int) consent.Policy {
		p := rules(consent.Forbidden, release.FamilyName)
		on := consent.Date{Time: now.Truncate(day).AddDate(0, 0, days)}
		p.Services = map[directory.ServiceName]consent.ServicePolicy{"forum": {Agreed: &consent.Agreement{On: on, Minutes: "https://b.example/"}}}
		return p
	}
	closed, strict := consent.Default(), rules(consent.Required, release.Name, release.Mail)
	closed.Anonymous, strict.Pseudonyms = false, false
	return []named[consent.Policy]{
		{"none written", consent.Default()},
		{"bressola's", bressola()},
		{"forbids mail, handle and groups", rules(consent.Forbidden, release.Mail, release.Handle, release.Groups)},
		{"requires name and groups", rules(consent.Required, release.Name, release.Groups)},
		{"requires given name", rules(consent.Required, release.GivenName)},
		{"requires name and mail, no pseudonyms", strict},
		{"closed to anonymous people", closed},
		{"agreed in assembly", agreed(0)},
		{"agreed from tomorrow on", agreed(1)},
	}
}

// past makes the consent that a cell begins with; nil: there is none.
type past func(in consent.Input) *directory.Consent

func pasts() []named[past] {
	with := func(change func(*consent.Answer), later func(*directory.Consent)) past {
		return func(in consent.Input) *directory.Consent {
			in.Need = all()
			v := consent.Judge(in)
			if v.Ask == nil { // this policy asks nobody: it was decided under another
				in.Policy = consent.Default()
				v = consent.Judge(in)
			}
			if v.Ask == nil {
				return nil
			}
			a := answer(v.Ask)
			change(&a)
			c, err := consent.Settle(in, a)
			if err != nil {
				return nil // such a decision cannot come to be here
			}
			later(&c)
			return &c
		}
	}
	same, still := func(*consent.Answer) {}, func(*directory.Consent) {}
	return []named[past]{
		{"none", func(consent.Input) *directory.Consent { return nil }},
		{"all as proposed", with(same, still)},
		{"nothing", with(func(a *consent.Answer) { a.Allow, a.Groups = nil, nil }, still)},
		{"mail alone", with(allowing(release.Mail), still)},
		{"by pseudonym", with(as(directory.AppearPseudonym), still)},
		{"without a name", with(as(directory.AppearNone), still)},
		{"one collective", with(func(a *consent.Answer) { a.Groups = a.Groups[:min(1, len(a.Groups))] }, still)},
		{"stopped", with(same, func(c *directory.Consent) { c.State = directory.Suspended })},
		{"a state nobody knows", with(same, func(c *directory.Consent) { c.State = "" })},
		{"over", with(same, func(c *directory.Consent) { c.Decided, c.Expires = now.Add(-day), now })},
		{"to be asked again", with(same, func(c *directory.Consent) { c.Expires = c.Decided })},
		{"nobody asked", with(same, func(c *directory.Consent) { c.Asked = false })},
		{"somebody else's", with(same, func(c *directory.Consent) { c.Person = "jordi" })},
		{"for something else", with(same, func(c *directory.Consent) { c.Service = "wiki-id" })},
		{"real name, all at once anonymous", with(same, func(c *directory.Consent) { c.Appearance = directory.AppearReal })},
		{"spoiled", with(same, func(c *directory.Consent) { c.Shown, c.Values, c.Appearance = " :: x.y", nil, "queer" })},
	}
}

func services() []named[directory.Service] {
	public, byHandle := forum(), forum()
	public.Access = directory.AccessPublic
	byHandle.OIDC = &directory.OIDCClient{Metadata: directory.ClientMetadata{SubjectType: "public"}}
	return []named[directory.Service]{{"the collective's", forum()}, {"public", public}, {"knows handles", byHandle}}
}

func standings() []named[directory.Standing] {
	return []named[directory.Standing]{
		{"no member", member()}, {"bressola", member("bressola")}, {"three", member("bressola", "other", "sendera")},
	}
}

func people() []named[directory.Person] {
	bare := marta()
	bare.ID, bare.Mail, bare.Verified, bare.GivenName, bare.FamilyName = "bare", "", nil, "", ""
	return []named[directory.Person]{{"Marta", marta()}, {"anonymous", nobody()}, {"without address", bare}}
}

// cells calls f for each combination.
func cells(t *testing.T, f func(t *testing.T, in consent.Input, said func(string, ...any))) {
	count := 0
	for _, n := range needs() {
		for _, p := range policies() {
			for _, s := range services() {
				for _, m := range standings() {
					for _, who := range people() {
						for _, c := range pasts() {
							in := consent.Input{
								Need: n.value, Policy: p.value, Service: s.value, Standing: m.value,
								Person: who.value, Names: names(), Now: now,
							}
							in.Consent = c.value(in)
							count++
							f(t, in, func(format string, args ...any) {
								t.Helper()
								t.Errorf("need %s | policy %s | service %s | standing %s | person %s | consent %s: %s",
									n.name, p.name, s.name, m.name, who.name, c.name, fmt.Sprintf(format, args...))
							})
							if t.Failed() {
								t.FailNow()
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d cells", count)
}

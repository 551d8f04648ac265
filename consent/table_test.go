// SPDX-License-Identifier: AGPL-3.0-or-later

package consent_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

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
		{"over", with(same, func(c *directory.Consent) { c.Expires = now })},
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

// decidedOn is the attribute whose decision covers another's.
func decidedOn(a release.Attribute) release.Attribute {
	if a == release.MailVerified {
		return release.Mail
	}
	return a
}

func rule(in consent.Input, a release.Attribute) consent.Demand {
	return in.Policy.For(in.Service.Name).Rule(decidedOn(a)).Need
}

func agreedInAssembly(in consent.Input) bool {
	a := in.Policy.For(in.Service.Name).Agreed
	return a != nil && !a.On.After(in.Now) && !stopped(in)
}

// own is the consent if it is one about this person and service.
func own(in consent.Input) *directory.Consent {
	if c := in.Consent; c != nil && c.Person == in.Person.ID && c.Service == in.Service.ID {
		return c
	}
	return nil
}

func stopped(in consent.Input) bool { return own(in) != nil && own(in).State != directory.Active }

// stands reports whether the person has decided, and the decision holds.
func stands(in consent.Input) bool {
	c := own(in)
	return c != nil && c.State == directory.Active && c.Asked && in.Now.Before(c.Expires)
}

// Whatever comes together, nothing leaves that should not.
func TestNothingLeavesUnagreed(t *testing.T) {
	cells(t, func(t *testing.T, in consent.Input, said func(string, ...any)) {
		v := consent.Judge(in)
		seen := map[release.Attribute]bool{}
		for _, a := range v.Terms.Allowed {
			switch name := string(decidedOn(a)); {
			case seen[a]:
				said("%s is allowed twice", a)
			case !in.Need.Has(a):
				said("%s was not asked for", a)
			case rule(in, a) == consent.Forbidden:
				said("%s is forbidden", a)
			case !agreedInAssembly(in) && !(stands(in) && slices.Contains(own(in).Allowed, name)):
				said("%s was agreed to by nobody", a)
			case stands(in) && slices.Contains(own(in).Declined, name):
				said("%s was declined", a)
			case v.Refused != nil:
				said("%s is allowed to somebody who may not enter", a)
			case v.Terms.As != nil && (a == release.GivenName || a == release.FamilyName):
				said("%s beside a pseudonym", a)
			}
			seen[a] = true
		}
		checkGroups(in, v, said)
		checkAppearance(in, v, said)
	})
}

func checkGroups(in consent.Input, v consent.Verdict, said func(string, ...any)) {
	for _, c := range v.Terms.Groups {
		agreed := stands(in) && slices.Contains(own(in).Groups, c)
		switch {
		case !v.Terms.Allowed.Has(release.Groups):
			said("%s is told, groups are not", c)
		case !in.Standing.MemberOf(c):
			said("%s is not a collective of the person's", c)
		case in.Service.Access != directory.AccessPublic && c != in.Service.Collective && !slices.Contains(in.Service.Guests, c):
			said("%s does not concern the service", c)
		case !agreed && !(agreedInAssembly(in) && c == v.Collective):
			said("%s was agreed to by nobody", c)
		}
	}
}

func checkAppearance(in consent.Input, v consent.Verdict, said func(string, ...any)) {
	as := v.Terms.As
	hidden := in.Person.Anonymous || stands(in) && own(in).Appearance != directory.AppearReal && own(in).Appearance != ""
	if v.Refused != nil || as == nil {
		if as == nil && hidden && len(v.Terms.Allowed) > 0 {
			said("appears as they are")
		}
		return
	}
	for _, real := range []string{in.Person.Name, in.Person.Mail, string(in.Person.Handle)} {
		if real != "" && (as.Name == real || as.Handle == real || as.Mail == real) {
			said("%q stands in the pseudonym", real)
		}
	}
	if as.Mail != "" && own(in) == nil {
		said("an alias that nobody reserved")
	}
}

// People are asked when there is something to decide, and only then.
func TestWhoIsAsked(t *testing.T) {
	cells(t, func(t *testing.T, in consent.Input, said func(string, ...any)) {
		v := consent.Judge(in)
		personal := in.Service.OIDC != nil // the handle is the identifier
		for _, a := range in.Need {
			personal = personal || rule(in, a) != consent.Forbidden
		}
		switch {
		case v.Refused != nil && (v.Ask != nil || v.Record || !v.Lapsed()):
			said("refused, and all the same %+v", v)
		case v.Refused != nil:
		case stopped(in):
			if v.Ask == nil || v.Ask.Why != consent.Stopped || !v.Lapsed() || len(v.Terms.Allowed) > 0 {
				said("comes back after a stop: %+v", v)
			}
		case !personal && v.Ask != nil:
			said("nothing personal leaves, and %q is asked", v.Ask.Why)
		case agreedInAssembly(in):
			if v.Ask != nil && !declinedRequired(in, v.Ask) {
				said("agreed in assembly, and %q is asked", v.Ask.Why)
			}
		case v.Ask == nil:
			checkSettled(in, said)
		default:
			checkAsked(in, *v.Ask, said)
		}
	})
}

func declinedRequired(in consent.Input, q *consent.Question) bool {
	for _, i := range q.New() {
		if !stands(in) && own(in) == nil || !i.Required || !slices.Contains(own(in).Declined, string(i.Attribute)) {
			return false
		}
	}
	return true
}

// checkSettled: nothing is asked, so everything is decided that exists.
func checkSettled(in consent.Input, said func(string, ...any)) {
	real := release.Decide(in.Need, release.Facts{Person: in.Person, Standing: in.Standing, Service: in.Service})
	for a := range real {
		name := string(decidedOn(a))
		hidden := stands(in) && own(in).Appearance != directory.AppearReal
		switch {
		case rule(in, a) == consent.Forbidden, hidden && (a == release.GivenName || a == release.FamilyName):
		case in.Person.Anonymous && (a == release.GivenName || a == release.FamilyName):
		case !stands(in):
			said("%s exists, nobody decided about it, and nobody is asked", a)
		case !slices.Contains(own(in).Allowed, name) && !slices.Contains(own(in).Declined, name):
			said("%s is undecided, and nobody is asked", a)
		case rule(in, a) == consent.Required && slices.Contains(own(in).Declined, name):
			said("%s is required and declined, and nobody is asked", a)
		}
	}
}

// checkAsked: whatever is asked has its reason.
func checkAsked(in consent.Input, q consent.Question, said func(string, ...any)) {
	fresh := len(q.New())
	if fresh == 0 {
		said("asked about nothing")
	}
	if stands(in) == (q.Why == consent.First || q.Why == consent.Expired) {
		said("asked because of %q", q.Why)
	}
	if !stands(in) && fresh != len(q.Items) {
		said("a part of the items is taken as decided")
	}
	for _, i := range q.Items {
		decided := own(in) != nil && slices.Contains(append(own(in).Allowed, own(in).Declined...), string(i.Attribute))
		switch {
		case rule(in, i.Attribute) == consent.Forbidden:
			said("%s is forbidden, and asked", i.Attribute)
		case !i.New && !(stands(in) && decided):
			said("%s is shown as decided", i.Attribute)
		}
	}
}

// Whoever answers is not asked again; nobody is recorded for ever.
func TestAnsweringEndsTheAsking(t *testing.T) {
	cells(t, func(t *testing.T, in consent.Input, said func(string, ...any)) {
		before := in.Consent
		for _, change := range []func(*consent.Answer){
			func(*consent.Answer) {}, as(directory.AppearPseudonym), as(directory.AppearNone), onlyRequired(in),
		} {
			in.Consent = before
			if !enters(&in, change, said) {
				continue
			}
			if v := consent.Judge(in); v.Ask != nil || v.Record || v.Refused != nil {
				why := consent.Reason("")
				if v.Ask != nil {
					why = v.Ask.Why
				}
				said("after the answer: asked %q, record %v, refused %v\n%+v", why, v.Record, v.Refused, in.Consent)
			}
			in.Now = now.Add(day)
			if v := consent.Judge(in); v.Ask != nil && v.Ask.Why != consent.Expired {
				said("asked again on the next day")
			}
			in.Now = now
		}
	})
}

// onlyRequired unticks whatever can be.
func onlyRequired(in consent.Input) func(*consent.Answer) {
	return func(a *consent.Answer) {
		q := consent.Judge(in).Ask
		a.Allow, a.Groups = nil, nil
		for _, i := range q.New() {
			if i.Required {
				a.Allow = append(a.Allow, i.Attribute)
			}
		}
		for _, c := range q.Groups {
			if c.Required {
				a.Groups = append(a.Groups, c.Collective)
			}
		}
	}
}

// enters goes through whatever stands before the service, and reports whether
// the person is in.
func enters(in *consent.Input, change func(*consent.Answer), said func(string, ...any)) bool {
	v := consent.Judge(*in)
	var c directory.Consent
	var err error
	switch {
	case v.Refused != nil:
		return false
	case v.Ask != nil:
		a := answer(v.Ask)
		change(&a)
		c, err = consent.Settle(*in, a)
	case v.Record:
		c, err = consent.Note(*in)
	default:
		return false
	}
	if errors.Is(err, consent.ErrForged) && v.Ask != nil && !slices.Contains(v.Ask.Appearances, directory.AppearNone) {
		return false // the appearance was not offered
	}
	if err != nil {
		said("%v", err)
		return false
	}
	if c.Expires.After(in.Now.Add(time.Duration(in.Policy.RememberDays) * day)) {
		said("remembered until %v", c.Expires)
	}
	in.Consent = &c
	return true
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package consent_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// decidedOn is the attribute whose decision covers another's.
func decidedOn(a release.Attribute) release.Attribute {
	switch a {
	case release.MailVerified:
		return release.Mail
	case release.Tongue:
		return release.Language
	case release.Collectives:
		return release.Groups
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
		checkRelease(in, v, said)
	})
}

// checkRelease: what terms leave is what leaves, and whoever hides is hidden.
func checkRelease(in consent.Input, v consent.Verdict, said func(string, ...any)) {
	hidden := in.Person.Anonymous || stands(in) && own(in).Appearance != directory.AppearReal
	out := release.Decide(in.Need, release.Facts{Person: in.Person, Standing: in.Standing, Service: in.Service, Terms: v.Terms})
	for a, value := range out {
		list := reflect.ValueOf(value)
		switch {
		case !v.Terms.Allowed.Has(a) && !(list.Kind() == reflect.Slice && list.Len() == 0):
			said("%s leaves: %v", a, value)
		case hidden && (value == in.Person.Name || value == in.Person.Mail || value == string(in.Person.Handle)):
			said("%s of somebody hidden leaves: %v", a, value)
		}
	}
}

func checkGroups(in consent.Input, v consent.Verdict, said func(string, ...any)) {
	for _, c := range v.Terms.Groups {
		agreed := stands(in) && slices.Contains(own(in).Groups, c)
		switch {
		case !v.Terms.Allowed.Has(release.Groups) && !v.Terms.Allowed.Has(release.Collectives):
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
	real := release.Values(in.Need, release.Facts{Person: in.Person, Standing: in.Standing, Service: in.Service})
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
	if stands(in) == slices.Contains([]consent.Reason{consent.First, consent.Wished, consent.Expired}, q.Why) {
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

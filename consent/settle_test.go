// SPDX-License-Identifier: AGPL-3.0-or-later

package consent_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// strict is a screen with an item that cannot be unticked.
func strict() consent.Input {
	in := first(release.Name, release.Mail, release.Groups)
	in.Policy.Attributes = map[release.Attribute]consent.Rule{
		release.Mail: {Need: consent.Required}, release.Groups: {Need: consent.Required}, release.Language: {Need: consent.Forbidden},
	}
	return in
}

// A browser can send anything. What our screen cannot send is refused, and
// nothing is to be written.
func TestForgedAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*consent.Answer)
		want   error
	}{
		{"an item that was not asked", func(a *consent.Answer) { a.Allow = append(a.Allow, release.Handle) }, consent.ErrForged},
		{"a forbidden item", func(a *consent.Answer) { a.Allow = append(a.Allow, release.Language) }, consent.ErrForged},
		{"an item that does not exist", func(a *consent.Answer) { a.Allow = append(a.Allow, "shoe_size") }, consent.ErrForged},
		{"a required item is missing", allowing(release.Name, release.Groups), consent.ErrForged},
		{"nothing at all", func(a *consent.Answer) { *a = consent.Answer{Seen: a.Seen, Language: a.Language} }, consent.ErrForged},
		{"somebody else's collective", func(a *consent.Answer) { a.Groups = append(a.Groups, "secret") }, consent.ErrForged},
		{"a required collective is missing", func(a *consent.Answer) { a.Groups = nil }, consent.ErrForged},
		{"an appearance that is not offered", as(directory.AppearNone + "x"), consent.ErrForged},
		{"no appearance", as(""), consent.ErrForged},
		{"a language that would break the record", func(a *consent.Answer) { a.Language = "en x:y" }, consent.ErrForged},
		{"another screen", func(a *consent.Answer) { a.Seen = "x" }, consent.ErrStale},
		{"no screen", func(a *consent.Answer) { a.Seen = "" }, consent.ErrStale},
		{"read in a language in which it says something else", func(a *consent.Answer) { a.Language = "ca" }, consent.ErrStale},
		{"a pseudonym that is empty", func(a *consent.Answer) { a.Appearance, a.Pseudonym = directory.AppearPseudonym, "  " }, consent.ErrPseudonym},
		{"a pseudonym that turns the line around", func(a *consent.Answer) { a.Appearance, a.Pseudonym = directory.AppearPseudonym, "Ll\u202euna" }, consent.ErrPseudonym},
		{"a pseudonym without end", func(a *consent.Answer) {
			a.Appearance, a.Pseudonym = directory.AppearPseudonym, strings.Repeat("l", 65)
		}, consent.ErrPseudonym},
	} {
		in := strict()
		a := answer(consent.Judge(in).Ask)
		c.change(&a)
		got, err := consent.Settle(in, a)
		if !errors.Is(err, c.want) || got.Person != "" {
			t.Errorf("%s: %+v, %v; want %v", c.name, got, err, c.want)
		}
	}
}

// An answer is to what was on the screen: whatever changes behind it makes it void.
func TestAnAnswerIsToWhatWasSeen(t *testing.T) {
	for name, change := range map[string]func(*consent.Input){
		"another value": func(in *consent.Input) { in.Person.Name = "Somebody" },
		"another alias": func(in *consent.Input) { in.Names.Alias = "other@alias.example" },
		"other words":   func(in *consent.Input) { in.Policy.Intro = consent.Text{"en": "Hi."} },
		"other words of an item": func(in *consent.Input) {
			in.Policy.Attributes[release.Name] = consent.Rule{Keep: consent.Text{"en": "Ever"}}
		},
		"a longer time": func(in *consent.Input) { in.Policy.RememberDays++ },
		"one item more": func(in *consent.Input) { in.Need = append(in.Need, release.Handle) },
		"one collective more": func(in *consent.Input) {
			in.Standing = member("bressola", "sendera", "third")
			in.Service.Access = "public"
		},
		"somebody else":   func(in *consent.Input) { in.Person.ID = "jordi" },
		"another service": func(in *consent.Input) { in.Service.ID = "wiki-id" },
		"no pseudonyms":   func(in *consent.Input) { in.Policy.Pseudonyms = false },
	} {
		in := strict()
		a := answer(consent.Judge(in).Ask)
		change(&in)
		if _, err := consent.Settle(in, a); !errors.Is(err, consent.ErrStale) {
			t.Errorf("%s: %v", name, err)
		}
	}
	in := agree(t, strict())
	if _, err := consent.Settle(in, consent.Answer{}); !errors.Is(err, consent.ErrNothingAsked) {
		t.Errorf("answered twice: %v", err)
	}
}

// When only a part is new, an answer cannot reach the rest.
func TestWhatWasDecidedIsOutOfReach(t *testing.T) {
	in := agree(t, first(release.Name, release.Mail), allowing(release.Name))
	in.Need = all()
	a := answer(consent.Judge(in).Ask)
	for _, forged := range []release.Attribute{release.Mail, release.Name} {
		b := a
		b.Allow = append([]release.Attribute{forged}, a.Allow...)
		if _, err := consent.Settle(in, b); !errors.Is(err, consent.ErrForged) {
			t.Errorf("%s was decided before: %v", forged, err)
		}
	}
	if a.Appearance = directory.AppearPseudonym; !errors.Is(settled(in, a), consent.ErrForged) {
		t.Error("the appearance was decided before")
	}
}

func settled(in consent.Input, a consent.Answer) error {
	_, err := consent.Settle(in, a)
	return err
}

func TestAppearingByPseudonym(t *testing.T) {
	in := agree(t, first(all()...), as(directory.AppearPseudonym))
	v := consent.Judge(in)
	want := release.Appearance{Name: "Lluna", Handle: "quiet-otter", Mail: "k3v9@alias.example", MailVerified: true}
	if v.Terms.As == nil || *v.Terms.As != want {
		t.Errorf("appears as %+v, want %+v", v.Terms.As, want)
	}
	if got := fmt.Sprint(in.Consent.Declined); got != "[given_name family_name]" {
		t.Errorf("declined: %s", got)
	}

	in.Names = consent.Names{Handle: "other", Alias: "other@alias.example"}
	in.Consent.State, in.Consent.Identity, in.Consent.Subject = directory.Suspended, 2, "known-before"
	again := agree(t, in, as(directory.AppearReal))
	if v := consent.Judge(again); v.Terms.As != nil || !v.Terms.Allowed.Has(release.Mail) {
		t.Errorf("appears as %+v", v.Terms)
	}
	c := again.Consent
	if c.Handle != "quiet-otter" || c.Alias != "k3v9@alias.example" || c.Identity != 2 || c.Subject != "known-before" {
		t.Errorf("what was reserved is lost: %+v", c)
	}

	in.Policy.Pseudonyms, in.Consent.State = false, directory.Active
	if v := consent.Judge(in); v.Terms.As == nil || v.Terms.As.Name != "Lluna" || why(v) != consent.PolicyChanged {
		t.Errorf("a rule changed, and she appears as %+v, asked %q", v.Terms.As, why(v))
	}
}

// Somebody who appears by another name from now on has shown no address under it.
func TestAnotherGuiseStartsEmpty(t *testing.T) {
	in := agree(t, first(release.Name, release.Mail, release.Language))
	in.Need, in.Again = release.Need{release.Name}, true
	in = agree(t, in, as(directory.AppearPseudonym))
	in.Need, in.Again = release.Need{release.Name, release.Mail, release.Language}, false
	v := consent.Judge(in)
	if why(v) != consent.More || fmt.Sprint(about(v)) != "[email]" || v.Terms.Allowed.Has(release.Mail) {
		t.Errorf("asked %q about %q, leaves %q", why(v), about(v), v.Terms.Allowed)
	}
}

func TestAppearingWithoutAName(t *testing.T) {
	in := agree(t, first(all()...), as(directory.AppearNone))
	v := consent.Judge(in)
	if got := fmt.Sprint(v.Terms.Allowed, *v.Terms.As); got != "[email email_verified locale language groups collectives] {  k3v9@alias.example true}" {
		t.Errorf("leaves %s", got)
	}
}

func TestAnonymousPeople(t *testing.T) {
	in := first(all()...)
	in.Person, in.Names.Alias = nobody(), "k3v9@clau.invalid"
	q := consent.Judge(in).Ask
	if fmt.Sprint(q.Appearances) != "[pseudonym none]" {
		t.Fatalf("offered: %v", q.Appearances)
	}
	in = agree(t, in)
	want := release.Appearance{Name: "Lluna", Handle: "quiet-otter", Mail: "k3v9@clau.invalid"}
	if v := consent.Judge(in); *v.Terms.As != want {
		t.Errorf("appears as %+v", v.Terms.As)
	}

	for name, c := range map[string]struct {
		change func(*consent.Input)
		want   error
	}{
		"the collective is closed to them": {func(in *consent.Input) { in.Policy.Anonymous = false }, consent.ErrAnonymous},
		"the service requires a given name": {func(in *consent.Input) {
			in.Policy.Attributes = map[release.Attribute]consent.Rule{release.GivenName: {Need: consent.Required}}
		}, consent.ErrAnonymous},
		"it knows people by their handles":   {func(in *consent.Input) { in.Service = services()[2].value }, consent.ErrAnonymous},
		"it requires a name and an address":  {func(in *consent.Input) { in.Policy = policies()[5].value }, nil},
		"pseudonyms are for them if for any": {func(in *consent.Input) { in.Policy.Pseudonyms = false }, nil},
	} {
		in := first(all()...)
		in.Person = nobody()
		c.change(&in)
		if v := consent.Judge(in); !errors.Is(v.Refused, c.want) {
			t.Errorf("%s: %v", name, v.Refused)
		}
	}
}

// An assembly's agreement reserves names for anonymous people before any leaves.
func TestAgreedForAnonymousPeople(t *testing.T) {
	in := first(all()...)
	in.Person, in.Policy.Services = nobody(), agreedYesterday()
	v := consent.Judge(in)
	if !v.Record || v.Terms.As.Handle != "" || v.Terms.As.Mail != "" {
		t.Fatalf("a name that is nobody's leaves: %+v", v.Terms.As)
	}
	nameless := in
	nameless.Names = consent.Names{}
	if _, err := consent.Note(nameless); !errors.Is(err, consent.ErrUnnamed) {
		t.Errorf("recorded without a name: %v", err)
	}
	in.Names.Pseudonym = "Boira"
	c, err := consent.Note(in)
	if err != nil {
		t.Fatal(err)
	}
	in.Consent = &c
	in.Names = consent.Names{}
	if v := consent.Judge(in); v.Record || v.Terms.As.Handle != "quiet-otter" || v.Terms.As.Name != "Boira" || v.Terms.Allowed.Has(release.GivenName) {
		t.Errorf("recorded, and %+v", v)
	}
}

// A service may know people by their handle. Then it learns it even if it asks
// for nothing, and the person is told.
func TestKnownByHandle(t *testing.T) {
	in := first()
	in.Service = services()[2].value
	v := consent.Judge(in)
	if v.Ask == nil || !v.Ask.KnownByHandle || fmt.Sprint(about(v)) != "[preferred_username]" || !v.Ask.Items[0].Required {
		t.Fatalf("asked: %+v", v.Ask)
	}
	in = agree(t, in)
	if v := consent.Judge(in); v.Ask != nil || len(v.Terms.Allowed) != 0 {
		t.Errorf("more than asked for: %+v", v)
	}
	in.Policy.Attributes = map[release.Attribute]consent.Rule{release.Handle: {Need: consent.Forbidden}}
	if v := consent.Judge(in); !errors.Is(v.Refused, consent.ErrForbidden) {
		t.Errorf("the collective forbids it: %+v", v)
	}
}

// What does not exist yet is not agreed to: it is asked about when it does.
func TestAValueThatComesLater(t *testing.T) {
	in := first(release.Name, release.Mail)
	in.Person.Mail, in.Person.Verified = "", nil
	in = agree(t, in)
	if v := consent.Judge(in); v.Ask != nil {
		t.Fatalf("asked %q about %q", v.Ask.Why, about(v))
	}
	in.Person = marta()
	if v := consent.Judge(in); fmt.Sprint(about(v)) != "[email]" || v.Terms.Allowed.Has(release.Mail) {
		t.Errorf("there is an address now: asked about %q, leaves %q", about(v), v.Terms.Allowed)
	}
}

// The screen shows what would be sent, under each name.
func TestTheScreenShowsTheValues(t *testing.T) {
	q := consent.Judge(first(all()...)).Ask
	var got []string
	for _, i := range q.Items {
		got = append(got, fmt.Sprint(i.Attribute, ": ", i.Value, " / ", i.Instead))
	}
	want := []string{
		"name: Marta Puig / <nil>", "given_name: Marta / <nil>", "family_name: Puig / <nil>",
		"preferred_username: marta / quiet-otter", "email: marta@example.org / k3v9@alias.example",
		"locale: ca / ca", "groups: [bressola sendera] / [bressola sendera]",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s", strings.Join(got, "\n"))
	}
}

func TestReceiptsAreKeptNewestFirst(t *testing.T) {
	var c directory.Consent
	for n := range 25 {
		c = consent.WithReceipt(c, fmt.Sprint(n))
	}
	if len(c.Receipts) != 20 || c.Receipts[0] != "24" || c.Receipts[19] != "5" {
		t.Errorf("kept %v", c.Receipts)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package consent_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// Marta agreed to name, address and groups on the forum. Each story changes one
// thing, and says what she is asked about when she comes back.
func TestWhenMartaIsAskedAgain(t *testing.T) {
	word := func(a release.Attribute, r consent.Rule) func(*consent.Input) {
		return func(in *consent.Input) {
			own := in.Policy.Services["forum"]
			own.Attributes = maps.Clone(own.Attributes)
			own.Attributes[a] = r
			in.Policy.Services = map[directory.ServiceName]consent.ServicePolicy{"forum": own}
		}
	}
	mailRule := bressola().Attributes[release.Mail]
	stories := []struct {
		name   string
		change func(*consent.Input)
		why    consent.Reason // empty: she is not
		about  []release.Attribute
		waits  []release.Attribute // does not leave meanwhile
	}{
		{"nothing", func(*consent.Input) {}, "", nil, nil},
		{"the day before the year is over", func(in *consent.Input) { in.Now = now.Add(364 * day) }, "", nil, nil},
		{"the year is over", func(in *consent.Input) { in.Now = now.Add(365 * day) },
			consent.Expired, []release.Attribute{release.Name, release.Mail, release.Groups}, in3()},
		{"she stopped it", func(in *consent.Input) { in.Consent.State = directory.Suspended },
			consent.Stopped, in3(), in3()},
		{"she stopped it, and it asks for nothing", func(in *consent.Input) { in.Consent.State, in.Need = directory.Suspended, nil },
			consent.Stopped, nil, nil},
		{"it asks for less", func(in *consent.Input) { in.Need = release.Need{release.Mail} }, "", nil, nil},
		{"it asks for more", func(in *consent.Input) { in.Need = append(in.Need, release.Handle) },
			consent.More, []release.Attribute{release.Handle}, []release.Attribute{release.Handle}},
		{"whether the address is verified goes with it", func(in *consent.Input) { in.Need = append(in.Need, release.MailVerified) }, "", nil, nil},
		{"more, but forbidden", func(in *consent.Input) { in.Need = append(in.Need, release.Language) }, "", nil, nil},
		{"other words about the address", word(release.Mail, consent.Rule{Purpose: consent.Text{"en": "To sell you things."}}),
			consent.PolicyChanged, []release.Attribute{release.Mail}, nil},
		{"it is kept longer", word(release.Mail, consent.Rule{Keep: consent.Text{"en": "For ever."}}),
			consent.PolicyChanged, []release.Attribute{release.Mail}, nil},
		{"a translation of the same words", word(release.Mail, consent.Rule{Purpose: consent.Text{"en": mailRule.Purpose["en"], "ca": "Per avisar-te."}}), "", nil, nil},
		{"words about what it does not ask for", word(release.Handle, consent.Rule{Purpose: consent.Text{"en": "Who knows."}}), "", nil, nil},
		{"what she gave is now required", word(release.Mail, consent.Rule{Need: consent.Required}), "", nil, nil},
		{"what she gave is now forbidden", word(release.Mail, consent.Rule{Need: consent.Forbidden}), "", nil, []release.Attribute{release.Mail}},
		{"other words above all", func(in *consent.Input) { in.Policy.Intro = consent.Text{"en": "Welcome."} }, consent.PolicyChanged, in3(), nil},
		{"another privacy policy", func(in *consent.Input) { in.Policy.PrivacyURL = "https://bressola.example/2" }, consent.PolicyChanged, in3(), nil},
		{"remembered for a shorter time from now on", func(in *consent.Input) { in.Policy.RememberDays = 1 }, "", nil, nil},
		{"another address", func(in *consent.Input) { in.Person.Mail = "m@example.net" },
			consent.ValueChanged, []release.Attribute{release.Mail}, []release.Attribute{release.Mail}},
		{"another name, which nobody marked", func(in *consent.Input) { in.Person.Name = "Marta P." }, "", nil, nil},
		{"one more collective", func(in *consent.Input) { in.Standing = member("bressola", "sendera") },
			consent.ValueChanged, []release.Attribute{release.Groups}, nil},
		{"one more that is no business of the forum's", func(in *consent.Input) { in.Standing = member("bressola", "secret") }, "", nil, nil},
		{"one collective less", func(in *consent.Input) { in.Standing = member() }, "", nil, nil},
		{"she enters for another collective", func(in *consent.Input) { in.Person.Primary, in.Standing = "sendera", member("sendera") },
			consent.PolicyChanged, in3(), nil},
		{"another collective runs the forum", func(in *consent.Input) {
			in.Service.Collective, in.Service.Guests = "sendera", []directory.CollectiveName{"bressola"}
		}, consent.PolicyChanged, in3(), nil},
		{"the forum wants it asked", func(in *consent.Input) { in.Again = true }, consent.Again, in3(), nil},
		{"it wants it asked, and asks for nothing", func(in *consent.Input) { in.Again, in.Need = true, nil }, "", nil, nil},
		{"pseudonyms are not allowed any more", func(in *consent.Input) { in.Policy.Pseudonyms = false }, "", nil, nil},
	}
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			in := first(release.Name, release.Mail, release.Groups)
			in.Policy, in.Standing = bressola(), member("bressola")
			in = agree(t, in)
			s.change(&in)
			v := consent.Judge(in)
			if got := why(v); got != s.why {
				t.Fatalf("asked because of %q, want %q", got, s.why)
			}
			if got := about(v); !slices.Equal(got, s.about) {
				t.Errorf("asked about %q, want %q", got, s.about)
			}
			for _, a := range in.Need {
				waits := slices.Contains(s.waits, a) || a == release.Language
				if v.Terms.Allowed.Has(a) == waits {
					t.Errorf("%s leaves: %v", a, v.Terms.Allowed.Has(a))
				}
			}
		})
	}
}

func in3() []release.Attribute {
	return []release.Attribute{release.Name, release.Mail, release.Groups}
}

func why(v consent.Verdict) consent.Reason {
	if v.Ask == nil {
		return ""
	}
	return v.Ask.Why
}

func about(v consent.Verdict) []release.Attribute {
	var out []release.Attribute
	if v.Ask != nil {
		for _, i := range v.Ask.New() {
			out = append(out, i.Attribute)
		}
	}
	return out
}

// A grant ends when what it stands on is gone, and not when words change.
func TestWhichQuestionsEndAGrant(t *testing.T) {
	granted := agree(t, first(release.Mail))
	for name, c := range map[string]struct {
		change func(*consent.Input)
		lapsed bool
	}{
		"nothing":      {func(*consent.Input) {}, false},
		"other words":  {func(in *consent.Input) { in.Policy.Intro = consent.Text{"en": "new"} }, false},
		"more":         {func(in *consent.Input) { in.Need = all() }, false},
		"over":         {func(in *consent.Input) { in.Now = now.Add(400 * day) }, true},
		"asked for":    {func(in *consent.Input) { again := *in.Consent; again.Expires = again.Decided; in.Consent = &again }, true},
		"no consent":   {func(in *consent.Input) { in.Consent = nil }, true},
		"not admitted": {func(in *consent.Input) { in.Person.Anonymous, in.Policy.Anonymous = true, false }, true},
	} {
		in := granted
		c.change(&in)
		if v := consent.Judge(in); v.Lapsed() != c.lapsed || !c.lapsed && !v.Terms.Allowed.Has(release.Mail) {
			t.Errorf("%s: lapsed %v, terms %+v", name, v.Lapsed(), v.Terms)
		}
	}
}

func TestWhatIsKeptBackStaysSo(t *testing.T) {
	in := agree(t, first(release.Name, release.Mail), allowing(release.Name))
	in.Policy.Attributes = map[release.Attribute]consent.Rule{release.Mail: {Purpose: consent.Text{"en": "Please?"}}}
	if v := consent.Judge(in); v.Ask != nil || v.Terms.Allowed.Has(release.Mail) {
		t.Errorf("other words bring it up again: %q, %+v", why(v), v.Terms)
	}

	in.Policy.Services = agreedYesterday()
	if v := consent.Judge(in); v.Ask != nil || v.Terms.Allowed.Has(release.Mail) || !v.Terms.Allowed.Has(release.Name) {
		t.Errorf("the assembly overrules her: %+v", v.Terms)
	}
	in.Now = now.Add(800 * day)
	if v := consent.Judge(in); v.Ask != nil || v.Terms.Allowed.Has(release.Mail) {
		t.Errorf("time overrules her: %+v", v.Terms)
	}

	in.Policy.Attributes = map[release.Attribute]consent.Rule{release.Mail: {Need: consent.Required}}
	v := consent.Judge(in)
	if why(v) != consent.PolicyChanged || v.Terms.Allowed.Has(release.Mail) || !slices.Equal(about(v), []release.Attribute{release.Mail}) {
		t.Errorf("what she kept back is required: asked %q about %q, %+v", why(v), about(v), v.Terms)
	}
}

func agreedYesterday() map[directory.ServiceName]consent.ServicePolicy {
	date := consent.Date{Time: now.Add(-day).Truncate(day)}
	return map[directory.ServiceName]consent.ServicePolicy{"forum": {
		Agreed: &consent.Agreement{On: date, Minutes: "https://bressola.example/minutes"},
	}}
}

// The assembly of one collective does not tell of the others.
func TestAnAssemblySpeaksForItself(t *testing.T) {
	in := first(release.Name, release.Groups)
	in.Policy.Services = agreedYesterday()
	v := consent.Judge(in)
	if v.Ask != nil || !v.Record || fmt.Sprint(v.Terms.Groups) != "[bressola]" || v.Terms.As != nil {
		t.Fatalf("agreed in assembly: %+v", v)
	}
	c, err := consent.Note(in)
	if err != nil || c.Asked || fmt.Sprint(c.Allowed) != "[name groups]" {
		t.Fatalf("recorded as %+v, %v", c, err)
	}
	in.Consent = &c
	if v := consent.Judge(in); v.Record || v.Ask != nil {
		t.Errorf("recorded twice")
	}
	in.Policy.Services = nil
	if v := consent.Judge(in); why(v) != consent.First || len(v.Terms.Allowed) > 0 {
		t.Errorf("the agreement is gone, and %q, %+v", why(v), v.Terms)
	}
}

// What was decided for one request holds for the next that asks for other things.
func TestDecisionsAddUp(t *testing.T) {
	in := agree(t, first(release.Name))
	in.Need, in.Now = release.Need{release.Mail}, now.Add(100*day)
	in = agree(t, in)
	in.Need = release.Need{release.Name, release.Mail}
	if v := consent.Judge(in); v.Ask != nil || len(v.Terms.Allowed) != 2 {
		t.Errorf("asked again: %q, %+v", why(v), v.Terms)
	}
	if !in.Consent.Expires.Equal(now.Add(365 * day)) {
		t.Errorf("the older decision was prolonged to %v, and nobody was asked about it", in.Consent.Expires)
	}
}

// Words read in two languages are each held to what they said.
func TestEachTextIsRememberedInItsLanguage(t *testing.T) {
	in := first(release.Name)
	in.Policy = bressola()
	in = agree(t, in)
	in.Need = release.Need{release.Name, release.Mail}
	in = agree(t, in, func(a *consent.Answer) { a.Seen, a.Language = consent.Judge(in).Ask.Seen("ca"), "ca" })
	if v := consent.Judge(in); v.Ask != nil {
		t.Fatalf("asked again at once: %q", v.Ask.Why)
	}
	in.Policy.Attributes[release.Mail] = consent.Rule{Purpose: consent.Text{"en": bressola().Attributes[release.Mail].Purpose["en"], "ca": "Altres mots."}, Keep: bressola().Attributes[release.Mail].Keep}
	if v := consent.Judge(in); fmt.Sprint(about(v)) != "[email]" {
		t.Errorf("the Catalan words have changed; asked about %q", about(v))
	}
}

func TestThrough(t *testing.T) {
	public := forum()
	public.Access = directory.AccessPublic
	for _, c := range []struct {
		name     string
		service  directory.Service
		primary  directory.CollectiveName
		standing directory.Standing
		want     directory.CollectiveName
	}{
		{"her own runs it", forum(), "bressola", member("bressola", "sendera"), "bressola"},
		{"her own is a guest", forum(), "sendera", member("bressola", "sendera"), "sendera"},
		{"open to all", public, "far", member("far", "bressola"), "far"},
		{"her own has nothing to do with it", forum(), "far", member("bressola", "far"), "bressola"},
		{"only a guest of it", forum(), "far", member("far", "sendera"), "sendera"},
		{"let in by name", forum(), "far", member("far"), "bressola"},
		{"no collective of her own", forum(), "", member(), "bressola"},
	} {
		if got := consent.Through(c.service, directory.Person{Primary: c.primary}, c.standing); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// An agreement carried her over the end of her own decision. When it goes, what
// she once agreed to does not come back by itself.
func TestWhatIsOverStaysOver(t *testing.T) {
	in := agree(t, first(release.Name, release.Mail, release.Language), allowing(release.Name, release.Mail))
	in.Now, in.Policy.Services = now.Add(400*day), agreedYesterday()
	in.Policy.Attributes = map[release.Attribute]consent.Rule{release.Language: {Need: consent.Required}}
	in = agree(t, in)
	in.Policy.Services = nil
	v := consent.Judge(in)
	if fmt.Sprint(v.Terms.Allowed) != "[locale]" || fmt.Sprint(about(v)) != "[name email]" {
		t.Errorf("the agreement is gone; %q leaves, asked about %q", v.Terms.Allowed, about(v))
	}
}

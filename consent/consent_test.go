// SPDX-License-Identifier: AGPL-3.0-or-later

package consent_test

import (
	"testing"
	"time"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// now is a morning on which all these stories happen.
var now = time.Date(2026, 3, 28, 9, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// all is what a curious service asks for.
func all() release.Need { return release.Attributes() }

func marta() directory.Person {
	return directory.Person{
		ID: "marta", Handle: "marta", State: directory.Active, Name: "Marta Puig", GivenName: "Marta", FamilyName: "Puig",
		Mail: "marta@example.org", Verified: []string{"marta@example.org"}, Language: "ca", Primary: "bressola",
	}
}

// nobody is anonymous; all the same somebody wrote down more than they should have.
func nobody() directory.Person {
	p := marta()
	p.ID, p.Handle, p.Anonymous, p.Name = "nobody", "x81", true, "Ona"
	return p
}

func forum() directory.Service {
	return directory.Service{
		ID: "forum-id", Name: "forum", Collective: "bressola", Guests: []directory.CollectiveName{"sendera"},
		State: directory.Active, Access: directory.AccessCollective, Title: "Forum",
	}
}

func member(of ...directory.CollectiveName) directory.Standing {
	var s directory.Standing
	for _, c := range of {
		s.Memberships = append(s.Memberships, directory.Membership{Collective: c})
	}
	return s
}

func names() consent.Names {
	return consent.Names{Handle: "quiet-otter", Alias: "k3v9@alias.example"}
}

// first is Marta's first visit to the forum.
func first(need ...release.Attribute) consent.Input {
	return consent.Input{
		Need: need, Policy: consent.Default(), Service: forum(), Person: marta(),
		Standing: member("bressola", "sendera"), Names: names(), Now: now,
	}
}

// answer ticks what is ticked on the screen.
func answer(q *consent.Question) consent.Answer {
	a := consent.Answer{Seen: q.Seen("en"), Language: "en", Pseudonym: "Lluna"}
	for _, i := range q.New() {
		if i.Ticked {
			a.Allow = append(a.Allow, i.Attribute)
		}
	}
	for _, c := range q.Groups {
		if c.Ticked {
			a.Groups = append(a.Groups, c.Collective)
		}
	}
	if len(q.Appearances) > 0 {
		a.Appearance = q.Appearance
	}
	return a
}

// agree goes through the screen with what is ticked, but for what change does.
func agree(t *testing.T, in consent.Input, change ...func(*consent.Answer)) consent.Input {
	t.Helper()
	v := consent.Judge(in)
	if v.Ask == nil {
		t.Fatalf("nothing is asked (refused: %v)", v.Refused)
	}
	a := answer(v.Ask)
	for _, c := range change {
		c(&a)
	}
	c, err := consent.Settle(in, a)
	if err != nil {
		t.Fatal(err)
	}
	in.Consent = &c
	return in
}

func as(a directory.Appearance) func(*consent.Answer) {
	return func(answer *consent.Answer) { answer.Appearance = a }
}

func allowing(attributes ...release.Attribute) func(*consent.Answer) {
	return func(answer *consent.Answer) { answer.Allow = attributes }
}

// bressola is the policy of a collective that has thought about it.
func bressola() consent.Policy {
	p := consent.Default()
	p.PrivacyURL = "https://bressola.example/privacy"
	p.Intro = consent.Text{"ca": "Així ho hem acordat.", "en": "This is what we have agreed."}
	p.Attributes = map[release.Attribute]consent.Rule{
		release.Mail:   {Purpose: consent.Text{"en": "To send you notices."}, Keep: consent.Text{"en": "As long as you are a member."}, AskOnChange: true},
		release.Groups: {Purpose: consent.Text{"en": "To let you into your collective's rooms."}},
	}
	p.Services = map[directory.ServiceName]consent.ServicePolicy{
		"forum": {
			Purpose: consent.Text{"en": "Where we talk between assemblies."},
			Attributes: map[release.Attribute]consent.Rule{
				release.Name:     {Purpose: consent.Text{"en": "So that others know who speaks."}},
				release.Language: {Need: consent.Forbidden},
			},
		},
	}
	return p
}

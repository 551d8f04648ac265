// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"slices"
	"strconv"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// Reason says why somebody is asked.
type Reason string

const (
	First         Reason = "first"   // the service was never decided about
	Stopped       Reason = "stopped" // the person stopped it and comes back
	Expired       Reason = "expired" // the remembered time is over
	Wished        Reason = "wished"  // the person wants to be asked again
	More          Reason = "more"    // it asks for something that was never decided
	PolicyChanged Reason = "policy"  // the collective's words or rules have changed
	ValueChanged  Reason = "value"   // a value is not the one agreed to
	Again         Reason = "again"   // the service wants it asked again
)

// reasons in the order of their weight: of several, people read the first.
func reasons() []Reason {
	return []Reason{Stopped, First, Wished, Expired, More, PolicyChanged, ValueChanged, Again}
}

// Question is what a consent screen shows. Everything in it is for the person
// alone: it holds the very values that would be sent.
type Question struct {
	Collective directory.CollectiveName // in whose name they enter; colours and words are its
	Why        Reason
	Intro      Text
	Purpose    Text   // what the service is for
	PrivacyURL string // of the collective's privacy policy; empty: none

	Items  []Item
	Groups []Choice // when groups are among what is new: which collectives the service may learn of

	// Appearances can be chosen among; empty: that is not asked. Appearance is
	// the one chosen earlier, or proposed.
	Appearances []directory.Appearance
	Appearance  directory.Appearance
	Pseudonym   string // chosen earlier, or proposed

	KnownByHandle bool // the service's identifier for people is their handle, as everywhere
	RememberDays  int

	seen func(lang string) string
}

// Item is an attribute on a consent screen.
type Item struct {
	Attribute release.Attribute // email stands for email_verified too
	Value     any               // as it is, a string or []string; nil: there is none
	Instead   any               // what would be sent under a pseudonym; nil: nothing
	Purpose   Text              // empty: the pages have words of their own
	Keep      Text
	Required  bool // cannot be unticked
	New       bool // to be decided now; else it was, and is shown for the record
	Ticked    bool
}

// Choice is a collective whose membership the service may learn.
type Choice struct {
	Collective directory.CollectiveName
	Required   bool
	Ticked     bool
}

// New returns the items that are to be decided now.
func (q Question) New() []Item {
	return slices.DeleteFunc(slices.Clone(q.Items), func(i Item) bool { return !i.New })
}

// Seen identifies what a person reads when the question is put in a language:
// each text and value. The screen's form carries it, and an [Answer] to
// anything else is no answer: nobody agrees to what changed behind the screen.
func (q Question) Seen(lang string) string {
	if q.seen == nil {
		return ""
	}
	return q.seen(lang)
}

func (m *matter) question(why Reason, found []finding) *Question {
	q := &Question{
		Collective: m.through, Why: why,
		Intro: m.rules.Intro, Purpose: m.rules.Purpose, PrivacyURL: m.rules.PrivacyURL,
		KnownByHandle: m.public, RememberDays: m.rules.RememberDays,
		Pseudonym: m.names().Pseudonym,
	}
	if m.known.Asked {
		q.Appearance = m.known.Appearance
	}
	for _, f := range found {
		q.Items = append(q.Items, m.shows(f))
	}
	if m.asksAppearance(found) {
		q.Appearances = m.offers
		if !slices.Contains(m.offers, q.Appearance) {
			q.Appearance = m.offers[0]
		}
	}
	if i := q.item(release.Groups); i != nil && i.New {
		q.Groups = m.choices(*i)
	}
	q.seen = func(lang string) string { return m.seen(q, lang) }
	return q
}

func (q Question) item(a release.Attribute) *Item {
	for i := range q.Items {
		if q.Items[i].Attribute == a {
			return &q.Items[i]
		}
	}
	return nil
}

func (m *matter) shows(f finding) Item {
	return Item{
		Attribute: f.unit, Value: m.values[f.unit],
		Instead: instead(directory.AppearPseudonym, f.unit, m.values[f.unit], m.names()),
		Purpose: f.rule.Purpose, Keep: f.rule.Keep,
		Required: f.rule.Need == Required,
		New:      f.news != "",
		Ticked:   f.rule.Need == Required || !slices.Contains(m.known.Declined, string(f.unit)),
	}
}

// asksAppearance reports whether the person chooses how to appear: when nothing
// holds from earlier and there is something that depends on it.
func (m *matter) asksAppearance(found []finding) bool {
	return m.open() && slices.ContainsFunc(found, func(f finding) bool { return naming(f.unit) && f.news != "" })
}

// choices ticks what was agreed to earlier, and everything the first time. Where
// groups are required it is for the sake of the collective that is entered through.
func (m *matter) choices(groups Item) []Choice {
	var out []Choice
	before := slices.Contains(m.known.Allowed, string(release.Groups)) && m.known.Asked
	for _, c := range m.offered {
		required := groups.Required && c == m.through
		out = append(out, Choice{
			Collective: c, Required: required,
			Ticked: required || !before || slices.Contains(m.known.Groups, c),
		})
	}
	return out
}

func (m *matter) seen(q *Question, lang string) string {
	parts := []string{string(m.Person.ID), string(m.Service.ID), lang, m.screen(lang).String(), string(q.Why), strconv.Itoa(q.RememberDays)}
	for _, i := range q.Items {
		parts = append(parts, string(i.Attribute), written(i.Value), written(i.Instead),
			i.Purpose.In(lang), i.Keep.In(lang), strconv.FormatBool(i.Required), strconv.FormatBool(i.New))
	}
	for _, c := range q.Groups {
		parts = append(parts, string(c.Collective), strconv.FormatBool(c.Required))
	}
	for _, a := range q.Appearances {
		parts = append(parts, string(a))
	}
	return digest(parts...).String()
}

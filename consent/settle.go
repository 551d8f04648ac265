// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// Why an answer is none.
var (
	// ErrNothingAsked says that there is no question to answer.
	ErrNothingAsked = errors.New("consent: nothing was asked")

	// ErrStale says that the question has changed since the screen was drawn.
	// The person is shown it again.
	ErrStale = errors.New("consent: the question has changed meanwhile")

	// ErrPseudonym says that the chosen name is missing or cannot be one. The
	// person is asked for another.
	ErrPseudonym = errors.New("consent: not a pseudonym")

	// ErrForged says that no screen of ours could have sent the answer.
	ErrForged = errors.New("consent: the answer does not fit the question")

	// ErrUnnamed says that a name must be reserved and none was generated.
	ErrUnnamed = errors.New("consent: no handle or alias was generated")
)

func forged(why string) error { return fmt.Errorf("%w: %s", ErrForged, why) }

// Answer is what a person decided on a consent screen. That they agree to
// nothing at all and go back is no answer: then nothing is written.
type Answer struct {
	Seen       string               // [Question.Seen] of the screen that was answered
	Language   string               // in which it was read
	Allow      []release.Attribute  // of the new items, those that are ticked
	Appearance directory.Appearance // one of those offered; empty if none were
	Pseudonym  string               // for [directory.AppearPseudonym]
	Groups     []directory.CollectiveName
}

// pseudonymMax is the longest pseudonym in characters.
const pseudonymMax = 64

// settlement is a question and its answer on their way to a consent.
type settlement struct {
	*matter
	q     *Question
	a     Answer
	fresh bool                 // the whole screen is answered anew
	older bool                 // decisions of before stay beside those of now
	as    directory.Appearance // as whom the person will appear
	c     directory.Consent
}

// Settle returns the consent to be written when a person answers the question
// of this input. The question is put again here and not taken from the browser:
// an answer to what was not asked, without what is required, or to a screen
// that has changed meanwhile, is an error, and nothing is to be written then.
// Handle, alias, subject and identity of an earlier consent stay.
func Settle(in Input, a Answer) (directory.Consent, error) {
	m := hear(&in)
	v := m.judge()
	switch {
	case v.Refused != nil:
		return directory.Consent{}, v.Refused
	case v.Ask == nil:
		return directory.Consent{}, ErrNothingAsked
	case !languageTag.MatchString(a.Language):
		return directory.Consent{}, forged("language")
	case a.Seen != v.Ask.Seen(a.Language):
		return directory.Consent{}, ErrStale
	}
	a.Pseudonym = strings.TrimSpace(a.Pseudonym)
	s := &settlement{matter: m, q: v.Ask, a: a, fresh: !m.chosen || m.rewritten, as: v.Ask.Appearance}
	if len(s.q.Appearances) > 0 {
		s.as = a.Appearance
	}
	if err := s.check(); err != nil {
		return directory.Consent{}, err
	}
	return s.settle()
}

func (s *settlement) check() error {
	if err := s.checkItems(); err != nil {
		return err
	}
	switch {
	case len(s.q.Appearances) > 0 && !slices.Contains(s.q.Appearances, s.a.Appearance):
		return forged("an appearance that was not offered")
	case len(s.q.Appearances) == 0 && s.a.Appearance != "" && s.a.Appearance != s.q.Appearance:
		return forged("an appearance when none was asked for")
	case s.asksName() && !plain(s.a.Pseudonym, pseudonymMax):
		return ErrPseudonym
	}
	return s.checkGroups()
}

func (s *settlement) checkItems() error {
	for _, a := range s.a.Allow {
		if i := s.q.item(a); i == nil || !i.New {
			return forged("an item that was not asked about")
		}
	}
	for _, i := range s.q.Items {
		if i.New && i.Required && !s.ticked(i.Attribute) {
			return forged("a required item is not ticked")
		}
	}
	return nil
}

func (s *settlement) checkGroups() error {
	for _, c := range s.a.Groups {
		if !slices.ContainsFunc(s.q.Groups, func(o Choice) bool { return o.Collective == c }) {
			return forged("a collective that was not offered")
		}
	}
	for _, o := range s.q.Groups {
		if o.Required && !slices.Contains(s.a.Groups, o.Collective) {
			return forged("a required collective is not ticked")
		}
	}
	return nil
}

func (s *settlement) ticked(a release.Attribute) bool { return slices.Contains(s.a.Allow, a) }

// asksName reports whether the answer must bring a pseudonym.
func (s *settlement) asksName() bool {
	return s.as == directory.AppearPseudonym && s.ticked(release.Name)
}

func (s *settlement) settle() (directory.Consent, error) {
	s.begin()
	for _, i := range s.q.New() {
		s.decide(i)
	}
	_, screen := shown(s.c.Shown).part(screenPart)
	if s.fresh || screen == "" {
		s.c.Shown = string(shown(s.c.Shown).with(screenPart, s.a.Language, s.screen(s.a.Language)))
	}
	s.date()
	if s.asksName() {
		s.c.Pseudonym = s.a.Pseudonym
	}
	if err := s.name(&s.c, s.as, s.c.Allowed); err != nil {
		return directory.Consent{}, err
	}
	s.remember()
	return s.c, nil
}

// begin takes over what stays of an earlier consent. Whoever appears as
// somebody else from now on has agreed to no name or address under that guise,
// beyond those they were just shown.
func (s *settlement) begin() {
	c := s.known
	c.Person, c.Service, c.Collective = s.Person.ID, s.Service.ID, s.through
	c.Allowed, c.Declined = slices.Clone(c.Allowed), slices.Clone(c.Declined)
	c.Values = maps.Clone(c.Values)
	s.c = c
	if s.fresh {
		s.c.Allowed, s.c.Declined, s.c.Groups, s.c.Values, s.c.Shown = nil, nil, nil, nil, ""
	}
	if !s.live { // what was agreed to is over, and must not come back to life
		s.c.Allowed, s.c.Groups, s.c.Values = nil, nil, nil
	}
	for _, i := range s.q.New() {
		s.forget(i.Attribute)
	}
	if s.as != s.known.Appearance {
		for _, u := range release.Attributes() {
			if naming(u) {
				s.forget(u)
			}
		}
	}
	s.older = len(s.c.Allowed)+len(s.c.Declined) > 0
	s.c.Appearance, s.c.State, s.c.Asked = s.as, directory.Active, true
}

func (s *settlement) forget(u release.Attribute) {
	same := func(one string) bool { return one == string(u) }
	s.c.Allowed = slices.DeleteFunc(s.c.Allowed, same)
	s.c.Declined = slices.DeleteFunc(s.c.Declined, same)
	s.c.Shown = string(shown(s.c.Shown).without(string(u)))
	delete(s.c.Values, string(u))
	if u == release.Groups {
		s.c.Groups = nil
	}
}

// decide writes down one item. A value that is not there yet is neither agreed
// to nor declined: the person is asked when there is one to be seen.
func (s *settlement) decide(i Item) {
	u := i.Attribute
	switch {
	case !s.ticked(u) || !carries(s.as, u):
		s.c.Declined = append(s.c.Declined, string(u))
		return
	case !s.has(s.as, u):
		return
	}
	rule := s.rule(u)
	s.c.Allowed = append(s.c.Allowed, string(u))
	s.c.Shown = string(shown(s.c.Shown).with(string(u), s.a.Language, words(u, rule, s.a.Language)))
	if u == release.Groups {
		s.c.Groups = slices.Clone(s.a.Groups)
	}
}

// remember keeps digests of the values that are asked about when they change.
func (s *settlement) remember() {
	names := Names{Pseudonym: s.c.Pseudonym, Handle: s.c.Handle, Alias: s.c.Alias}
	for _, i := range s.q.New() {
		u := i.Attribute
		switch {
		case !slices.Contains(s.c.Allowed, string(u)):
		case u == release.Groups:
			s.c.Values = put(s.c.Values, string(u), s.valueDigest(u, s.groupNames()).String())
		case s.rule(u).AskOnChange:
			s.c.Values = put(s.c.Values, string(u), s.valueDigest(u, instead(s.as, u, s.values[u], names)).String())
		}
	}
}

// date says until when the decision holds. Of a consent that is only added to,
// the older part ends the time.
func (s *settlement) date() {
	until := s.Now.Add(time.Duration(s.rules.RememberDays) * 24 * time.Hour)
	if !s.older || !s.live || until.Before(s.c.Expires) {
		s.c.Expires = until
	}
	s.c.Decided, s.c.LastUsed = s.Now, s.Now
}

// name reserves what goes out in place of real names. What was reserved once
// stays so, whatever the person appears as now.
func (m *matter) name(c *directory.Consent, as directory.Appearance, allowed []string) error {
	if as == directory.AppearReal {
		return nil
	}
	names := m.names()
	if slices.Contains(allowed, string(release.Handle)) && carries(as, release.Handle) {
		c.Handle = names.Handle
		if c.Handle == "" {
			return ErrUnnamed
		}
	}
	if slices.Contains(allowed, string(release.Mail)) {
		c.Alias = names.Alias
		if c.Alias == "" {
			return ErrUnnamed
		}
	}
	return nil
}

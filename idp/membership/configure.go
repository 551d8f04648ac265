// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"slices"

	"golang.org/x/text/language"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

// What a collective says of itself, in characters, and how it decides.
const (
	titleMax    = 100
	aboutMax    = 2000
	questionMax = 300
	answersMax  = 20
	lapseMax    = 90 // days
)

// Configure changes how the collective presents itself and decides. To decide
// alone what two decided before, two must agree: the rest holds at once and the
// result is [Second]. What others wrote since the version that it is based on
// is not written over: [directory.ErrConflict].
func (m *Room) Configure(ctx context.Context, by By, change directory.CollectiveChange) (Result, error) {
	h, err := m.chair(ctx, by)
	if err != nil {
		return "", err
	}
	if change.State != nil {
		return "", ErrExceeds // whether it is one is the federation's to say
	}
	if faults := settingFaults(change); len(faults) > 0 {
		return "", faults
	}
	if change.Version == "" {
		change.Version = h.in.Version
	}
	alone := alone(h.in, change.Settings)
	if len(alone) > 0 {
		kept := *change.Settings
		kept.Together = slices.Concat(kept.Together, alone)
		change.Settings = &kept
	}
	if err := m.c.Directory.ChangeCollective(ctx, h.actor(), h.in.Name, change); err != nil {
		return "", notThere(err)
	}
	m.c.Audit.Write(ctx, audit.Event{Kind: audit.CollectiveChanged, Actor: by.Person, Collective: h.in.Name})
	if len(alone) == 0 {
		return Done, nil
	}
	return m.proposeAlone(ctx, h, alone)
}

// alone are the matters that two decide now, and one shall. Where there is no
// second manager the rule binds nobody, and is theirs to lift.
func alone(in directory.Collective, wanted *directory.Settings) []directory.Matter {
	if wanted == nil || needed(directory.CaseSettings, in) < 2 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(in.Settings.Together), func(matter directory.Matter) bool {
		return slices.Contains(wanted.Together, matter)
	})
}

// proposeAlone asks the other managers. The case holds the matters that would
// be decided alone, and nothing else of the settings, which may change while it
// waits. One's own proposal from before is overtaken.
func (m *Room) proposeAlone(ctx context.Context, h hearing, matters []directory.Matter) (Result, error) {
	c := directory.Case{
		Kind: directory.CaseSettings, Person: h.by.Person, Settings: &directory.Settings{Together: matters},
	}
	result, err := m.propose(ctx, h, c)
	if !errors.Is(err, ErrDone) {
		return result, err
	}
	if err := m.dropProposal(ctx, h); err != nil {
		return "", err
	}
	return m.propose(ctx, h, c)
}

func (m *Room) dropProposal(ctx context.Context, h hearing) error {
	own := directory.CaseFilter{Collective: h.in.Name, Person: h.by.Person, Kind: directory.CaseSettings}
	for c, err := range m.c.Source.ListCases(ctx, own) {
		if err == nil {
			err = m.c.Directory.RemoveCase(ctx, h.actor(), h.in.Name, c.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// carryOutSettings takes the matters that were agreed on from those that two
// decide.
func (m *Room) carryOutSettings(ctx context.Context, by By, c directory.Case) error {
	if c.Settings == nil {
		return ErrDone
	}
	return againOnly(func() error {
		h, err := m.chair(ctx, by)
		if err != nil {
			return err
		}
		now := h.in.Settings
		now.Together = slices.DeleteFunc(slices.Clone(now.Together), func(matter directory.Matter) bool {
			return slices.Contains(c.Settings.Together, matter)
		})
		if len(now.Together) == len(h.in.Settings.Together) {
			return ErrDone
		}
		change := directory.CollectiveChange{Settings: &now, Version: h.in.Version}
		if err := m.c.Directory.ChangeCollective(ctx, h.actor(), h.in.Name, change); err != nil {
			return err
		}
		m.c.Audit.Write(ctx, audit.Event{Kind: audit.CollectiveChanged, Actor: by.Person, Collective: h.in.Name, Reason: "together"})
		return nil
	})
}

// settingFaults are what is wrong with a change, whoever typed it.
func settingFaults(c directory.CollectiveChange) Faults {
	var f Faults
	if c.Title != nil {
		f.check("title", filledFault(*c.Title, titleMax))
	}
	if c.Description != nil {
		f.check("description", textFault(*c.Description, aboutMax))
	}
	if c.Mail != nil && *c.Mail != "" && !PlainAddress(*c.Mail) {
		f.check("mail", "malformed")
	}
	if c.URL != nil && *c.URL != "" && !webAddress(*c.URL) {
		f.check("url", "malformed")
	}
	if c.Language != nil && *c.Language != "" && !isLanguage(*c.Language) {
		f.check("language", "malformed")
	}
	if c.Logo != nil && len(*c.Logo) > directory.LogoMax {
		f.check("logo", "too-long")
	}
	if c.Settings != nil {
		f = append(f, rulesFaults(*c.Settings)...)
	}
	return f
}

var colourForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func rulesFaults(s directory.Settings) Faults {
	var f Faults
	if s.Colour != "" && !colourForm.MatchString(s.Colour) {
		f.check("colour", "malformed")
	}
	if slices.ContainsFunc(s.Languages, func(tag string) bool { return !isLanguage(tag) }) {
		f.check("languages", "malformed")
	}
	if s.LapseDays < 0 || s.LapseDays > lapseMax {
		f.check("lapse-days", "malformed")
	}
	if slices.ContainsFunc(s.Together, func(m directory.Matter) bool { return !slices.Contains(matters(), m) }) {
		f.check("together", "malformed")
	}
	for _, text := range s.Words {
		f.check("words", textFault(text, aboutMax))
	}
	for _, text := range s.Question {
		f.check("question", textFault(text, questionMax))
	}
	if len(s.Answers) > answersMax {
		f.check("answers", "too-long")
	}
	for _, text := range s.Answers {
		f.check("answers", filledFault(text, titleMax))
	}
	return f
}

func matters() []directory.Matter {
	return []directory.Matter{directory.MatterAccepting, directory.MatterSuspending, directory.MatterAppointing}
}

func filledFault(s string, limit int) string {
	if tidyText(s) == "" {
		return "empty"
	}
	return textFault(s, limit)
}

func isLanguage(tag string) bool {
	_, err := language.Parse(tag)
	return err == nil && len(tag) <= 35
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http") && textFault(s, wordsMax) == ""
}

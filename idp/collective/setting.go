// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/themes"
)

const (
	titleMax    = 100 // characters
	wordsMax    = 1000
	questionMax = 300
	answerMax   = 60
	answersMax  = 10
	lapseMax    = 90 // days
)

// settingNames are the fields of the form.
func (a *Room) settingNames(placed []directory.Service) []string {
	names := []string{"title", "mail", "url", "own-colour", "colour", "language", "lapse", "closed", "answers"}
	for _, l := range a.Pages.Languages() {
		names = append(names, "words."+l.Tag, "question."+l.Tag, "speaks."+l.Tag)
	}
	for _, m := range matters() {
		names = append(names, "two."+string(m))
	}
	for _, s := range placed {
		names = append(names, placeField(s.Name))
	}
	return names
}

// settingPlaces are where the settings stand. Texts in several languages are
// found at the first.
func (a *Room) settingPlaces() places {
	first := a.Pages.Languages()[0].Tag
	return places{
		"title": {"title", "settings.title"}, "mail": {"mail", "settings.mail"}, "url": {"url", "settings.url"},
		"colour": {"colour", "settings.colour"}, "language": {"language", "settings.language"},
		"words": {"words." + first, "settings.words"}, "question": {"question." + first, "settings.question"},
		"answers": {"answers", "settings.answers"}, "lapse-days": {"lapse", "settings.lapse"},
		"logo": {"logo", "settings.logo"},
	}
}

// readSettings makes a change of what was typed, and notes what is wrong. What
// no field shows, such as words in a language that the pages do not have, stays.
func (a *Room) readSettings(f *form) directory.CollectiveChange {
	title := a.limited(f, "title", "settings.title", titleMax)
	if title == "" && len(f.faults) == 0 {
		f.blame(a, "title", "settings.title", "empty")
	}
	mail, address, language := a.contact(f), a.website(f), a.speaks(f, f.typed["language"])
	s := f.collective.Settings
	s.Colour, s.LapseDays, s.Closed = a.colour(f), a.lapse(f), f.typed["closed"] != ""
	s.Words = a.inLanguages(f, "words", wordsMax, s.Words)
	s.Question, s.Answers = a.inLanguages(f, "question", questionMax, s.Question), a.answers(f)
	s.Languages = a.languages(f, language, s.Languages)
	s.Order = a.order(f, s.Order)
	s.Together = nil
	for _, m := range matters() {
		if f.typed["two."+string(m)] != "" {
			s.Together = append(s.Together, m)
		}
	}
	return directory.CollectiveChange{Title: &title, Mail: &mail, URL: &address, Language: &language, Settings: &s}
}

func (f *form) blame(a *Room, field, label, code string) {
	f.faults = append(f.faults, a.fault(f.visit, field, label, code))
}

// limited reads one line.
func (a *Room) limited(f *form, field, label string, most int) string {
	text := tidy(f.typed[field])
	if utf8.RuneCountInString(text) > most {
		f.blame(a, field, label, "long")
	}
	return text
}

func (a *Room) contact(f *form) string {
	if tidy(f.typed["mail"]) == "" {
		return ""
	}
	address, ok := addressOf(f.typed["mail"])
	if !ok {
		f.blame(a, "mail", "settings.mail", "address")
	}
	return address
}

// website takes addresses that may stand on a page, and no others.
func (a *Room) website(f *form) string {
	address := tidy(f.typed["url"])
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(address) > 500 {
		f.blame(a, "url", "settings.url", "address")
	}
	return address
}

func (a *Room) colour(f *form) string {
	if f.typed["own-colour"] == "" {
		return ""
	}
	colour := strings.ToLower(tidy(f.typed["colour"]))
	if ok, err := regexp.MatchString(`^#[0-9a-f]{6}$`, colour); err != nil || !ok {
		f.blame(a, "colour", "settings.colour", "colour")
	}
	return colour
}

func (a *Room) lapse(f *form) int {
	days, err := strconv.Atoi(tidy(f.typed["lapse"]))
	if err != nil || days < 1 || days > lapseMax {
		f.blame(a, "lapse", "settings.lapse", "number")
	}
	return days
}

// inLanguages reads a text in each language of the pages.
func (a *Room) inLanguages(f *form, field string, most int, before map[string]string) map[string]string {
	texts := maps.Clone(before)
	if texts == nil {
		texts = map[string]string{}
	}
	for _, l := range a.Pages.Languages() {
		name := field + "." + l.Tag
		text := tidyText(f.typed[name])
		if utf8.RuneCountInString(text) > most {
			f.faults = append(f.faults, themes.Fault{
				Field: name, Label: a.Pages.Text(f.lang, "settings."+field) + " – " + l.Name, Code: "long",
			})
		}
		if texts[l.Tag] = text; text == "" {
			delete(texts, l.Tag)
		}
	}
	return texts
}

// answers reads what is right to the question, one on a line. A question to which
// no answer is right would keep everybody out, and answers without one nobody.
func (a *Room) answers(f *form) []string {
	var answers []string
	for line := range strings.Lines(tidyText(f.typed["answers"])) {
		if line = tidy(line); line != "" {
			answers = append(answers, line)
		}
	}
	long := func(s string) bool { return utf8.RuneCountInString(s) > answerMax }
	if len(answers) > answersMax || slices.ContainsFunc(answers, long) {
		f.blame(a, "answers", "settings.answers", "long")
	}
	asked := slices.ContainsFunc(a.Pages.Languages(), func(l themes.Language) bool { return tidyText(f.typed["question."+l.Tag]) != "" })
	if asked && len(answers) == 0 {
		f.blame(a, "answers", "settings.answers", "empty")
	}
	return answers
}

func joined(answers []string) string { return strings.Join(answers, "\n") }

// speaks reads the collective's own language: one that the pages have.
func (a *Room) speaks(f *form, tag string) string {
	known := func(l themes.Language) bool { return l.Tag == tag }
	if tag != "" && !slices.ContainsFunc(a.Pages.Languages(), known) {
		f.blame(a, "language", "settings.language", "other")
	}
	return tag
}

// languages are those that the collective works in, its own first.
func (a *Room) languages(f *form, own string, before []string) []string {
	var out []string
	add := func(tag string) {
		if tag != "" && !slices.Contains(out, tag) {
			out = append(out, tag)
		}
	}
	add(own)
	shown := map[string]bool{}
	for _, l := range a.Pages.Languages() {
		shown[l.Tag] = true
		if f.typed["speaks."+l.Tag] != "" {
			add(l.Tag)
		}
	}
	for _, tag := range before {
		if !shown[tag] {
			add(tag)
		}
	}
	return out
}

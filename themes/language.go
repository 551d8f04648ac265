// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Language is one in which pages exist.
type Language struct {
	Tag  string // BCP 47
	Name string // in the language itself
}

// Languages returns all languages, the default one first, the others by name.
func (t *Themes) Languages() []Language { return slices.Clone(t.matcher.languages) }

// matcher finds the language that serves a person best.
type matcher struct {
	languages []Language
	language.Matcher
}

func newMatcher(fallback string, all locales) matcher {
	var m matcher
	for tag, words := range all {
		m.languages = append(m.languages, Language{Tag: tag, Name: words["language.name"]})
	}
	slices.SortFunc(m.languages, func(a, b Language) int {
		switch fallback {
		case a.Tag:
			return -1
		case b.Tag:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	known := make([]language.Tag, len(m.languages))
	for i, l := range m.languages {
		known[i] = language.Make(l.Tag)
	}
	m.Matcher = language.NewMatcher(known)
	return m
}

// maxWish is the longest list of wishes that is read, in bytes. Browsers send
// some dozens; parsing must not be made expensive.
const maxWish = 512

// Match returns the tag of the language that meets the first wish that can be
// met: ui_locales, then the person's own language, then Accept-Language. Each
// wish is one tag, several with spaces (OpenID Connect Core 1.0 section 3.1.2.1)
// or a header's value (RFC 9110 section 12.5.4). Without any it is the default.
func (t *Themes) Match(prefs ...string) string {
	for _, pref := range prefs {
		wanted := wishes(pref)
		if len(wanted) == 0 {
			continue
		}
		_, index, confidence := t.matcher.Match(wanted...)
		if confidence > language.Low {
			return t.matcher.languages[index].Tag
		}
	}
	return t.fallback
}

// wishes reads as much of a wish as makes sense; what does not is left out.
func wishes(pref string) []language.Tag {
	if pref == "" || len(pref) > maxWish {
		return nil
	}
	if strings.ContainsAny(pref, ",;") {
		tags, _, err := language.ParseAcceptLanguage(pref)
		if err != nil {
			return nil
		}
		return tags
	}
	var tags []language.Tag
	for _, word := range strings.Fields(pref) {
		tag, err := language.Parse(word)
		if err == nil {
			tags = append(tags, tag)
		}
	}
	return tags
}

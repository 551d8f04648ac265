// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import "strings"

// Text is the same in several languages, by BCP 47 tag.
type Text map[string]string

// Languages are those that every text here is written in.
func Languages() []string { return []string{"ca", "es", "en"} }

// In returns the text for a reader of the language, or else in English.
func (t Text) In(lang string) string {
	primary, _, _ := strings.Cut(lang, "-")
	if s, ok := t[primary]; ok {
		return s
	}
	return t["en"]
}

// missing names a language that the text is not written in, or "".
func (t Text) missing() string {
	for _, lang := range Languages() {
		if strings.TrimSpace(t[lang]) == "" {
			return lang
		}
	}
	return ""
}

// words are the texts that presets share: library/words.toml.
type words struct {
	Placeholder map[string]Text `toml:"placeholder"` // what stands in place of a value that cannot be shown
	Heads       map[string]Text `toml:"heads"`       // titles of steps
	Logout      map[Logout]Text `toml:"logout"`
	NeedsMail   Text            `toml:"needs_mail"`
	Warnings    map[string]Text `toml:"warnings"`
}

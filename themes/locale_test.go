// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// A sentence that nothing shows is translated for nobody.
func TestNoSentenceIsUnused(t *testing.T) {
	all := newThemes(t)
	used := map[string]bool{"language.name": true, "date.day": true, "date.moment": true}
	for month := time.January; month <= time.December; month++ {
		used[monthKey(month)] = true
	}
	for _, key := range chosen() {
		used[key] = true
	}
	for _, name := range templateFiles(t) {
		for _, word := range strings.Split(string(mustRead(t, name)), `t "`)[1:] {
			key, _, _ := strings.Cut(word, `"`)
			used[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(all.locales[reference])) {
		if !used[key] {
			t.Errorf("nothing shows %s", key)
		}
	}
}

func templateFiles(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, dir := range []string{"templates", "mails"} {
		entries, err := embedded.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			names = append(names, dir+"/"+entry.Name())
		}
	}
	return names
}

// What a careful proof-reader would find.
func TestSentencesAreWellWritten(t *testing.T) {
	for tag, words := range newThemes(t).locales {
		for key, sentence := range words {
			switch {
			case strings.TrimSpace(sentence) != sentence || strings.Contains(sentence, "  "):
				t.Errorf("%s: %s has a space too many", tag, key)
			case strings.ContainsAny(sentence, `'"<>&`):
				t.Errorf("%s: %s has a typewriter's quote or markup: %s", tag, key, sentence)
			case tag == "ca" && strings.Contains(sentence, "l.l"):
				t.Errorf("%s: %s writes l·l with a full stop", tag, key)
			case strings.Contains(sentence, "Clau"):
				t.Errorf("%s: %s names the program; a collective's people know it by the collective's name", tag, key)
			}
		}
	}
}

// The three languages differ: a sentence copied and not translated shows here.
func TestSentencesAreTranslated(t *testing.T) {
	all := newThemes(t).locales
	same := []string{"method.pin", "guide.secret-label", "frame.error", "frame.languages", "account.language", "date.moment"}
	for key, sentence := range all["ca"] {
		// Names of protocols and of what they pass on are of no language.
		name := strings.HasPrefix(key, "registration.protocol.") || strings.HasPrefix(key, "registration.fact.")
		if sentence == all["en"][key] && !name && !slices.Contains(same, key) {
			t.Errorf("%s is %q in Catalan and in English", key, sentence)
		}
	}
}

func TestFill(t *testing.T) {
	tests := []struct {
		name, sentence string
		args           []string
		want           string
	}{
		{"in the language's order", "{b} abans de {a}", []string{"a", "1", "b", "2"}, "2 abans de 1"},
		{"twice", "{a}{a}", []string{"a", "x"}, "xx"},
		{"a value that looks like a placeholder", "{a} {b}", []string{"a", "{b}", "b", "no"}, "{b} no"},
		{"nothing given", "hola, {a}", nil, "hola, {a}"},
		{"another given", "hola, {a}!", []string{"b", "x"}, "hola, !"},
		{"a name without a value", "{a}", []string{"a"}, ""},
		{"a brace that is not closed", "a { b", []string{"b", "x"}, "a { b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := fill(test.sentence, test.args); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestText(t *testing.T) {
	all := newThemes(t)
	if got := all.Text("en", "logout.asked", "service", "El Núvol"); got != "El Núvol asks you to log out." {
		t.Error(got)
	}
	if got := all.Text("xx", "login.password"); got != "Contrasenya" {
		t.Errorf("an unknown language says %q", got)
	}
	if got := all.Text("ca", "no.such"); got != "no.such" {
		t.Errorf("an unknown key says %q", got)
	}
	if !all.Has("login.wrong") || all.Has("login.worng") {
		t.Error("Has does not know the keys")
	}
}

// Nobody may learn from an error whether an account exists.
func TestLoginErrorsDoNotTellWhoExists(t *testing.T) {
	tell := []string{"no existeix", "no existe", "does not exist", "unknown account", "no account", "cap compte", "ninguna cuenta"}
	for tag, words := range newThemes(t).locales {
		for key, sentence := range words {
			for _, phrase := range tell {
				if strings.HasPrefix(key, "login.") && strings.Contains(strings.ToLower(sentence), phrase) {
					t.Errorf("%s: %s says %q", tag, key, phrase)
				}
			}
		}
	}
}

func TestDates(t *testing.T) {
	all := newThemes(t)
	madrid := time.FixedZone("CET", 3600)
	tests := []struct {
		lang string
		at   time.Time
		want string
	}{
		{"ca", time.Date(2026, 11, 22, 9, 5, 0, 0, madrid), "22 de novembre de 2026, 09:05 (CET)"},
		{"ca", time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), "1 d’abril de 2026, 00:00 (UTC)"},
		{"ca", time.Date(2026, 8, 31, 23, 59, 0, 0, time.UTC), "31 d’agost de 2026, 23:59 (UTC)"},
		{"ca", time.Date(2026, 10, 12, 12, 0, 0, 0, time.UTC), "12 d’octubre de 2026, 12:00 (UTC)"},
		{"es", time.Date(2026, 11, 22, 9, 5, 0, 0, madrid), "22 de noviembre de 2026, 09:05 (CET)"},
		{"en", time.Date(2026, 11, 22, 9, 5, 0, 0, madrid), "22 November 2026, 09:05 (CET)"},
		{"xx", time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC), "2 de gener de 2026, 03:04 (UTC)"},
	}
	for _, test := range tests {
		if got := all.DateTime(test.lang, test.at); got != test.want {
			t.Errorf("%s: %q, want %q", test.lang, got, test.want)
		}
	}
}

func FuzzParseLocale(f *testing.F) {
	f.Add(`{"a": "b", "c": "{d}"}`)
	f.Add(`{"a": "b", "a": "c"}`)
	f.Add(`{"a": 1} {`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, content string) {
		words, err := parseLocale([]byte(content))
		if err != nil {
			return
		}
		for _, sentence := range words {
			fill(sentence, []string{"d", "{d}"})
		}
	})
}

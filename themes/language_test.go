// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"slices"
	"strings"
	"testing"
)

func TestLanguagesInTheirOwnWords(t *testing.T) {
	want := []Language{{"ca", "Català"}, {"es", "Castellano"}, {"en", "English"}}
	if got := newThemes(t).Languages(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	english, err := New(Config{Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	if got := english.Languages()[0].Tag; got != "en" {
		t.Errorf("the default language comes first, not %s", got)
	}
}

func TestMatch(t *testing.T) {
	all := newThemes(t)
	tests := []struct {
		name  string
		prefs []string // ui_locales, the person's, Accept-Language
		want  string
	}{
		{"no wish", nil, "ca"},
		{"empty wishes", []string{"", "", ""}, "ca"},
		{"the service's wish comes first", []string{"en", "es", "ca"}, "en"},
		{"the person's before the browser's", []string{"", "es", "en-GB,en;q=0.9"}, "es"},
		{"the browser's", []string{"", "", "en-GB,en;q=0.9,ca;q=0.1"}, "en"},
		{"by quality, not by place", []string{"", "", "en;q=0.1,es;q=0.9"}, "es"},
		{"ui_locales in order", []string{"de es en"}, "es"},
		{"a region that we do not have", []string{"es-AR"}, "es"},
		{"Valencian", []string{"ca-valencia"}, "ca"},
		{"case does not matter", []string{"EN-us"}, "en"},
		{"one that we do not have, then another", []string{"", "de", "es"}, "es"},
		{"only ones that we do not have", []string{"de", "ja", "fr,de;q=0.5"}, "ca"},
		{"nonsense is left out", []string{"!! en", ""}, "en"},
		{"only nonsense", []string{"<script>", "\x00", ";;;,,,"}, "ca"},
		{"a header that is too long to be honest", []string{strings.Repeat("en,", 1000)}, "ca"},
		{"anything goes", []string{"*"}, "ca"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := all.Match(test.prefs...); got != test.want {
				t.Errorf("%v is served in %q, want %q", test.prefs, got, test.want)
			}
		})
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("ca es", "ca-ES,ca;q=0.9")
	f.Add("x-y-z", "*;q=0")
	f.Add("i-klingon zh-min-nan", "en-GB-oed;q=1.0000")
	all := newThemes(f)
	f.Fuzz(func(t *testing.T, wish, header string) {
		if got := all.Match(wish, header); all.locales[got] == nil {
			t.Errorf("%q, %q are served in %q", wish, header, got)
		}
	})
}

func TestLanguageLinksKeepTheAddress(t *testing.T) {
	all := newThemes(t)
	tests := []struct{ here, want string }{
		{"/", "/?ui_locales=es"},
		{"/login?return=%2Faccount&ui_locales=ca", "/login?return=%2Faccount&ui_locales=es"},
		{"/a%20b#frag", "/a%20b?ui_locales=es"},
		{"", ""},
		{"https://elsewhere.example/", ""},
		{"//elsewhere.example/", ""},
		{"login", ""},
	}
	for _, test := range tests {
		got := ""
		for _, l := range all.languageLinks(Frame{Here: test.here, Lang: "ca"}) {
			if l.Tag == "es" {
				got = l.URL
			}
		}
		if got != test.want {
			t.Errorf("%q leads to %q, want %q", test.here, got, test.want)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pseudonym_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/pseudonym"
)

var (
	languages  = []string{"ca", "es", "en"}
	handleForm = regexp.MustCompile(`^[a-z]{3,10}-[a-z]{3,10}-[1-9][0-9]$`)
)

const (
	crowd = 100_000          // people of one sector
	space = 256 * 256 * 84.0 // handles of a language
)

func TestHandlesAreGoodLoginNames(t *testing.T) {
	names := pseudonym.New(fixed(7))
	for _, lang := range languages {
		for n := range uint64(5_000) {
			got := names.Handle("sector:cloud", seed(n), 0, 0, lang)
			if !handleForm.MatchString(got) || len(got) > 24 || !directory.Handle(got).Valid() {
				t.Fatalf("handle %q in %q", got, lang)
			}
		}
	}
}

// A number is worn for good: no jokes, no bad luck, no signs of the far right.
func TestNumbersThatNobodyHasToWear(t *testing.T) {
	names, times := pseudonym.New(fixed(7)), map[string]int{}
	for try := range 20_000 {
		handle := names.Handle("sector:cloud", seed(1), 0, try, "ca")
		times[handle[strings.LastIndex(handle, "-")+1:]]++
	}
	if len(times) != 84 {
		t.Errorf("%d numbers, want 84", len(times))
	}
	for _, unwanted := range []string{"13", "14", "18", "28", "69", "88"} {
		if times[unwanted] > 0 {
			t.Errorf("%d handles end in %s", times[unwanted], unwanted)
		}
	}
}

func TestWhatHandlesDependOn(t *testing.T) {
	names := pseudonym.New(fixed(7))
	of := func(sector string, s []byte, identity, try int, lang string) string {
		return names.Handle(sector, s, identity, try, lang)
	}
	first := of("sector:cloud", seed(1), 0, 0, "ca")
	for what, other := range map[string]string{
		"sector":       of("sector:forum", seed(1), 0, 0, "ca"),
		"person":       of("sector:cloud", seed(2), 0, 0, "ca"),
		"identity":     of("sector:cloud", seed(1), 1, 0, "ca"),
		"try":          of("sector:cloud", seed(1), 0, 1, "ca"),
		"language":     of("sector:cloud", seed(1), 0, 0, "es"),
		"installation": pseudonym.New(fixed(8)).Handle("sector:cloud", seed(1), 0, 0, "ca"),
	} {
		if other == first {
			t.Errorf("another %s has the same handle %s", what, other)
		}
	}
	if again := pseudonym.New(fixed(7)).Handle("sector:cloud", seed(1), 0, 0, "ca"); again != first {
		t.Errorf("%s became %s", first, again)
	}
	if of("s", seed(1), 1, 0, "ca") == of("s", seed(1), 0, 1, "ca") {
		t.Error("a new identity has the handle of a second try")
	}
}

func TestLanguageOfHandles(t *testing.T) {
	names := pseudonym.New(fixed(7))
	in := func(lang string) string { return names.Handle("s", seed(1), 0, 0, lang) }
	for lang, spoken := range map[string]string{
		"ca-valencia": "ca", "CA": "ca", "es-419": "es", "en-GB": "en",
		"fr": "en", "": "en", "cat": "en", "../ca": "en",
	} {
		if in(lang) != in(spoken) {
			t.Errorf("%q is not served in %q", lang, spoken)
		}
	}
}

// Whoever proposes asks the directory to reserve, and takes the next try if it
// refuses. The number of collisions is what the doc comment promises.
func TestReservingForACrowd(t *testing.T) {
	names, reserved, refused, most := pseudonym.New(fixed(7)), map[string]bool{}, 0, 0
	for n := range uint64(crowd) {
		try := 0
		handle := names.Handle("sector:cloud", seed(n), 0, try, "ca")
		for reserved[handle] && try < 10 {
			if try == 0 {
				refused++
			}
			try++
			handle = names.Handle("sector:cloud", seed(n), 0, try, "ca")
		}
		reserved[handle] = true
		most = max(most, try)
	}
	if len(reserved) != crowd || most > 4 {
		t.Errorf("%d people reserved %d handles with up to %d tries more", crowd, len(reserved), most)
	}
	expected := float64(crowd) * crowd / 2 / space
	if !near(float64(refused), expected) {
		t.Errorf("%d first tries refused, %.0f would be chance", refused, expected)
	}
}

// near reports whether a count of rare events is what chance would make it,
// within five standard deviations of Poisson's distribution.
func near(got, expected float64) bool { return math.Abs(got-expected) < 5*math.Sqrt(expected) }

// A word that came more often would be a crowd's handle and a few people's mark.
func TestEveryWordIsAsLikely(t *testing.T) {
	names := pseudonym.New(fixed(7))
	for _, lang := range languages {
		times := map[string]int{}
		for n := range uint64(crowd / 2) {
			plant, rest, _ := strings.Cut(names.Handle("sector:cloud", seed(n), 0, 0, lang), "-")
			thing, number, _ := strings.Cut(rest, "-")
			times[plant]++
			times[thing]++
			times[number]++
		}
		if len(times) != 256+256+84 {
			t.Errorf("%d words and numbers came up in %q", len(times), lang)
		}
		for word, got := range times {
			expected := crowd / 2 / 256.0
			if word[0] <= '9' {
				expected = crowd / 2 / 84.0
			}
			if !near(float64(got), expected) {
				t.Errorf("%q came %d times in %q, expected %.0f", word, got, lang, expected)
			}
		}
	}
}

func TestDisplayNames(t *testing.T) {
	names := pseudonym.New(fixed(7))
	for _, c := range []struct{ handle, lang, want string }{
		{"roure-boira-27", "ca", "Roure Boira 27"},
		{"tiller-brujola-31", "ca", "Til·ler Brujola 31"}, // one word of the language, one not
		{"alber-oceà-99", "ca", "Àlber Oceà 99"},
		{"girasol-nuvol-40", "ca-ES", "Gira-sol Núvol 40"},
		{"girasol-oceano-40", "es", "Girasol Océano 40"},
		{"piñon", "es", "Piñon"},
		{"oak-lantern-55", "en", "Oak Lantern 55"},
		{"oak-lantern-55", "xx", "Oak Lantern 55"},
		{"ada.lovelace_2", "en", "Ada Lovelace 2"}, // somebody's own, from before
		{"--", "en", ""},
		{"", "en", ""},
	} {
		if got := names.Display(c.handle, c.lang); got != c.want {
			t.Errorf("%q in %q is shown as %q, want %q", c.handle, c.lang, got, c.want)
		}
	}
}

// What is displayed is the handle and no more: folded, it is the same again.
func TestDisplayTellsNoMoreThanTheHandle(t *testing.T) {
	names := pseudonym.New(fixed(7))
	plain := strings.NewReplacer(" ", "-", "à", "a", "á", "a", "è", "e", "é", "e", "í", "i", "ï", "i", "ò", "o",
		"ó", "o", "ú", "u", "ü", "u", "ç", "c", "ñ", "n", "·", "", "gira-sol", "girasol")
	for _, lang := range languages {
		for n := range uint64(2_000) {
			handle := names.Handle("sector:cloud", seed(n), 0, 0, lang)
			if got := plain.Replace(strings.ToLower(names.Display(handle, lang))); got != handle {
				t.Fatalf("%q is shown as %q", handle, names.Display(handle, lang))
			}
		}
	}
}

func TestForgottenPeopleHaveNeitherHandleNorAddress(t *testing.T) {
	names := pseudonym.New(fixed(7))
	if got := names.Handle("s", nil, 0, 0, "ca"); got != "" {
		t.Errorf("the handle %q", got)
	}
	if got := names.Alias("s", nil, 0, "alias.example"); got != "" {
		t.Errorf("the address %q", got)
	}
	if got := names.SubjectOf(service("id", ""), directory.Person{}, 3); got != "" {
		t.Errorf("the subject %q", got)
	}
}

func BenchmarkNames(b *testing.B) {
	master, err := keys.NewMaster(rand.NewChaCha8([32]byte{9}))
	if err != nil {
		b.Fatal(err)
	}
	names, who := pseudonym.New(master), seed(1)
	for _, c := range []struct {
		name string
		of   func()
	}{
		{"New", func() { pseudonym.New(master) }},
		{"Subject", func() { names.Of("sector:cloud", who, 0) }},
		{"Handle", func() { names.Handle("sector:cloud", who, 0, 0, "ca") }},
		{"Alias", func() { names.Alias("sector:cloud", who, 0, "") }},
		{"Display", func() { names.Display("roure-boira-27", "ca") }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.of()
			}
		})
	}
}

func ExampleNames_Handle() {
	names := pseudonym.New(fixed(7))
	reserved := map[string]bool{} // stands for the directory
	for try := range 10 {
		handle := names.Handle("sector:cloud", []byte("the seed of one person, 32 bytes"), 0, try, "ca")
		if !reserved[handle] {
			reserved[handle] = true
			fmt.Println(handle, "·", names.Display(handle, "ca"))
			return
		}
	}
	// Output: pesol-tempesta-92 · Pèsol Tempesta 92
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package pseudonym

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
)

// lists are all words of all languages, as handles have them.
func lists() map[string][]string {
	all := map[string][]string{}
	for lang, v := range vocabularies() {
		all["plants."+lang], all["things."+lang] = v.plants, v.things
	}
	return all
}

func TestOneByteChoosesAWord(t *testing.T) {
	all := lists()
	for name, words := range all {
		if len(words) != 256 {
			t.Errorf("%s has %d words, want 256", name, len(words))
		}
	}
	files, err := filepath.Glob("words/*.txt")
	if err != nil || len(files) != len(all) {
		t.Errorf("%d lists of %d files, %v", len(all), len(files), err)
	}
}

// The longest two, a number and the dashes are the 24 characters that are promised.
func TestWordsAreShortAndPlain(t *testing.T) {
	for name, words := range lists() {
		for _, word := range words {
			if len(word) < 3 || len(word) > 10 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
				t.Errorf("%q of %s", word, name)
			}
			if directory.Reserved(word) {
				t.Errorf("%q of %s is reserved", word, name)
			}
			if !strings.ContainsAny(word, "aeiouy") {
				t.Errorf("%q of %s cannot be said", word, name)
			}
		}
	}
}

// Whoever hears a handle knows which word is which: none comes twice in a
// language, nor is a plant in one language and a thing in another.
func TestNoTwoWordsAreTakenForEachOther(t *testing.T) {
	where := map[string]string{}
	for name, words := range lists() {
		kind, lang, _ := strings.Cut(name, ".")
		own := map[string]bool{}
		for _, word := range words {
			if own[word] {
				t.Errorf("%q is twice in %s", word, name)
			}
			own[word] = true
			if before, ok := where[word]; ok && before != kind {
				t.Errorf("%q is of %s and of %s (%s)", word, before, kind, lang)
			}
			where[word] = kind
		}
	}
}

// Words are kept in order, so that a new one is seen in its place.
func TestWordsAreInOrder(t *testing.T) {
	for name, words := range lists() {
		if !slices.IsSorted(words) {
			t.Errorf("%s is not sorted by what handles have", name)
		}
	}
}

// A handle must not look like somebody's name, nor insult who bears it.
func TestWordsNameAndInsultNobody(t *testing.T) {
	names, insults := unwanted(t, "testdata/people.txt"), unwanted(t, "testdata/insults.txt")
	if len(names) < 300 || len(insults) < 100 {
		t.Fatalf("only %d names and %d insults to avoid", len(names), len(insults))
	}
	for list, words := range lists() {
		for _, word := range words {
			if slices.Contains(names, word) {
				t.Errorf("%q of %s is a person's name", word, list)
			}
			if slices.Contains(insults, word) {
				t.Errorf("%q of %s is an insult to somebody", word, list)
			}
			for _, part := range obscene {
				if strings.Contains(word, part) {
					t.Errorf("%q of %s contains %q", word, list, part)
				}
			}
		}
	}
}

// obscene are what filters of services look for within words.
var obscene = []string{
	"anal", "anus", "caca", "cagar", "cock", "cum", "cunt", "dick", "fag", "fuck", "homo", "jap", "kkk", "marica", "merd",
	"mierd", "nazi", "negr", "nigg", "penis", "piss", "polla", "porn", "puta", "puto", "rape", "semen", "sex", "shit",
	"slut", "teta", "tit", "turd", "whore", "zorr",
}

func unwanted(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(text))
	for i, word := range words {
		words[i] = fold(strings.ToLower(word))
	}
	return words
}

// The far ends of each table: a handle can be made of every word.
func TestNumbersReachFromTenToNinetyNine(t *testing.T) {
	seen := map[int]bool{}
	for random := range uint32(numbers) {
		seen[number(random)] = true
	}
	if len(seen) != numbers || !seen[10] || !seen[99] || number(numbers) != number(0) {
		t.Errorf("%d numbers of %d", len(seen), numbers)
	}
}

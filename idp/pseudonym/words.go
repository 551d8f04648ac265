// SPDX-License-Identifier: AGPL-3.0-or-later

package pseudonym

import (
	"embed"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// The words of handles: 256 for each position and language, one byte of a hash
// each. They are nouns that stand side by side and agree in nothing, name no
// person, insult nobody in any of the languages, and are told apart without
// their accents. The tests hold whoever adds a language to it.
//
//go:embed words/*.txt
var wordFiles embed.FS

// vocabulary holds the words of a language as handles have them, and by these as
// they are written.
type vocabulary struct {
	plants, things []string
	written        map[string]string
}

func vocabularies() map[string]vocabulary {
	all := map[string]vocabulary{}
	for _, lang := range []string{"ca", "en", "es"} {
		v := vocabulary{written: map[string]string{}}
		v.plants = v.read("words/plants." + lang + ".txt")
		v.things = v.read("words/things." + lang + ".txt")
		all[lang] = v
	}
	return all
}

func (v vocabulary) read(path string) []string {
	text, err := wordFiles.ReadFile(path)
	if err != nil {
		panic(err) // the files are part of the program
	}
	words := strings.Fields(string(text))
	for i, word := range words {
		words[i] = fold(word)
		v.written[words[i]] = word
	}
	return words
}

// fold leaves the letters a to z of a word in lower case: "til·ler" is "tiller".
func fold(word string) string {
	return strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, norm.NFD.String(word))
}

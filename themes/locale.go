// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// locale is the words of one language: sentences by key. A sentence may hold
// placeholders like {service}.
type locale map[string]string

// locales are the languages by tag.
type locales map[string]locale

// reference is the language whose keys every other must have.
const reference = "ca"

func readLocales(f files) (locales, error) {
	names, err := f.list("locales")
	if err != nil {
		return nil, err
	}
	all := locales{}
	var faults []error
	for _, name := range names {
		words, err := readLocale(f, name)
		faults = append(faults, err)
		all[strings.TrimSuffix(path.Base(name), ".json")] = words
	}
	if err := errors.Join(faults...); err != nil {
		return all, err
	}
	for tag, words := range all {
		faults = append(faults, agree(tag, words, all[reference]))
	}
	return all, errors.Join(faults...)
}

// readLocale lays the overlay's sentences over Clau's own.
func readLocale(f files, name string) (locale, error) {
	words := locale{}
	for _, layer := range []fs.FS{f.own, f.overlay} {
		if layer == nil {
			continue
		}
		content, err := fs.ReadFile(layer, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return words, err
		}
		more, err := parseLocale(content)
		if err != nil {
			return words, fmt.Errorf("themes: %s: %w", name, err)
		}
		maps.Copy(words, more)
	}
	return words, nil
}

// parseLocale reads one flat JSON object. It refuses a key that comes twice,
// which encoding/json would let win silently.
func parseLocale(content []byte) (locale, error) {
	d := json.NewDecoder(bytes.NewReader(content))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	words := locale{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var sentence string
		if err := d.Decode(&sentence); err != nil {
			return nil, fmt.Errorf("%v: %w", key, err)
		}
		if _, twice := words[key.(string)]; twice {
			return nil, fmt.Errorf("%v comes twice", key)
		}
		words[key.(string)] = sentence
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON object")
	}
	return words, nil
}

// agree reports where words differ from the reference language: a missing key,
// a key that nobody asks for, a placeholder that only one of them has.
func agree(tag string, words, other locale) error {
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(other)) {
		sentence, found := words[key]
		if !found || sentence == "" {
			faults = append(faults, fmt.Errorf("themes: locales/%s.json: no %s", tag, key))
			continue
		}
		if !slices.Equal(placeholders(sentence), placeholders(other[key])) {
			faults = append(faults, fmt.Errorf("themes: locales/%s.json: %s must hold the placeholders %v", tag, key, placeholders(other[key])))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(words)) {
		if _, found := other[key]; !found {
			faults = append(faults, fmt.Errorf("themes: locales/%s.json: nothing uses %s", tag, key))
		}
	}
	return errors.Join(faults...)
}

// placeholders returns the names in braces, sorted, each once.
func placeholders(sentence string) []string {
	var names []string
	for {
		_, rest, found := strings.Cut(sentence, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			slices.Sort(names)
			return slices.Compact(names)
		}
		names, sentence = append(names, name), after
	}
}

// fill puts values in the places of a sentence; args are names and values by
// turns. Values are not looked into again: somebody who is called "{service}"
// stays so.
func fill(sentence string, args []string) string {
	if len(args) == 0 {
		return sentence
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(sentence, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			out.WriteString(sentence)
			return out.String()
		}
		out.WriteString(before)
		out.WriteString(value(args, name))
		sentence = after
	}
}

func value(args []string, name string) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1]
		}
	}
	return ""
}

// Text returns the sentence of key in a language. args are the names and values
// of its placeholders by turns. A key that does not exist is returned itself.
func (t *Themes) Text(lang, key string, args ...string) string {
	sentence, found := t.locales[t.known(lang)][key]
	if !found {
		return key
	}
	return fill(sentence, args)
}

// Has reports whether key is one of the locale files', in every language.
// Packages that fill Error and Notice fields test their keys with it.
func (t *Themes) Has(key string) bool {
	_, found := t.locales[reference][key]
	return found
}

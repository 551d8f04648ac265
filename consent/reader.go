// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"fmt"
	"iter"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// reader turns a document into a policy. It goes on after each fault, so that
// whoever wrote the document hears of all of them at once.
type reader struct{ faults Faults }

// field is a value being read, with the dotted key it stands at.
type field struct {
	r   *reader
	key string
	node
}

func (f field) fault(kind FaultKind, why string) {
	f.r.faults = append(f.r.faults, Fault{Line: f.line, Key: f.key, Kind: kind, Why: why})
}

// tableReader takes the keys of a table one by one; what is left is unknown.
type tableReader struct {
	field
	fields table
}

func (f field) table() tableReader {
	t, ok := f.value.(table)
	if !ok {
		f.fault(FaultType, "needs keys of its own")
	}
	return tableReader{f, maps.Clone(t)}
}

func (t tableReader) take(key string, read func(field)) bool {
	n, ok := t.fields[key]
	if ok {
		delete(t.fields, key)
		read(field{t.r, join(t.key, key), n})
	}
	return ok
}

func (t tableReader) must(key string, read func(field)) {
	if !t.take(key, read) {
		field{t.r, join(t.key, key), t.node}.fault(FaultMissing, "is missing")
	}
}

func (t tableReader) rest(why string) {
	for _, f := range t.all() {
		f.fault(FaultUnknown, why)
	}
}

func (t tableReader) all() iter.Seq2[string, field] {
	return func(yield func(string, field) bool) {
		for _, key := range slices.Sorted(maps.Keys(t.fields)) {
			if !yield(key, field{t.r, join(t.key, key), t.fields[key]}) {
				return
			}
		}
	}
}

func (f field) truth() bool {
	v, ok := f.value.(bool)
	if !ok {
		f.fault(FaultType, "needs true or false")
	}
	return v
}

func (f field) number(least, most int64) int {
	v, ok := f.value.(int64)
	switch {
	case !ok:
		f.fault(FaultType, "needs a whole number")
	case v < least || v > most:
		f.fault(FaultRange, fmt.Sprintf("needs a number from %d to %d", least, most))
	}
	return int(v)
}

func (f field) words() (string, bool) {
	v, ok := f.value.(string)
	if !ok {
		f.fault(FaultType, "needs a text")
	}
	return v, ok
}

func (f field) choice(among ...string) string {
	v, ok := f.words()
	if ok && !slices.Contains(among, v) {
		f.fault(FaultChoice, "needs one of: "+strings.Join(among, ", "))
	}
	return v
}

// address takes only https: a javascript: address would run in the page that
// shows it (OWASP ASVS 5.0, 1.2.2).
func (f field) address() string {
	v, ok := f.words()
	if !ok {
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || !plain(v, textMax) || strings.Contains(v, " ") {
		f.fault(FaultAddress, "needs an address that begins with https://")
	}
	return v
}

func (f field) date() Date {
	v, _ := f.value.(string)
	d, err := ParseDate(v)
	if err != nil {
		f.fault(FaultDate, "needs a date, as 2026-03-28")
	}
	return d
}

// text reads a text in several languages.
func (f field) text() Text {
	var out Text
	for tag, f := range f.table().all() {
		v, ok := f.words()
		switch {
		case !languageTag.MatchString(tag):
			f.fault(FaultLanguage, "is not the tag of a language, as ca or en")
		case !ok:
		case !plain(v, textMax):
			f.fault(FaultText, fmt.Sprintf("needs 1 to %d visible characters on one line", textMax))
		default:
			out = put(out, tag, v)
		}
	}
	return out
}

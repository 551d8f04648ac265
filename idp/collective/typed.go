// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// kind is how a field and the document say the same.
type kind int

const (
	line     kind = iota // a text; empty: nothing
	number               // digits; empty: nothing
	tick                 // "yes" or not there: true or false
	tickOnly             // "yes" or not there: true or nothing
	either               // "yes", "no" or empty: true, false or nothing
)

// typed is what stands in the fields, by their names.
type typed map[string]string

// typedOf reads a document into the fields.
func (s *sheet) typedOf(d document) typed {
	out := typed{}
	for _, e := range s.entries {
		out[e.field] = e.kind.shown(d.at(e.path))
	}
	return out
}

// names are all that the form may send beside what every form does.
func (s *sheet) names() []string {
	out := make([]string, len(s.entries))
	for i, e := range s.entries {
		out[i] = e.field
	}
	return out
}

// over lays what was sent over the document, and over what the fields had. What
// was not drawn is not sent and stays as it is: not everything is on the page.
func (s *sheet) over(d document, before typed, form web.Form) (document, typed) {
	d = d.clone()
	for _, e := range s.entries {
		value, sent := form[e.field]
		if e.sign != "" {
			_, sent = form[e.sign]
		}
		if !sent {
			continue
		}
		before[e.field] = value
		d.put(e.path, e.kind.meant(value))
	}
	return d, before
}

// shown is what a field has for a value of the document.
func (k kind) shown(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "yes"
		}
		if k == either {
			return "no"
		}
		return ""
	}
	return fmt.Sprint(v)
}

// meant is what goes into the document for what was typed. What makes no sense
// goes in as it is, for package consent to say so.
func (k kind) meant(value string) any {
	value = tidy(value)
	switch k {
	case tick:
		return value != ""
	case tickOnly, either:
		if answer, ok := map[string]bool{"yes": true, "no": false}[value]; ok {
			return answer
		}
	case number:
		if n, err := strconv.Atoi(value); err == nil {
			return n
		}
	}
	if value == "" {
		return nil
	}
	return value
}

// tidy makes one line of what was typed or pasted, without the invisible
// characters that word processors leave: no policy may have them, and nobody
// could find them.
func tidy(s string) string {
	visible := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Co) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(visible), " ")
}

// faults leads what is wrong with the document back to the fields. What has no
// field is told at the first one, so that no mistake goes unsaid.
func (s *sheet) faults(found consent.Faults) []themes.Fault {
	out := make([]themes.Fault, len(found))
	for i, f := range found {
		e := s.entry(f.Key)
		out[i] = themes.Fault{Field: e.field, Label: e.label, Code: e.kind.wrong(f.Kind)}
	}
	return out
}

func (s *sheet) entry(key string) entry {
	i := slices.IndexFunc(s.entries, func(e entry) bool { return strings.Join(e.path, ".") == key })
	return s.entries[max(i, 0)]
}

// wrong is a fault in the pages' words.
func (k kind) wrong(fault consent.FaultKind) string {
	switch fault {
	case consent.FaultType, consent.FaultRange:
		if k == number {
			return "number"
		}
		return "need"
	case consent.FaultAddress:
		return "address"
	case consent.FaultDate:
		return "date"
	case consent.FaultChoice:
		return "need"
	case consent.FaultText, consent.FaultSize:
		return "long"
	case consent.FaultMissing:
		return "both"
	}
	return "other"
}

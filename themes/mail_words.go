// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"maps"
	"slices"
)

// occasions are the kinds of letters that there are. Every one says what
// happened ("what") and what to do ("do") below a subject; here is what it says
// beside:
//
//	words  before somebody's own words
//	until  of a date
//	link   on the button
func occasions() map[string][]string {
	return map[string][]string{
		"prove-address":    {"link"},
		"known-address":    {"link"},
		"question":         {"words", "link"},
		"accepted":         {"until", "link"},
		"refused":          {"words"},
		"passed":           {"link"},
		"lapsed":           {},
		"invited":          {"words", "until", "link"},
		"waiting":          {"link"},
		"propose":          {"words", "link"},
		"opposed":          {"words", "link"},
		"joined":           {"link"},
		"join-refused":     {"words"},
		"home-changed":     {"link"},
		"removed":          {"words"},
		"no-collective":    {"until", "link"},
		"appointed":        {"link"},
		"dismissed":        {},
		"admitted":         {"link"},
		"shut-out":         {},
		"entrusted":        {"link"},
		"relieved":         {},
		"suspended":        {"words", "until"},
		"restored":         {"link"},
		"reset":            {"until", "link"},
		"password-changed": {"link"},
		"new-address":      {"link"},
		"address-changed":  {"link"},
		"code-used":        {"link"},
		"erase-asked":      {"until", "link"},
		"erase-cancelled":  {"link"},
		"erased":           {},
	}
}

// unproven are the letters to an address of which nobody has shown yet that it
// is theirs. They carry no name that whoever typed the address chose: else a
// form would write anything to anybody.
func unproven(kind string) bool {
	return kind == "prove-address" || kind == "new-address" || kind == "known-address" || kind == "invited"
}

// toManagers are the letters that go to those whom others would ask.
func toManagers(kind string) bool {
	return kind == "waiting" || kind == "propose" || kind == "opposed"
}

// mailKeys are the keys of all sentences in letters.
func mailKeys() []string {
	keys := []string{
		"mail.hello", "mail.hello.nobody", "mail.when", "mail.code",
		"mail.ask", "mail.ask.people", "mail.ask.nobody", "mail.never", "mail.regards",
	}
	for kind, more := range occasions() {
		for _, part := range append([]string{"subject", "what", "do"}, more...) {
			keys = append(keys, "mail."+kind+"."+part)
		}
	}
	return keys
}

// MailKinds are the kinds of [Letter], sorted.
func MailKinds() []string { return slices.Sorted(maps.Keys(occasions())) }

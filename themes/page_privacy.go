// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// Privacy is "/privacy": all that is kept, what for and how long, and no
// tracking. Link for who is logged in: #my-account.
type Privacy struct {
	Issuer  string
	Account string // path of the visitor's own account; empty: nobody is logged in
	Kept    []KeptTable
}

// KeptTable is what is kept in one place.
type KeptTable struct {
	Place string // "directory", "store", "file", "cookie"
	Rows  []KeptRow
}

// KeptRow is one thing that is kept, for a number of "minutes", "hours", "days"
// or "months" at most. Without a number its words say all.
type KeptRow struct {
	Name  string // of its words: privacy.kept.<name>.what, .why and .end
	Count string
	Unit  string
}

func (Privacy) page() string { return "privacy" }

// keptWords are the things that have words, each with its three.
func keptWords() []string {
	var words []string
	for _, name := range []string{
		"profile", "address", "password", "identifiers", "memberships", "suspension", "consents", "no-collective",
		"retired", "reserved", "unproven", "request", "invitation",
		"session", "sign-on", "tokens", "attempts", "links", "mail", "logout", "logout-last", "forum", "activity", "activity-collective", "trace",
		"record", "log", "cookie-session", "cookie-browser", "cookie-trace", "cookie-language", "other",
	} {
		words = append(words, name+".what", name+".why", name+".end")
	}
	return words
}

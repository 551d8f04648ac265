// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"testing"

	"commonscloud.coop/clau/idp/retention"
)

func privacyStories() []story {
	here := Frame{Here: "/privacy"}
	return []story{
		{"privacy-kept", here, Privacy{Issuer: "https://id.commons.example", Kept: keptStory()}},
		{"privacy-mine", Frame{Here: "/privacy", Person: "Marta Puig i Ferrer"}, Privacy{Account: "/account", Kept: keptStory()[:1]}},
	}
}

// keptStory is the table as it is.
func keptStory() []KeptTable {
	var tables []KeptTable
	for _, row := range retention.Table() {
		if row.Impersonal {
			continue
		}
		if last := len(tables) - 1; last < 0 || tables[last].Place != string(row.Where) {
			tables = append(tables, KeptTable{Place: string(row.Where)})
		}
		count, unit := row.Span()
		table := &tables[len(tables)-1]
		table.Rows = append(table.Rows, KeptRow{Name: row.Name, Count: count, Unit: unit})
	}
	return tables
}

// What is kept, and has no words, would be shown as "something else".
func TestWhateverIsKeptHasItsWords(t *testing.T) {
	all := newThemes(t)
	for _, row := range retention.Table() {
		for _, part := range []string{"what", "why", "end"} {
			if key := "privacy.kept." + row.Name + "." + part; !row.Impersonal && !all.Has(key) {
				t.Errorf("no words for %s", key)
			}
		}
		if !row.Impersonal && !all.Has("privacy.place."+string(row.Where)) {
			t.Errorf("no words for the place %s", row.Where)
		}
	}
}

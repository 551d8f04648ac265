// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/themes"
)

// kept is the table of what is kept of people, by where.
func kept() []themes.KeptTable {
	var tables []themes.KeptTable
	for _, row := range retention.Table() {
		if row.Impersonal {
			continue
		}
		if last := len(tables) - 1; last < 0 || tables[last].Place != string(row.Where) {
			tables = append(tables, themes.KeptTable{Place: string(row.Where)})
		}
		count, unit := row.Span()
		table := &tables[len(tables)-1]
		table.Rows = append(table.Rows, themes.KeptRow{Name: row.Name, Count: count, Unit: unit})
	}
	return tables
}

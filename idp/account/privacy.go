// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/themes"
)

// privacy shows everybody what is kept of anybody.
func (a *Room) privacy(w http.ResponseWriter, r *http.Request) error {
	page := themes.Privacy{Issuer: a.Issuer.String(), Kept: keptTables()}
	_, err := a.Sessions.Read(r)
	if err == nil {
		page.Account = "/account"
	}
	if err != nil && !errors.Is(err, session.ErrNone) {
		return err
	}
	return a.show(w, r, page)
}

// keptTables is the table of what is kept, by place.
func keptTables() []themes.KeptTable {
	var tables []themes.KeptTable
	for _, row := range retention.Table() {
		if row.Impersonal {
			continue
		}
		if len(tables) == 0 || tables[len(tables)-1].Place != string(row.Where) {
			tables = append(tables, themes.KeptTable{Place: string(row.Where)})
		}
		last := &tables[len(tables)-1]
		count, unit := row.Span()
		last.Rows = append(last.Rows, themes.KeptRow{Name: row.Name, Count: count, Unit: unit})
	}
	return tables
}

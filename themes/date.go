// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"strconv"
	"time"
)

// Date returns the day of a moment as people of the language write it, in the
// moment's own time zone: "22 de novembre de 2026".
func (t *Themes) Date(lang string, at time.Time) string {
	return t.Text(lang, "date.day",
		"day", strconv.Itoa(at.Day()), "month", t.Text(lang, monthKey(at.Month())), "year", strconv.Itoa(at.Year()))
}

// monthKey names a month as it stands in a date: Catalan says "d'abril" and
// "de maig", so the preposition belongs to the month.
func monthKey(month time.Month) string { return "date.month." + strconv.Itoa(int(month)) }

// DateTime is [Themes.Date] with the time of day and the zone, which a person
// must know to compare it with a memory.
func (t *Themes) DateTime(lang string, at time.Time) string {
	return t.Text(lang, "date.moment", "date", t.Date(lang, at), "time", at.Format("15:04"), "zone", at.Format("MST"))
}

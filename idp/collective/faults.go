// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"errors"
	"unicode/utf8"

	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/themes"
)

// textMax is how long a question, a reason or a greeting may be, in characters.
const textMax = 500

// place is a field of a form, and the words beside it.
type place struct{ field, label string }

// places lead from what package membership calls a field to where it stands.
type places map[string]place

func (a *Room) fault(v visit, field, label, code string) themes.Fault {
	return themes.Fault{Field: field, Label: a.Pages.Text(v.lang, label), Code: code}
}

// textFault wants something written, and not too much.
func (a *Room) textFault(v visit, field, label, text string) []themes.Fault {
	switch n := utf8.RuneCountInString(tidyText(text)); {
	case n == 0:
		return []themes.Fault{a.fault(v, field, label, "empty")}
	case n > textMax:
		return []themes.Fault{a.fault(v, field, label, "long")}
	}
	return nil
}

// faultsOf leads what package membership found wrong back to the fields; of any
// other error there are none. The pages look first, and say more: this is for
// what only one of the two knows.
func (a *Room) faultsOf(v visit, err error, where places) []themes.Fault {
	var found membership.Faults
	if !errors.As(err, &found) {
		return nil
	}
	var out []themes.Fault
	for _, f := range found {
		at, known := where[f.Field]
		if !known {
			at = place{"main", "collective.heading"}
		}
		out = append(out, a.fault(v, at.field, at.label, f.Code))
	}
	return out
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"net/http"
	"strconv"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/themes"
)

// lapseDays is how long a case waits where the collective did not say.
const lapseDays = 14

// requests lists what waits for the collective's managers, oldest first.
func (a *Room) requests(w http.ResponseWriter, v visit) error {
	c, err := a.Directory.Collective(v.Context(), v.name)
	if err != nil {
		return absent(err)
	}
	waiting, err := a.Memberships.Waiting(v.Context(), v.by())
	if err != nil {
		return absent(err)
	}
	page := themes.Requests{Manage: a.manage(v, c, "requests"), LapseDays: strconv.Itoa(daysOf(c))}
	for _, one := range waiting {
		page.Requests = append(page.Requests, a.requestView(v, one))
	}
	return a.show(w, v, http.StatusOK, page)
}

func daysOf(c directory.Collective) int {
	if c.Settings.LapseDays > 0 {
		return c.Settings.LapseDays
	}
	return lapseDays
}

func (a *Room) requestView(v visit, one membership.Waiting) themes.RequestView {
	view := themes.RequestView{
		Path: path(v.name, "requests", string(one.ID)), Kind: string(one.Kind),
		Name: a.aboutName(v, one), Handle: string(one.About.Handle),
		Since: a.Pages.Date(v.lang, one.Created), State: requestState(one),
	}
	if !one.Expires.IsZero() {
		view.Lapses = a.Pages.Date(v.lang, one.Expires)
	}
	return view
}

// aboutName is whom a case is about. Settings are about nobody, and somebody may
// have left while others decided about them.
func (a *Room) aboutName(v visit, one membership.Waiting) string {
	switch {
	case one.Kind == directory.CaseSettings:
		return a.Pages.Text(v.lang, "collective.nav.settings")
	case one.About.Name == "":
		return a.Pages.Text(v.lang, "log.left")
	}
	return one.About.Name
}

// requestState says whose turn it is.
func requestState(one membership.Waiting) string {
	switch {
	case one.Mine:
		return "mine"
	case len(one.Agreed) > 0:
		return "voice"
	case len(one.Dialogue) == 0:
		return "new"
	case one.Dialogue[len(one.Dialogue)-1].By == "":
		return "answered"
	}
	return "asked"
}

// fromOutside reports whether a case is the wish of somebody to belong to the
// collective: they can be asked, and others could take them in.
func fromOutside(kind directory.CaseKind) bool {
	return kind == directory.CaseRegister || kind == directory.CaseJoin
}

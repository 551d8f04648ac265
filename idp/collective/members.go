// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// queryMax is how much of a search is read, in bytes: who looks for somebody
// types a name.
const queryMax = 100

// members lists who belongs to the collective, by name.
func (a *Room) members(w http.ResponseWriter, v visit) error {
	asked, err := web.ParseForm(v.Request, "q")
	if err != nil {
		return err
	}
	c, err := a.Directory.Collective(v.Context(), v.name)
	if err != nil {
		return absent(err)
	}
	all, err := a.roster(v.Context(), v.name)
	if err != nil {
		return absent(err)
	}
	query := strings.ToValidUTF8(asked["q"][:min(len(asked["q"]), queryMax)], "")
	found := all.find(query)
	s := v.span(len(found))
	page := themes.Members{
		Manage: a.manage(v, c, "members"), Query: query, Total: strconv.Itoa(len(found)),
		Previous: s.previous, Next: s.next,
	}
	if len(found) > 0 {
		page.From, page.To = strconv.Itoa(s.from+1), strconv.Itoa(s.to)
	}
	page.Members, err = a.rows(v, c, found[s.from:s.to])
	if err != nil {
		return err
	}
	return a.show(w, v, http.StatusOK, page)
}

// rows reads those who are on the page, by one search: names may have changed
// since the list was sorted, and whether an account is open is never old.
func (a *Room) rows(v visit, c directory.Collective, shown []known) ([]themes.MemberRow, error) {
	if len(shown) == 0 {
		return nil, nil
	}
	ids := make([]directory.PersonID, len(shown))
	for i, k := range shown {
		ids[i] = k.id
	}
	people, err := a.Directory.PeopleByID(v.Context(), ids)
	if err != nil {
		return nil, err
	}
	now := make(map[directory.PersonID]directory.Person, len(people))
	for _, p := range people {
		now[p.ID] = p
	}
	var rows []themes.MemberRow
	for _, id := range ids {
		if p, there := now[id]; there {
			rows = append(rows, themes.MemberRow{
				Named: v.named(p), Manager: slices.Contains(c.Managers, id), State: a.stateOf(p), Until: a.suspendedUntil(v, p),
			})
		}
	}
	return rows, nil
}

// named is a member in a list, with their page.
func (v visit) named(p directory.Person) themes.Named {
	return themes.Named{Name: p.Name, Handle: string(p.Handle), Path: path(v.name, "members", string(p.ID))}
}

// stateOf is how an account stands, in the pages' words. Somebody whose
// suspension is over can log in, whatever the directory still says. Setting the
// first password raises the epoch of who was taken in here; an account that was
// made by a command is nobody's to wait for.
func (a *Room) stateOf(p directory.Person) string {
	enters := p.MayEnter(a.Now())
	switch {
	case enters && p.Epoch == 0 && p.ValidatedBy != "":
		return "new"
	case enters:
		return string(directory.Active)
	}
	switch p.State {
	case directory.Suspended, directory.Retired, directory.Expired, directory.Locked:
		return string(p.State)
	}
	return "other"
}

// suspendedUntil is the day on which a suspension ends by itself, if one does.
// Another collective's suspension is its own to speak of.
func (a *Room) suspendedUntil(v visit, p directory.Person) string {
	if p.Primary != v.name || a.stateOf(p) != string(directory.Suspended) || p.Until.IsZero() {
		return ""
	}
	return a.Pages.Date(v.lang, p.Until)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// glance is how many collectives people look through without a search.
const glance = 30

// listedFor is how long the list is believed: it is read by anyone.
const listedFor = time.Minute

// catalogue keeps the list of what can be joined, without the pictures.
type catalogue struct {
	mu     sync.Mutex
	read   time.Time
	listed []directory.Collective
	logos  map[directory.CollectiveName]string
}

// catalogue returns the list, read anew when it is too old. Whoever comes while
// it is being read waits for it: one reading is enough.
func (a *Room) catalogue(ctx context.Context) ([]directory.Collective, map[directory.CollectiveName]string, error) {
	a.listed.mu.Lock()
	defer a.listed.mu.Unlock()
	now := a.Now()
	if a.listed.logos != nil && now.Sub(a.listed.read) < listedFor {
		return a.listed.listed, a.listed.logos, nil
	}
	found, err := a.Memberships.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	a.listed.read, a.listed.logos = now, map[directory.CollectiveName]string{}
	a.listed.listed = make([]directory.Collective, len(found))
	for i, c := range found {
		a.listed.logos[c.Name] = web.LogoPath(c)
		c.Logo, c.Policy = nil, nil
		a.listed.listed[i] = c
	}
	return a.listed.listed, a.listed.logos, nil
}

func (a *Room) showCollectives(w http.ResponseWriter, v visit) error {
	page := themes.Join{}
	if v.URL.Query().Get("done") == "withdrawn" {
		page.Notice = "join.withdrawn"
	}
	return a.list(w, v, page)
}

// searchCollectives changes nothing; it is a form as all others are.
func (a *Room) searchCollectives(w http.ResponseWriter, v visit) error {
	form, err := web.ParseForm(v.Request, "q")
	if err != nil {
		return err
	}
	return a.list(w, v, themes.Join{Query: strings.TrimSpace(form["q"])})
}

func (a *Room) list(w http.ResponseWriter, v visit, page themes.Join) error {
	listed, logos, err := a.catalogue(v.Context())
	if err != nil {
		return err
	}
	page.Search = len(listed) > glance
	wanted := plain(page.Query)
	for _, c := range listed {
		view := themes.JoinableView{
			Title: c.Title, Words: said(c.Settings.Words, v.lang, c), Path: v.to("/join/" + string(c.Name)),
			Logo: logos[c.Name], Colour: c.Settings.Colour,
		}
		if strings.Contains(plain(view.Title+" "+view.Words.Text), wanted) {
			page.Collectives = append(page.Collectives, view)
		}
	}
	return a.show(w, v, http.StatusOK, directory.Collective{}, page)
}

// plain is a text without regard to case and accents.
func plain(s string) string {
	return strings.ToLower(strings.Map(func(c rune) rune {
		if unicode.Is(unicode.Mn, c) {
			return -1
		}
		return c
	}, norm.NFD.String(s)))
}

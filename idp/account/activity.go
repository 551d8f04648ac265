// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"commonscloud.coop/clau/idp/account/export"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/themes"
)

// activityPage is how many things that happened stand on one page, and
// activityPages how many pages there are.
const (
	activityPage  = 50
	activityPages = 100
)

// activity shows what happened with the visitor's account, newest first.
func (a *Room) activity(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	number := pageOf(r)
	events, err := a.Activity.OfPerson(r.Context(), v.Session.Person, time.Time{}, number*activityPage+1)
	if err != nil {
		return err
	}
	page := themes.MyActivity{}
	if number > 1 {
		page.Newer = "/account/activity?page=" + strconv.Itoa(number-1)
	}
	if len(events) > number*activityPage && number < activityPages {
		page.Older = "/account/activity?page=" + strconv.Itoa(number+1)
	}
	first, last := min((number-1)*activityPage, len(events)), min(number*activityPage, len(events))
	page.Days = a.days(r.Context(), a.lang(r, v.Admission.Person.Language), events[first:last])
	return a.show(w, r, page)
}

// pageOf is the number of the page that is asked for, from 1.
func pageOf(r *http.Request) int {
	number, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		return 1
	}
	return min(max(1, number), activityPages)
}

// days puts what happened under the day on which it did.
func (a *Room) days(ctx context.Context, lang string, events []audit.Event) []themes.ActivityDay {
	var days []themes.ActivityDay
	for _, e := range events {
		day := a.Pages.Date(lang, e.At.UTC())
		if len(days) == 0 || days[len(days)-1].Day != day {
			days = append(days, themes.ActivityDay{Day: day})
		}
		last := &days[len(days)-1]
		last.Events = append(last.Events, a.happened(ctx, e))
	}
	return days
}

// happened is one event in words. A service or collective that is gone costs
// its title, not the page.
func (a *Room) happened(ctx context.Context, e audit.Event) themes.ActivityView {
	view := themes.ActivityView{
		Time: e.At.UTC().Format("15:04"), Kind: string(e.Kind), By: export.ByWhom(e), Reference: e.Reference,
	}
	if c, err := a.Directory.Collective(ctx, e.Collective); e.Collective != "" && err == nil {
		view.Collective = c.Title
	}
	if s, err := a.Directory.Service(ctx, e.Service); e.Service != "" && err == nil {
		view.Service = s.Title
	}
	return view
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package farewell

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// How long a page stays before it moves on by itself, in seconds: frames need
// time to be fetched.
const (
	pause       = 1
	framesPause = 4
)

// draw shows the departure under way.
func (f *Room) draw(w http.ResponseWriter, r *http.Request, d logout.Departure, frames []string) error {
	page := themes.Farewell{Services: f.views(r.Context(), d.Outcomes()), Frames: frames}
	for i, s := range page.Services {
		if s.Status == string(logout.Browser) {
			page.Services[i].Status = "waiting" // while there is still time for it
		}
	}
	if err := web.AllowFrames(w, frames...); err != nil {
		return err
	}
	i, found := next(d)
	switch {
	case !found: // nothing is left but frames, if those
		page.Next, page.Pause = f.at(d.Handle), pauseFor(frames)
	case d.Legs[i].Led:
		page.Waiting = f.title(r.Context(), d.Legs[i].Participant.Service)
		page.Next = f.at(d.Handle, "leg", strconv.Itoa(i))
		page.Without = themes.Post{Action: f.c.Path + "/farewell", Fields: []themes.Field{
			{Name: "h", Value: d.Handle}, {Name: "leg", Value: strconv.Itoa(i)},
		}}
	default:
		page.To = f.title(r.Context(), d.Legs[i].Participant.Service)
		page.Next, page.Pause = f.at(d.Handle, "leg", strconv.Itoa(i)), pauseFor(frames)
	}
	return web.WritePage(w, f.c.Pages, http.StatusOK, themes.Frame{Lang: f.lang(r, d)}, page)
}

func pauseFor(frames []string) int {
	if len(frames) > 0 {
		return framesPause
	}
	return pause
}

// next is the leg to go on with: one that the browser was sent to and did not
// come back from, before one that it was not sent to yet.
func next(d logout.Departure) (int, bool) {
	found := -1
	for i, leg := range d.Legs {
		if !leg.Waits() {
			continue
		}
		if leg.Led {
			return i, true
		}
		if found < 0 {
			found = i
		}
	}
	return found, found >= 0
}

// Show draws the page that lists every service and what came of telling it, with
// an address to go on to, which the caller has proven; empty: none.
func (f *Room) Show(w http.ResponseWriter, r *http.Request, d logout.Departure, back string) error {
	page := themes.LoggedOut{Services: f.views(r.Context(), d.Outcomes()), Back: back}
	return web.WritePage(w, f.c.Pages, http.StatusOK, themes.Frame{Lang: f.lang(r, d)}, page)
}

func (f *Room) lang(r *http.Request, d logout.Departure) string {
	return f.c.Pages.Match(d.Language, web.Language(r), r.Header.Get("Accept-Language"))
}

// views say of each service once what came of telling it: of several sessions
// what is the worst news.
func (f *Room) views(ctx context.Context, outcomes []logout.Outcome) []themes.LogoutView {
	return Views(ctx, f.c.Directory, outcomes)
}

// Views say of each service once what came of telling it: where it had several
// sessions, the worst news. Services that are gone are left out.
func Views(ctx context.Context, d Directory, outcomes []logout.Outcome) []themes.LogoutView {
	at := map[directory.ServiceID]int{}
	var views []themes.LogoutView
	for _, o := range outcomes {
		i, seen := at[o.Participant.Service]
		if seen {
			if worse(o.Status, logout.Status(views[i].Status)) {
				views[i].Status = string(o.Status)
			}
			continue
		}
		s, err := d.Service(ctx, o.Participant.Service)
		if err != nil {
			continue
		}
		at[s.ID] = len(views)
		views = append(views, themes.LogoutView{Title: s.Title, Status: string(o.Status)})
	}
	return views
}

func worse(a, b logout.Status) bool { return cmp.Compare(badness(a), badness(b)) > 0 }

func badness(s logout.Status) int {
	switch s {
	case logout.Done:
		return 0
	case logout.Asked:
		return 1
	case logout.Unsupported:
		return 2
	case logout.Browser:
		return 3
	case logout.Retrying:
		return 4
	}
	return 5
}

func (f *Room) title(ctx context.Context, id directory.ServiceID) string {
	s, err := f.c.Directory.Service(ctx, id)
	if err != nil {
		return string(id)
	}
	return s.Title
}

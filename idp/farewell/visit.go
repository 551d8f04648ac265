// SPDX-License-Identifier: AGPL-3.0-or-later

package farewell

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// visit is the page of a departure, and with "leg" the way to one service.
func (f *Room) visit(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, "h", "leg", "paused")
	if err != nil {
		return err
	}
	d, err := f.resume(w, r, form["h"])
	if errors.Is(err, logout.ErrUnknown) {
		return f.Show(w, r, logout.Departure{}, "")
	}
	if err != nil {
		return err
	}
	if form["leg"] != "" {
		return f.lead(w, r, d, form["leg"])
	}
	frames, err := f.frames(r, &d)
	if err != nil {
		return err
	}
	if form["paused"] == "" && len(frames) == 0 && !slices.ContainsFunc(d.Legs, logout.Leg.Waits) {
		return f.arrive(w, r, d)
	}
	return f.draw(w, r, d, frames)
}

// resume finds a departure of this browser. One that belongs to no browser yet
// belongs to the first that comes by.
func (f *Room) resume(w http.ResponseWriter, r *http.Request, handle string) (logout.Departure, error) {
	d, err := f.c.Logout.Departure(r.Context(), handle)
	if err != nil {
		return logout.Departure{}, err
	}
	if d.Browser != "" {
		if name, ok := f.known(r); !ok || name != d.Browser {
			return logout.Departure{}, logout.ErrUnknown
		}
		return d, nil
	}
	if d.Browser, err = f.c.Browsers.NameBrowser(w, r); err != nil {
		return logout.Departure{}, err
	}
	return d, f.keep(r, &d)
}

// keep turns a race that was lost into a departure that is not ours to move.
func (f *Room) keep(r *http.Request, d *logout.Departure) error {
	err := f.c.Logout.Keep(r.Context(), d)
	if errors.Is(err, store.ErrConflict) {
		return logout.ErrUnknown
	}
	return err
}

// frames are the addresses of services that are told in frames. They are shown
// once, and nothing will come back from them.
func (f *Room) frames(r *http.Request, d *logout.Departure) ([]string, error) {
	if d.Framed {
		return nil, nil
	}
	var frames []string
	for i := range d.Legs {
		leg := &d.Legs[i]
		if !leg.Waits() {
			continue
		}
		visit, err := f.c.Logout.Lead(r.Context(), *leg)
		switch {
		case errors.Is(err, logout.ErrUnsupported):
			leg.Status = logout.Unsupported
		case err == nil && visit.Frame:
			leg.Status, leg.Led = logout.Asked, true
			frames = append(frames, visit.URL)
		}
	}
	d.Framed = true
	if err := f.keep(r, d); err != nil {
		return nil, f.again(err)
	}
	return frames, nil
}

// again is what somebody is told who asked twice at once.
func (f *Room) again(err error) error {
	if errors.Is(err, logout.ErrUnknown) {
		return web.Fail(http.StatusConflict, "busy", err)
	}
	return err
}

// lead sends the browser to a service. Coming back to the page and going again
// is allowed: a service that was told twice is logged out once.
func (f *Room) lead(w http.ResponseWriter, r *http.Request, d logout.Departure, place string) error {
	i, err := strconv.Atoi(place)
	if err != nil || i < 0 || i >= len(d.Legs) || !d.Legs[i].Waits() {
		return web.Redirect(w, r, f.at(d.Handle))
	}
	leg := &d.Legs[i]
	visit, err := f.c.Logout.Lead(r.Context(), *leg)
	if err != nil {
		// The page then says that the service has not answered, and has ways on.
		web.NoteError(r.Context(), err)
	}
	if errors.Is(err, logout.ErrUnsupported) {
		leg.Status = logout.Unsupported
	}
	if !leg.Led {
		leg.Led = true
		if err := f.keep(r, &d); err != nil {
			return f.again(err)
		}
	}
	if err != nil {
		return web.Redirect(w, r, f.at(d.Handle))
	}
	return f.send(w, r, d, visit)
}

// send redirects, or posts by a form that submits itself.
func (f *Room) send(w http.ResponseWriter, r *http.Request, d logout.Departure, visit logout.Visit) error {
	if visit.Form == nil {
		to, err := web.Vet(visit.URL, []string{visit.URL}) // the protocol took it from the registration
		if err != nil {
			return err
		}
		return web.RedirectAway(w, r, to)
	}
	return web.SendForm(w, f.c.Pages, themes.Frame{Lang: f.lang(r, d)}, web.Posted{To: visit.URL, Fields: visit.Form})
}

// without goes on without a service that has not answered.
func (f *Room) without(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, "h", "leg")
	if err != nil {
		return err
	}
	d, err := f.resume(w, r, form["h"])
	if errors.Is(err, logout.ErrUnknown) {
		return f.Show(w, r, logout.Departure{}, "")
	}
	if err != nil {
		return err
	}
	i, err := strconv.Atoi(form["leg"])
	if err == nil && i >= 0 && i < len(d.Legs) && d.Legs[i].Waits() {
		d.Legs[i].Status = logout.Failed
		if err := f.keep(r, &d); err != nil {
			return f.again(err)
		}
		f.c.Logout.Came(d.Legs[i].Participant, logout.Failed)
	}
	// A page in between: browsers would hold the form against where the end of
	// the departure leads.
	return web.Redirect(w, r, f.at(d.Handle, "paused", "1"))
}

// arrive goes back to who asked for the log-out. Whoever takes the departure
// does; a second tab reads that it is over.
func (f *Room) arrive(w http.ResponseWriter, r *http.Request, d logout.Departure) error {
	d, err := f.c.Logout.Arrive(r.Context(), d.Handle)
	if errors.Is(err, logout.ErrUnknown) {
		return f.Show(w, r, logout.Departure{}, "")
	}
	if err != nil {
		return err
	}
	return f.conclude(w, r, d)
}

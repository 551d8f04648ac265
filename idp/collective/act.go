// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"net/http"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// act does to a member what a manager decided.
func (a *Room) act(w http.ResponseWriter, v visit) error {
	form, err := a.form(v, "suspend-reason", "suspend-until", "expel-reason", "service")
	if err != nil {
		return err
	}
	c, err := a.find(v)
	if err != nil {
		return err
	}
	c.typed = form
	until, faults := a.actFaults(c)
	if c.faults = faults; len(faults) > 0 {
		return a.drawMember(w, c)
	}
	done, err := a.acted(c, until)
	if err != nil {
		return a.unacted(w, c, err)
	}
	a.rosters.forget(v.name)
	if done == "expelled" {
		return web.Redirect(w, v.Request, v.at(path(v.name, "members"), told(done, c.person)))
	}
	return web.Redirect(w, v.Request, v.here(done))
}

// acted hands the decision on, and says what has been done.
func (a *Room) acted(c *card, until time.Time) (string, error) {
	ctx, by, id := c.Context(), c.by(), c.person.ID
	service := directory.ServiceName(c.typed["service"])
	switch c.typed["do"] {
	case "suspend":
		result, err := a.Memberships.Suspend(ctx, by, id, tidyText(c.typed["suspend-reason"]), until)
		return came(result, "suspended"), err
	case "restore":
		return "restored", a.Memberships.Restore(ctx, by, id)
	case "expel":
		result, err := a.Memberships.Expel(ctx, by, id, tidyText(c.typed["expel-reason"]))
		return came(result, "expelled"), err
	case "appoint":
		result, err := a.Memberships.Appoint(ctx, by, id)
		return came(result, "appointed"), err
	case "dismiss":
		result, err := a.Memberships.Dismiss(ctx, by, id)
		return came(result, "dismissed"), err
	case "reset":
		return "reset-sent", a.Memberships.SendReset(ctx, by, id)
	case "keep":
		return "entrusted", a.Memberships.Entrust(ctx, by, service, id, true)
	case "unkeep":
		return "relieved", a.Memberships.Entrust(ctx, by, service, id, false)
	}
	return "", badRequest()
}

// unacted shows the member as they are now, and why nothing was done.
func (a *Room) unacted(w http.ResponseWriter, c *card, cause error) error {
	if c.faults = a.faultsOf(c.visit, cause, c.places()); len(c.faults) > 0 {
		return a.drawMember(w, c)
	}
	why, err := refusal(cause)
	if err != nil {
		return err
	}
	why.tell(c.Context(), cause)
	a.rosters.forget(c.name)
	now, err := a.find(c.visit)
	if err != nil {
		return err
	}
	now.typed, now.refused = c.typed, why
	return a.drawMember(w, now)
}

// actFaults finds what is wrong with what was typed, and reads until when.
func (a *Room) actFaults(c *card) (time.Time, []themes.Fault) {
	switch c.typed["do"] {
	case "suspend":
		faults := a.textFault(c.visit, "suspend-reason", "members.reason", c.typed["suspend-reason"])
		until, ok := a.day(c.typed["suspend-until"])
		if !ok {
			faults = append(faults, a.fault(c.visit, "suspend-until", "members.until", "date"))
		}
		return until, faults
	case "expel":
		return time.Time{}, a.textFault(c.visit, "expel-reason", "members.reason", c.typed["expel-reason"])
	}
	return time.Time{}, nil
}

// day reads a day to come, as browsers send it. Nothing typed is no day.
func (a *Room) day(typed string) (time.Time, bool) {
	if typed == "" {
		return time.Time{}, true
	}
	day, err := time.ParseInLocation(time.DateOnly, typed, a.Now().Location())
	return day, err == nil && day.After(a.Now()) && day.Before(a.Now().AddDate(10, 0, 0))
}

// places are where what was typed about a member stands.
func (c *card) places() places {
	if c.typed["do"] == "expel" {
		return places{"text": {"expel-reason", "members.reason"}}
	}
	return places{"text": {"suspend-reason", "members.reason"}, "until": {"suspend-until", "members.until"}}
}

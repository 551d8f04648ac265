// SPDX-License-Identifier: AGPL-3.0-or-later

package services

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/dynamic"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

const (
	registrarLabelMax = 60  // characters
	registrarDaysMax  = 90  // what nobody remembers giving away must end
	registrarLimitMax = 100 // services at once
	registrarsMax     = 20  // tokens of one collective
)

// handing is the page of a collective's tokens.
type handing struct {
	visit
	typed  web.Form
	faults []themes.Fault
	wrong  string
	token  string // just made
}

func (a *Room) registrars(w http.ResponseWriter, v visit) error {
	return a.drawRegistrars(w, &handing{visit: v, typed: web.Form{"days": "30", "limit": "5", "waits": "yes"}})
}

func (a *Room) drawRegistrars(w http.ResponseWriter, h *handing) error {
	c, err := a.chairs(h.Context(), h.visit)
	if err != nil {
		return err
	}
	page := themes.Registrars{
		Manage: a.manage(h.visit, c), Action: path(h.name, "registrars"), Endpoint: a.Dynamic.Endpoint(), Token: h.token,
		Label: h.typed["label"], Days: h.typed["days"], Limit: h.typed["limit"], Waits: h.typed["waits"] != "",
	}
	page.Error, page.Faults = h.wrong, h.faults
	if page.Registrars, err = a.registrarViews(h, c); err != nil {
		return err
	}
	d := desk{faults: h.faults, wrong: h.wrong}
	return a.show(w, h.visit, d.status(), page)
}

func (a *Room) registrarViews(h *handing, c directory.Collective) ([]themes.RegistrarView, error) {
	all := c.Settings.Registrars
	names, err := a.namesOf(h.Context(), all)
	if err != nil {
		return nil, err
	}
	used, err := a.registeredWith(h.Context(), c.Name)
	if err != nil {
		return nil, err
	}
	var out []themes.RegistrarView
	for _, one := range all {
		fields := append(a.fields(h.visit), themes.Field{Name: "do", Value: "revoke"}, themes.Field{Name: "registrar", Value: one.ID})
		out = append(out, themes.RegistrarView{
			Label: one.Label, By: names[one.By], Until: a.Pages.Date(h.lang, one.Expires), Used: strconv.Itoa(used[one.ID]),
			Limit: strconv.Itoa(one.Limit), Waits: one.Waits, Over: !a.Now().Before(one.Expires),
			Revoke: themes.Post{Action: path(c.Name, "registrars"), Fields: fields},
		})
	}
	return out, nil
}

func (a *Room) namesOf(ctx context.Context, all []directory.Registrar) (map[directory.PersonID]string, error) {
	var ids []directory.PersonID
	for _, one := range all {
		if one.By != "" && !slices.Contains(ids, one.By) {
			ids = append(ids, one.By)
		}
	}
	names := map[directory.PersonID]string{}
	if len(ids) == 0 {
		return names, nil
	}
	people, err := a.Directory.PeopleByID(ctx, ids)
	for _, p := range people {
		names[p.ID] = p.Name
	}
	return names, err
}

// registeredWith is how many services each token has registered.
func (a *Room) registeredWith(ctx context.Context, name directory.CollectiveName) (map[string]int, error) {
	all, err := a.Directory.Services(ctx)
	used := map[string]int{}
	for _, s := range all {
		if s.Collective == name && s.OIDC != nil && s.OIDC.Metadata.Registrar != "" {
			used[s.OIDC.Metadata.Registrar]++
		}
	}
	return used, err
}

// changeRegistrars makes a token, or takes one back.
func (a *Room) changeRegistrars(w http.ResponseWriter, v visit) error {
	form, err := a.form(v, "label", "days", "limit", "waits", "registrar")
	if err != nil {
		return err
	}
	h := &handing{visit: v, typed: form}
	switch form["do"] {
	case "make":
		return a.makeRegistrar(w, h)
	case "revoke":
		return a.revokeRegistrar(w, h)
	}
	return badRequest()
}

func (a *Room) makeRegistrar(w http.ResponseWriter, h *handing) error {
	one := a.readRegistrar(h)
	if len(h.faults) > 0 {
		return a.drawRegistrars(w, h)
	}
	kept, token, err := dynamic.NewRegistrar(a.Rand, h.name, one)
	if err != nil {
		return err
	}
	err = a.writeRegistrars(h, func(all []directory.Registrar) ([]directory.Registrar, bool) {
		return append(all, kept), len(all) < registrarsMax
	})
	if err != nil {
		return a.unhanded(w, h, err)
	}
	h.token, h.typed = token, web.Form{"days": "30", "limit": "5", "waits": "yes"}
	return a.drawRegistrars(w, h)
}

func (a *Room) readRegistrar(h *handing) directory.Registrar {
	blame := func(field, code string) {
		h.faults = append(h.faults, a.fault(h.visit, field, "registrars."+field, code))
	}
	label := tidy(h.typed["label"])
	switch n := utf8.RuneCountInString(label); {
	case n == 0:
		blame("label", "empty")
	case n > registrarLabelMax:
		blame("label", "long")
	}
	days, ok := number(h.typed["days"], registrarDaysMax)
	if !ok {
		blame("days", "days")
	}
	limit, ok := number(h.typed["limit"], registrarLimitMax)
	if !ok {
		blame("limit", "limit")
	}
	now := a.Now().UTC().Truncate(time.Second)
	return directory.Registrar{
		Label: label, By: h.person.ID, Created: now, Expires: now.AddDate(0, 0, days), Limit: limit, Waits: h.typed["waits"] != "",
	}
}

func number(typed string, most int) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(typed))
	return n, err == nil && n >= 1 && n <= most
}

// revokeRegistrar takes a token back. What it registered stays, and can be kept
// by software no further than each registration's own token goes.
func (a *Room) revokeRegistrar(w http.ResponseWriter, h *handing) error {
	id := h.typed["registrar"]
	err := a.writeRegistrars(h, func(all []directory.Registrar) ([]directory.Registrar, bool) {
		left := slices.DeleteFunc(all, func(r directory.Registrar) bool { return r.ID == id })
		return left, true
	})
	if err != nil {
		return a.unhanded(w, h, err)
	}
	return web.Redirect(w, h.Request, h.at(path(h.name, "registrars"), "revoked"))
}

// errFull says that a collective has as many tokens as it may.
var errFull = errors.New("services: too many tokens")

// writeRegistrars changes the tokens that there are, in the manager's own name.
func (a *Room) writeRegistrars(h *handing, change func([]directory.Registrar) ([]directory.Registrar, bool)) error {
	c, err := a.chairs(h.Context(), h.visit)
	if err != nil {
		return err
	}
	settings := c.Settings
	all, fits := change(slices.Clone(c.Settings.Registrars))
	if !fits {
		return errFull
	}
	if all == nil {
		all = []directory.Registrar{} // nil leaves those that there are
	}
	settings.Registrars = all
	err = a.Directory.ChangeCollective(h.Context(), directory.As(h.person.ID), h.name, directory.CollectiveChange{Settings: &settings, Version: c.Version})
	if err != nil {
		return err
	}
	a.Audit.Write(h.Context(), audit.Event{
		Kind: audit.CollectiveChanged, Actor: h.person.ID, Collective: h.name, Reason: "registrars", Reference: web.Reference(h.Context()),
	})
	return nil
}

func (a *Room) unhanded(w http.ResponseWriter, h *handing, err error) error {
	switch {
	case errors.Is(err, directory.ErrConflict):
		h.wrong = "collective.error.conflict"
	case errors.Is(err, errFull):
		h.faults = append(h.faults, a.fault(h.visit, "there", "registrars.there", "limit"))
	case away(err):
		web.NoteError(h.Context(), err)
		h.wrong = "collective.error.unavailable"
	default:
		return absent(err)
	}
	return a.drawRegistrars(w, h)
}

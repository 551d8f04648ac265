// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// desk is a policy on a manager's desk: how it is kept, and the form over it.
type desk struct {
	visit
	collective directory.Collective
	kept       document
	drawing
	version string // of what the form was drawn from
}

// lay reads the policy from the directory itself and lays it out.
func (a *Room) lay(v visit) (*desk, error) {
	c, err := a.Source.Collective(v.Context(), v.name)
	if errors.Is(err, directory.ErrNotFound) {
		return nil, notThere(err)
	}
	if err != nil {
		return nil, err
	}
	policy, err := consent.ParsePolicy(c.Policy, consent.JSON)
	if err != nil {
		return nil, fmt.Errorf("collective: the policy of %s cannot be read: %w", c.Name, err)
	}
	kept, err := documentOf(policy)
	if err != nil {
		return nil, err
	}
	services, err := a.Directory.Services(v.Context())
	if err != nil {
		return nil, err
	}
	sheet := a.sheet(v, concerning(services, c.Name))
	d := &desk{visit: v, collective: c, kept: kept, version: version(c.Policy)}
	d.drawing = drawing{sheet: sheet, typed: sheet.typedOf(kept)}
	return d, nil
}

// version tells one policy from another.
func version(raw []byte) string {
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (a *Room) showPolicy(w http.ResponseWriter, v visit) error {
	d, err := a.lay(v)
	if err != nil {
		return err
	}
	page := themes.Policy{}
	if v.URL.Query().Get("done") == "saved" {
		page.Notice = "policy.saved"
	}
	return a.draw(w, d, http.StatusOK, page)
}

// draw completes the page with the form.
func (a *Room) draw(w http.ResponseWriter, d *desk, status int, said themes.Policy) error {
	page := d.drawing.page()
	page.Manage = a.manage(d.visit, d.collective, "policy")
	page.Action = d.here()
	page.Fields = append(page.Fields, themes.Field{Name: "version", Value: d.version})
	page.Notice, page.Error, page.Faults, page.Previews = said.Notice, said.Error, d.faults, said.Previews
	return a.show(w, d.visit, status, page)
}

func (a *Room) postPolicy(w http.ResponseWriter, v visit) error {
	form, err := web.ParseForm(v.Request, "token", "version", "do", "service")
	if err != nil {
		return err
	}
	if err := web.CheckFormToken(a.FormKey, v.key, form["token"]); err != nil {
		return err
	}
	d, err := a.lay(v)
	if err != nil {
		return err
	}
	fields, err := web.ParseForm(v.Request, d.names()...)
	if err != nil {
		return err
	}
	now := d.version
	d.version, d.preview = form["version"], directory.ServiceName(form["service"])
	switch form["do"] {
	case "preview":
		return a.preview(w, d, fields)
	case "save":
		if d.version != now {
			return a.stale(w, v)
		}
		return a.save(w, d, fields)
	}
	return web.Fail(http.StatusBadRequest, "bad-request", nil)
}

// read takes what was typed; with faults there is no policy.
func (d *desk) read(fields web.Form) (consent.Policy, error) {
	var changed document
	changed, d.typed = d.over(d.kept, d.typed, fields)
	p, err := changed.policy()
	if err != nil {
		return p, d.blame(err)
	}
	return p, nil
}

// errFaults says that something typed is wrong; the desk's page tells what.
var errFaults = errors.New("collective: faults in what was typed")

func (d *desk) blame(err error) error {
	var found consent.Faults
	if !errors.As(err, &found) {
		return err
	}
	d.faults = d.sheet.faults(found)
	return errFaults
}

func (a *Room) preview(w http.ResponseWriter, d *desk, fields web.Form) error {
	p, err := d.read(fields)
	if errors.Is(err, errFaults) {
		return a.draw(w, d, http.StatusUnprocessableEntity, themes.Policy{})
	}
	if err != nil {
		return err
	}
	previews, err := a.previews(d, p)
	if err != nil {
		return err
	}
	return a.draw(w, d, http.StatusOK, themes.Policy{Manage: themes.Manage{Notice: "policy.previewed"}, Previews: previews})
}

func (a *Room) save(w http.ResponseWriter, d *desk, fields web.Form) error {
	p, err := d.read(fields)
	var raw []byte
	if err == nil {
		if raw, err = written(p); err != nil {
			err = d.blame(err)
		}
	}
	if errors.Is(err, errFaults) {
		return a.draw(w, d, http.StatusUnprocessableEntity, themes.Policy{})
	}
	if err != nil {
		return err
	}
	return a.keep(w, d, raw)
}

// keep writes the policy as the manager, for the directory to refuse it of
// somebody who has just ceased to be one, and only over what the desk was laid
// from: of two managers who save at once, one is told.
func (a *Room) keep(w http.ResponseWriter, d *desk, raw []byte) error {
	by := directory.As(d.person.ID)
	err := a.Directory.ChangeCollective(d.Context(), by, d.name, directory.CollectiveChange{Policy: &raw, Version: d.collective.Version})
	switch {
	case errors.Is(err, directory.ErrConflict):
		return a.stale(w, d.visit)
	case errors.Is(err, directory.ErrRefused), errors.Is(err, directory.ErrNotFound):
		return notThere(err)
	case errors.Is(err, directory.ErrUnavailable), errors.Is(err, directory.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		web.NoteError(d.Context(), err)
		return a.draw(w, d, http.StatusServiceUnavailable, themes.Policy{Manage: themes.Manage{Error: "policy.unavailable"}})
	case err != nil:
		return err
	}
	a.Audit.Write(d.Context(), audit.Event{
		Kind: audit.CollectiveChanged, Actor: d.person.ID, Collective: d.name, Reason: "policy",
		Reference: web.Reference(d.Context()),
	})
	return web.Redirect(w, d.Request, d.here("saved"))
}

// stale shows what somebody else wrote meanwhile. What was typed is not laid
// over it: each field of it would silently undo what the other one wrote there.
func (a *Room) stale(w http.ResponseWriter, v visit) error {
	d, err := a.lay(v)
	if err != nil {
		return err
	}
	return a.draw(w, d, http.StatusConflict, themes.Policy{Manage: themes.Manage{Error: "policy.stale"}})
}

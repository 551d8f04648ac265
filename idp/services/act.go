// SPDX-License-Identifier: AGPL-3.0-or-later

package services

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/preset"
	"commonscloud.coop/clau/idp/web"
)

const (
	// overlapDays is how long an old secret stays good if nobody says otherwise,
	// and overlapMax how long at most.
	overlapDays = 7
	overlapMax  = 90
)

// errNothing says that a form was not good: the desk has the faults.
var errNothing = errors.New("services: nothing done")

// act changes the service on the desk. It returns a secret if it made one.
type act func(a *Room, d *desk) (secret string, err error)

// acts are what whoever keeps a service can do to it, by the name of the button,
// and the notice that says so.
func acts() map[string]struct {
	do   act
	done string
} {
	return map[string]struct {
		do   act
		done string
	}{
		"change":      {(*Room).change, "changed"},
		"rotate":      {(*Room).rotate, ""},
		"end-overlap": {(*Room).endOverlap, "overlap-ended"},
		"api-key":     {(*Room).apiKey, "api-key"},
		"suspend":     {(*Room).suspend, "suspended"},
		"activate":    {(*Room).activate, "activated"},
	}
}

// kept does what the button says.
func (a *Room) kept(w http.ResponseWriter, v visit) error {
	d, err := a.receive(v)
	if err != nil {
		return err
	}
	if d.service.Version != d.typed["version"] {
		return a.say(v.Context(), w, d, nil, "conflict")
	}
	switch do := d.typed["do"]; do {
	case "remove":
		return a.remove(w, d)
	case "approve", "refuse":
		return a.decide(w, d, do)
	default:
		return a.perform(w, d, do)
	}
}

// receive reads the form and the service that it is about.
func (a *Room) receive(v visit) (*desk, error) {
	others, err := a.others(v.Context(), v.name)
	if err != nil {
		return nil, err
	}
	names := []string{
		"version", "called", "about", "url", "addresses", "after-logout", "backchannel", "metadata-url", "metadata",
		"access", "days", "api-key", "confirm",
	}
	for _, c := range others {
		names = append(names, "guest."+string(c.Name))
	}
	form, err := a.form(v, names...)
	if err != nil {
		return nil, err
	}
	d, err := a.stand(v)
	if err != nil {
		return nil, err
	}
	d.typed = form
	return d, nil
}

func (a *Room) perform(w http.ResponseWriter, d *desk, do string) error {
	one, known := acts()[do]
	if !known {
		return badRequest()
	}
	before := registered(d.service)
	secret, err := one.do(a, d)
	if errors.Is(err, errNothing) {
		return a.undone(w, d, before)
	}
	if err != nil {
		return err
	}
	err = a.Directory.ReplaceService(d.Context(), directory.System(), d.service)
	switch {
	case errors.Is(err, directory.ErrConflict):
		return a.say(d.Context(), w, d, nil, "conflict")
	case errors.Is(err, directory.ErrExists):
		return a.say(d.Context(), w, d, nil, "done")
	case away(err):
		return a.say(d.Context(), w, d, err, "unavailable")
	case err != nil:
		return absent(err)
	}
	a.record(d.Context(), audit.ServiceChanged, d.visit, d.service, do)
	if secret != "" {
		return a.drawGuide(w, d, secret, nil)
	}
	return web.Redirect(w, d.Request, d.at(servicePath(d.service, "keep"), one.done))
}

// undone draws the page with the faults, of which one form knows; the others
// show the service as it stands.
func (a *Room) undone(w http.ResponseWriter, d *desk, before web.Form) error {
	d.open = d.typed["do"]
	for name, value := range before {
		if _, there := d.typed[name]; !there && d.typed["do"] != "change" {
			d.typed[name] = value
		}
	}
	if d.typed["days"] == "" {
		d.typed["days"] = before["days"]
	}
	return a.drawKeep(w, d)
}

func (a *Room) rotate(d *desk) (string, error) {
	days, err := strconv.Atoi(strings.TrimSpace(d.typed["days"]))
	if err != nil || days < 0 || days > overlapMax {
		d.faults = append(d.faults, a.fault(d.visit, "days", "registration.days", "days"))
		return "", errNothing
	}
	made, err := a.minter().Rotate(&d.service, time.Duration(days)*24*time.Hour)
	if errors.Is(err, preset.ErrNoSecret) {
		return "", badRequest()
	}
	return made.Secret, err
}

// endOverlap leaves the newest secret alone.
func (a *Room) endOverlap(d *desk) (string, error) {
	switch s := &d.service; {
	case s.OIDC != nil && len(s.OIDC.Secrets) > 0:
		s.OIDC.Secrets = s.OIDC.Secrets[:1]
	case s.Forward != nil && len(s.Forward.Secrets) > 0:
		s.Forward.Secrets = s.Forward.Secrets[:1]
	case s.Discourse != nil:
		s.Discourse.Settings.OverlapEnds = a.Now().UTC().Truncate(time.Second)
	default:
		return "", badRequest()
	}
	return "", nil
}

// apiKey keeps the key of a forum's API. It is shown to nobody again.
func (a *Room) apiKey(d *desk) (string, error) {
	if d.service.Discourse == nil {
		return "", badRequest()
	}
	key := strings.TrimSpace(d.typed["api-key"])
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > unicode.MaxASCII }) || len(key) > 200 {
		d.faults = append(d.faults, a.fault(d.visit, "api-key", "registration.api-key-label", "key"))
		return "", errNothing
	}
	return "", a.minter().SetAPIKey(&d.service, key)
}

// hasAPIKey opens what Clau and a forum share to see whether a key is there.
func (a *Room) hasAPIKey(s directory.Service) bool {
	if s.Discourse == nil || a.Sealer == nil || len(s.Discourse.Sealed) == 0 {
		return false
	}
	plain, err := a.Sealer.Open(s.Discourse.Sealed, s.SealedIn())
	if err != nil {
		return false
	}
	var shared directory.DiscourseSecrets
	return json.Unmarshal(plain, &shared) == nil && shared.APIKey != ""
}

// suspend closes the service to everybody. What waits for a manager is closed
// already, and stays with them.
func (a *Room) suspend(d *desk) (string, error) {
	if d.service.State != directory.Active {
		return "", badRequest()
	}
	d.service.State, d.service.StoppedBy = directory.Suspended, directory.StoppedByKeeper
	if d.manages {
		d.service.StoppedBy = directory.StoppedByManager
	}
	return "", nil
}

// activate opens it again, for whoever may: a keeper does not undo what a manager
// did, and neither what an operator did.
func (a *Room) activate(d *desk) (string, error) {
	if d.service.State != directory.Suspended {
		return "", badRequest()
	}
	if !d.starts() {
		return "", forbidden(errors.New("services: somebody else stopped it"))
	}
	d.service.State, d.service.StoppedBy = directory.Active, ""
	return "", nil
}

// starts reports whether the visitor may open the service again.
func (d *desk) starts() bool {
	by := d.service.StoppedBy
	return d.service.State == directory.Suspended &&
		(by == directory.StoppedByKeeper || by == directory.StoppedByManager && d.manages)
}

// remove takes the service away for good, if its name was typed.
func (a *Room) remove(w http.ResponseWriter, d *desk) error {
	if strings.TrimSpace(d.typed["confirm"]) != string(d.service.Name) {
		label := a.Pages.Text(d.lang, "registration.confirm", "name", string(d.service.Name))
		d.faults = append(d.faults, a.fault(d.visit, "confirm", "registration.remove", "confirm"))
		d.faults[0].Label = label
		return a.undone(w, d, registered(d.service))
	}
	err := a.Directory.RemoveService(d.Context(), directory.System(), d.service.ID)
	if away(err) {
		return a.say(d.Context(), w, d, err, "unavailable")
	}
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	a.record(d.Context(), audit.ServiceRemoved, d.visit, d.service, "")
	return web.Redirect(w, d.Request, d.afterwards("removed"))
}

// afterwards is where to go when the service is not there any more: who manages
// nothing has no other page of the collective's.
func (d *desk) afterwards(done string) string {
	if !d.manages {
		return "/account"
	}
	return d.at(path(d.name, "services"), done)
}

// decide opens or removes what software registered, as the manager saw it.
func (a *Room) decide(w http.ResponseWriter, d *desk, do string) error {
	decide, next := a.Dynamic.Approve, d.at(servicePath(d.service, "keep"), "approved")
	if do == "refuse" {
		decide, next = a.Dynamic.Decline, d.afterwards("refused")
	}
	err := decide(d.Context(), d.person.ID, d.name, d.service.Name, d.typed["version"])
	switch {
	case errors.Is(err, directory.ErrConflict):
		return a.say(d.Context(), w, d, nil, "conflict")
	case away(err):
		return a.say(d.Context(), w, d, err, "unavailable")
	case err != nil:
		return absent(err)
	}
	return web.Redirect(w, d.Request, next)
}

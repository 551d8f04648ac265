// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// form is the collective's settings on a manager's desk.
type form struct {
	visit
	collective directory.Collective
	services   []directory.Service // that have a place
	typed      web.Form
	version    string // of what the form was drawn from
	faults     []themes.Fault
	refused    refused
}

func (a *Room) settings(w http.ResponseWriter, v visit) error {
	f, err := a.layForm(v)
	if err != nil {
		return err
	}
	return a.drawSettings(w, f)
}

// layForm reads the settings from the directory itself and writes them into the
// fields.
func (a *Room) layForm(v visit) (*form, error) {
	c, err := a.Source.Collective(v.Context(), v.name)
	if err != nil {
		return nil, absent(err)
	}
	services, err := a.placeable(v.Context(), c.Name)
	if err != nil {
		return nil, err
	}
	f := &form{visit: v, collective: c, services: services, typed: typedSettings(c)}
	f.version, err = versionOf(c)
	return f, err
}

// versionOf tells one state of what the form shows from another. A policy that
// somebody writes meanwhile does not make the form stale.
func versionOf(c directory.Collective) (string, error) {
	raw, err := json.Marshal([]any{c.Title, c.Mail, c.URL, c.Language, c.Settings})
	return version(raw), err
}

func (a *Room) drawSettings(w http.ResponseWriter, f *form) error {
	t := f.typed
	page := themes.Settings{
		Manage: a.manage(f.visit, f.collective, "settings"), Version: f.version,
		Action: f.at(path(f.name, "settings")), LogoAction: f.at(path(f.name, "logo")),
		Name: t["title"], Mail: t["mail"], URL: t["url"], Words: a.texts("words", t), Question: a.texts("question", t),
		OwnColour: t["own-colour"] != "", Colour: t["colour"], Logo: web.LogoPath(f.collective),
		LapseDays: t["lapse"], Closed: t["closed"] != "", Answers: t["answers"], Alone: len(f.collective.Managers) < 2,
		Order: f.places(),
	}
	page.Error, page.Faults = f.refused.key, f.faults
	if page.Colour == "" {
		page.Colour = "#12594f"
	}
	for _, l := range a.Pages.Languages() {
		page.Language = append(page.Language, themes.Choice{Value: l.Tag, Name: l.Name, Chosen: t["language"] == l.Tag})
		page.Languages = append(page.Languages, themes.Choice{Value: l.Tag, Name: l.Name, Chosen: t["speaks."+l.Tag] != ""})
	}
	for _, m := range matters() {
		page.Matters = append(page.Matters, themes.Choice{Value: string(m), Chosen: t["two."+string(m)] != ""})
	}
	return a.show(w, f.visit, (&file{refused: f.refused, faults: f.faults}).status(), page)
}

func (a *Room) texts(field string, t web.Form) []themes.TextView {
	var out []themes.TextView
	for _, l := range a.Pages.Languages() {
		name := field + "." + l.Tag
		out = append(out, themes.TextView{Name: name, Lang: l.Tag, Language: l.Name, Value: t[name]})
	}
	return out
}

func matters() []directory.Matter {
	return []directory.Matter{directory.MatterAccepting, directory.MatterSuspending, directory.MatterAppointing}
}

// configure keeps what a manager wrote, unless somebody wrote meanwhile.
func (a *Room) configure(w http.ResponseWriter, v visit) error {
	f, err := a.layForm(v)
	if err != nil {
		return err
	}
	sent, err := a.form(v, append(a.settingNames(f.services), "version")...)
	if err != nil {
		return err
	}
	if sent["version"] != f.version {
		f.refused = refused{http.StatusConflict, "collective.error.stale"}
		return a.drawSettings(w, f)
	}
	f.typed = sent
	change := a.readSettings(f)
	if len(f.faults) > 0 {
		return a.drawSettings(w, f)
	}
	change.Version = f.collective.Version
	result, err := a.Memberships.Configure(v.Context(), v.by(), change)
	if err != nil {
		return a.unsaved(w, f, err)
	}
	return web.Redirect(w, v.Request, v.here(came(result, "saved")))
}

// unsaved says at the fields what is wrong with them, or why nothing was kept.
func (a *Room) unsaved(w http.ResponseWriter, f *form, cause error) error {
	if f.faults = a.faultsOf(f.visit, cause, a.settingPlaces()); len(f.faults) > 0 {
		return a.drawSettings(w, f)
	}
	if away(cause) {
		f.refused, _ = refusal(cause)
		f.refused.tell(f.Context(), cause)
		return a.drawSettings(w, f)
	}
	return a.unconfigured(w, f.visit, cause)
}

// unconfigured shows the settings as they are now: what was typed is not laid
// over what somebody else wrote meanwhile.
func (a *Room) unconfigured(w http.ResponseWriter, v visit, cause error) error {
	why, err := refusal(cause)
	if err != nil {
		return err
	}
	why.tell(v.Context(), cause)
	if errors.Is(cause, directory.ErrConflict) {
		why.key = "collective.error.stale"
	}
	f, err := a.layForm(v)
	if err != nil {
		return err
	}
	f.refused = why
	return a.drawSettings(w, f)
}

// typedSettings writes a collective's settings into the fields.
func typedSettings(c directory.Collective) web.Form {
	s := c.Settings
	t := web.Form{
		"title": c.Title, "mail": c.Mail, "url": c.URL, "colour": s.Colour, "own-colour": ticked(s.Colour != ""),
		"closed": ticked(s.Closed), "lapse": strconv.Itoa(daysOf(c)), "language": c.Language, "answers": joined(s.Answers),
	}
	for tag, text := range s.Words {
		t["words."+tag] = text
	}
	for tag, text := range s.Question {
		t["question."+tag] = text
	}
	typedOrder(s.Order, t)
	for _, tag := range s.Languages {
		t["speaks."+tag] = "yes"
	}
	for _, m := range matters() {
		t["two."+string(m)] = ticked(slices.Contains(s.Together, m))
	}
	return t
}

func ticked(on bool) string {
	if on {
		return "yes"
	}
	return ""
}

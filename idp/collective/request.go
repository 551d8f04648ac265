// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"net/http"
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// file is a case on a manager's desk.
type file struct {
	visit
	collective directory.Collective
	waiting    membership.Waiting
	typed      web.Form
	faults     []themes.Fault
	refused    refused
}

func (a *Room) request(w http.ResponseWriter, v visit) error {
	f, err := a.open(v)
	if err != nil {
		return err
	}
	return a.drawRequest(w, f)
}

// open reads a case of the collective.
func (a *Room) open(v visit) (*file, error) {
	one, err := a.Memberships.WaitingCase(v.Context(), v.by(), directory.CaseID(v.PathValue("case")))
	if err != nil {
		return nil, absent(err)
	}
	c, err := a.Directory.Collective(v.Context(), v.name)
	if err != nil {
		return nil, absent(err)
	}
	return &file{visit: v, collective: c, waiting: one}, nil
}

func (a *Room) drawRequest(w http.ResponseWriter, f *file) error {
	one, p := f.waiting, f.waiting.About
	page := themes.Request{
		Manage: a.manage(f.visit, f.collective, "requests"), Action: f.here(),
		Request: a.requestView(f.visit, one), Mail: p.Mail, Anonymous: p.Anonymous, Language: a.language(p.Language),
		Words: one.Words, Reason: one.Reason, Mine: one.Mine,
		CanAsk: fromOutside(one.Kind), Two: one.Needed > 1,
		Question: f.typed["question"], Refusal: f.typed["reason"],
	}
	page.Error, page.Faults, page.Open = f.refused.key, f.faults, f.typed["do"]
	if page.Request.State != "asked" && strings.HasPrefix(page.Notice, "collective.notice.asked") {
		page.Notice = "" // they have answered since
	}
	if !one.Until.IsZero() {
		page.Until = a.Pages.Date(f.lang, one.Until)
	}
	if !page.CanAsk && one.Kind != directory.CaseSettings && p.ID != "" {
		page.Member = path(f.name, "members", string(p.ID))
	}
	if one.Settings != nil {
		for _, m := range one.Settings.Together {
			page.Matters = append(page.Matters, string(m))
		}
	}
	if err := a.voices(f, &page); err != nil {
		return err
	}
	if page.CanAsk && !one.Mine {
		var err error
		if page.Others, err = a.others(f); err != nil {
			return err
		}
	}
	return a.show(w, f.visit, f.status(), page)
}

// status is that of a page which a form leads back to.
func (f *file) status() int {
	switch {
	case f.refused.status != 0:
		return f.refused.status
	case len(f.faults) > 0:
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// language is the name of a language in itself; of one without pages, its tag.
func (a *Room) language(tag string) string {
	for _, l := range a.Pages.Languages() {
		if l.Tag == tag {
			return l.Name
		}
	}
	return tag
}

// voices says who agreed and when, whose voice is missing, and who said what.
func (a *Room) voices(f *file, page *themes.Request) error {
	one := f.waiting
	managers, err := a.people(f.Context(), f.collective.Managers)
	if err != nil {
		return err
	}
	agreed := map[directory.PersonID]bool{}
	for _, p := range one.Agreed {
		agreed[p.ID] = true
		page.Agreed = append(page.Agreed, themes.VoiceView{Name: p.Name, When: a.agreedAt(f, p.ID)})
	}
	called := map[directory.PersonID]string{}
	for _, p := range managers {
		called[p.ID] = p.Name
		if !agreed[p.ID] && p.ID != one.Person && p.ID != f.person.ID {
			page.Missing = append(page.Missing, p.Name)
		}
	}
	if !page.CanAsk && one.Kind != directory.CaseHome {
		page.By = called[one.By]
	}
	for _, line := range one.Dialogue {
		page.Dialogue = append(page.Dialogue, a.line(f, line, called))
	}
	return nil
}

// line is a question in the name of who asked, if they are still a manager, or
// an answer.
func (a *Room) line(f *file, l directory.Line, called map[directory.PersonID]string) themes.SaidView {
	view := themes.SaidView{When: a.Pages.DateTime(f.lang, l.At), Text: l.Text}
	if l.By != "" {
		view.Name = called[l.By]
		if view.Name == "" {
			view.Name = f.collective.Title
		}
	}
	return view
}

// agreedAt is when somebody agreed. Whoever proposed it did so when it was
// opened; of others the record of the last months knows, and a record that is
// lost costs the time and not the page.
func (a *Room) agreedAt(f *file, who directory.PersonID) string {
	one := f.waiting
	if who == one.By {
		return a.Pages.DateTime(f.lang, one.Created)
	}
	events, err := a.Activity.OfCollective(f.Context(), f.name, one.Created, 500)
	if err != nil {
		web.NoteError(f.Context(), err)
		return ""
	}
	i := slices.IndexFunc(events, func(e audit.Event) bool {
		return e.Kind == audit.CaseAgreed && e.Actor == who && e.Reason == string(one.Kind) &&
			(e.Person == one.Person || e.Person == "")
	})
	if i < 0 {
		return ""
	}
	return a.Pages.DateTime(f.lang, events[i].At)
}

// others are the collectives that a wish to join can be passed to.
func (a *Room) others(f *file) ([]themes.Choice, error) {
	open, err := a.Memberships.Open(f.Context())
	if err != nil {
		return nil, err
	}
	var out []themes.Choice
	for _, c := range open {
		if c.Name != f.name {
			out = append(out, themes.Choice{Value: string(c.Name), Name: c.Title, Chosen: f.typed["to"] == string(c.Name)})
		}
	}
	return out, nil
}

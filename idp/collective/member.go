// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"errors"
	"net/http"
	"slices"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// card is a member on a manager's desk.
type card struct {
	visit
	collective directory.Collective
	person     directory.Person
	services   []directory.Service // of the collective
	typed      web.Form
	faults     []themes.Fault
	refused    refused
}

func (a *Room) member(w http.ResponseWriter, v visit) error {
	c, err := a.find(v)
	if err != nil {
		return err
	}
	return a.drawMember(w, c)
}

// find reads a member. Somebody who is none is looked for in the same list, and
// not read, whether they exist or not.
func (a *Room) find(v visit) (*card, error) {
	all, err := a.roster(v.Context(), v.name)
	if err != nil {
		return nil, absent(err)
	}
	id := directory.PersonID(v.PathValue("person"))
	if !all.has(id) {
		return nil, notThere(errors.New("collective: no member"))
	}
	p, err := a.Directory.Person(v.Context(), id)
	if err != nil {
		return nil, absent(err)
	}
	c, err := a.Directory.Collective(v.Context(), v.name)
	if err != nil {
		return nil, absent(err)
	}
	services, err := a.Directory.Services(v.Context())
	if err != nil {
		return nil, err
	}
	own := slices.DeleteFunc(slices.Clone(services), func(s directory.Service) bool { return s.Collective != v.name })
	return &card{visit: v, collective: c, person: p, services: own}, nil
}

func (a *Room) drawMember(w http.ResponseWriter, c *card) error {
	p := c.person
	page := themes.Member{
		Manage: a.manage(c.visit, c.collective, "members"), Action: c.here(),
		Name: p.Name, Handle: string(p.Handle), Anonymous: p.Anonymous, Language: a.language(p.Language),
		Since: a.Pages.Date(c.lang, p.Created), State: a.stateOf(p), Self: p.ID == c.visit.person.ID,
		Manager:       slices.Contains(c.collective.Managers, p.ID),
		SuspendReason: c.typed["suspend-reason"], SuspendUntil: c.typed["suspend-until"], ExpelReason: c.typed["expel-reason"],
	}
	page.Error, page.Faults, page.Open = c.refused.key, c.faults, c.typed["do"]
	a.trusted(c, &page)
	if err := a.vouched(c, &page); err != nil {
		return err
	}
	if err := a.access(c, &page); err != nil {
		return err
	}
	c.may(&page, p.MayEnter(a.Now()))
	return a.show(w, c.visit, c.status(), page)
}

// trusted is what only the collective reads that vouches for the account: the
// others know somebody by name, and that the account is shut, but not why.
func (a *Room) trusted(c *card, page *themes.Member) {
	p := c.person
	if p.Primary != c.name {
		return
	}
	page.Mail = p.Mail
	if page.State != string(directory.Suspended) {
		return
	}
	page.Reason = p.Reason
	if !p.Until.IsZero() {
		page.Until = a.Pages.Date(c.lang, p.Until)
	}
}

func (c *card) status() int {
	return (&file{refused: c.refused, faults: c.faults}).status()
}

// vouched says who validated somebody. Of another collective's decision there
// is its name, since only its managers can help with the account, and not who
// of them it was.
func (a *Room) vouched(c *card, page *themes.Member) error {
	p := c.person
	if p.Primary != c.name {
		if p.Primary == "" {
			return nil
		}
		home, err := a.Directory.Collective(c.Context(), p.Primary)
		if errors.Is(err, directory.ErrNotFound) {
			return nil
		}
		page.Primary = home.Title
		return err
	}
	if !p.ValidatedAt.IsZero() {
		page.Validated = a.Pages.Date(c.lang, p.ValidatedAt)
	}
	if p.ValidatedBy == "" {
		return nil
	}
	called, err := a.called(c.Context(), []directory.PersonID{p.ValidatedBy})
	page.Through = called[p.ValidatedBy].name
	return err
}

// access is what this collective opened to the member; what others did is
// theirs to know.
func (a *Room) access(c *card, page *themes.Member) error {
	standing, err := a.Directory.Standing(c.Context(), c.person.ID)
	if err != nil {
		return err
	}
	titles := map[directory.ServiceID]string{}
	for _, s := range c.services {
		titles[s.ID] = s.Title
		choice := themes.Choice{Value: string(s.Name), Name: s.Title}
		if slices.Contains(s.Managers, c.person.ID) {
			page.Admin = append(page.Admin, choice)
			continue
		}
		page.Keepable = append(page.Keepable, choice)
	}
	for _, x := range standing.Access {
		if title, own := titles[x.Service]; own && x.Collective == c.name {
			page.Access = append(page.Access, themes.AccessView{Title: title, Role: x.Role})
		}
	}
	return nil
}

// may says what the page offers. It is a courtesy: package membership decides.
func (c *card) may(page *themes.Member, open bool) {
	home := c.person.Primary == c.name
	suspended := c.person.State == directory.Suspended
	page.Suspend = home && !suspended && open && !page.Self && !page.Manager
	page.Restore = (home || c.person.Primary == "") && suspended && !page.Self
	page.Reset = home && open && !page.Self && c.person.Mail != ""
	page.Expel = !page.Self && !page.Manager
	page.Appoint = open && !page.Manager
	page.Dismiss = page.Manager && len(c.collective.Managers) > 1
	page.TwoSuspend = membership.Together(c.collective, directory.CaseSuspend)
	page.TwoAppoint = membership.Together(c.collective, directory.CaseAppoint)
	if !open || page.Self {
		page.Keepable = nil
	}
}

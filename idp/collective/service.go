// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// door is a service on the desk of who says who enters.
type door struct {
	visit
	collective directory.Collective
	service    directory.Service
	typed      web.Form
	faults     []themes.Fault
	refused    refused
}

func (a *Room) service(w http.ResponseWriter, v visit) error {
	d, err := a.stand(v)
	if err != nil {
		return err
	}
	return a.drawService(w, d)
}

// stand finds the service of the path, which is the collective's own.
func (a *Room) stand(v visit) (*door, error) {
	all, err := a.Directory.Services(v.Context())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(s directory.Service) bool {
		return s.Name == directory.ServiceName(v.PathValue("service")) && s.Collective == v.name
	})
	if i < 0 {
		return nil, notThere(errors.New("collective: no such service"))
	}
	c, err := a.Directory.Collective(v.Context(), v.name)
	if err != nil {
		return nil, absent(err)
	}
	return &door{visit: v, collective: c, service: all[i]}, nil
}

func (a *Room) drawService(w http.ResponseWriter, d *door) error {
	s := d.service
	page := themes.CollectiveService{
		Manage: a.manage(d.visit, d.collective, "services"), Action: d.here(), Keep: path(d.name, "services", string(s.Name), "keep"),
		Service: themes.ServiceView{Title: s.Title, Description: s.Description, URL: s.URL, Host: hostOf(s.URL)},
		Access:  string(s.Access), Stopped: s.State != directory.Active,
		Login: d.typed["login"], Role: d.typed["role"],
	}
	page.Error, page.Faults = d.refused.key, d.faults
	for _, guest := range s.Guests {
		page.Guests = append(page.Guests, a.titleOf(d.Context(), guest))
	}
	if err := a.holders(d, &page); err != nil {
		return err
	}
	admins, err := a.people(d.Context(), s.Managers)
	if err != nil {
		return err
	}
	for _, p := range admins {
		view := themes.HolderView{Named: themes.Named{Name: p.Name, Handle: string(p.Handle)}}
		if d.manages() {
			view.Shut = a.holderPost(d, "unkeep", p.ID, "")
		}
		page.Admins = append(page.Admins, view)
	}
	return a.show(w, d.visit, (&file{refused: d.refused, faults: d.faults}).status(), page)
}

// held is somebody to whom the service is open, with their name.
type held struct {
	known
	role string
}

// holders are the people to whom the collective opened the service, by name:
// one page of them.
func (a *Room) holders(d *door, page *themes.CollectiveService) error {
	all, err := a.heldBy(d.Context(), d.name, d.service.ID)
	if err != nil {
		return absent(err)
	}
	s := d.span(len(all))
	page.Total, page.Previous, page.Next = strconv.Itoa(len(all)), s.previous, s.next
	for _, h := range all[s.from:s.to] {
		page.Holders = append(page.Holders, themes.HolderView{
			Named: themes.Named{Name: h.name, Handle: string(h.handle)}, Role: h.role,
			Shut: a.holderPost(d, "shut", h.id, h.role),
		})
	}
	return nil
}

func (a *Room) heldBy(ctx context.Context, name directory.CollectiveName, service directory.ServiceID) ([]held, error) {
	holders, err := a.Directory.Holders(ctx, name, service)
	if err != nil {
		return nil, err
	}
	ids := make([]directory.PersonID, len(holders))
	for i, h := range holders {
		ids[i] = h.Person
	}
	called, err := a.called(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []held
	for _, h := range holders {
		if k, there := called[h.Person]; there {
			out = append(out, held{k, h.Role})
		}
	}
	slices.SortFunc(out, func(x, y held) int {
		return cmp.Or(strings.Compare(x.order, y.order), strings.Compare(string(x.id), string(y.id)), strings.Compare(x.role, y.role))
	})
	return out, nil
}

// holderPost is the button that takes something from somebody.
func (a *Room) holderPost(d *door, do string, id directory.PersonID, role string) themes.Post {
	fields := append(a.fields(d.visit), themes.Field{Name: "do", Value: do}, themes.Field{Name: "person", Value: string(id)})
	if role != "" {
		fields = append(fields, themes.Field{Name: "role", Value: role})
	}
	return themes.Post{Action: d.here(), Fields: fields}
}

// admit says who enters the service, and who keeps it.
func (a *Room) admit(w http.ResponseWriter, v visit) error {
	form, err := a.form(v, "login", "role", "person")
	if err != nil {
		return err
	}
	d, err := a.stand(v)
	if err != nil {
		return err
	}
	if form["do"] == "admit" {
		d.typed = form
		return a.admitted(w, d)
	}
	done, err := a.shut(d, form)
	if err != nil {
		return a.unadmitted(w, d, err)
	}
	return web.Redirect(w, v.Request, v.here(done))
}

// admitted opens the service to somebody named. That nobody is called so is said
// at the field: the page itself is there.
func (a *Room) admitted(w http.ResponseWriter, d *door) error {
	login, role := tidy(d.typed["login"]), tidy(d.typed["role"])
	if login == "" {
		d.faults = append(d.faults, a.fault(d.visit, "login", "access.login", "empty"))
	}
	if role != "" && !directory.ValidRole(role) {
		d.faults = append(d.faults, a.fault(d.visit, "role", "access.role", "role"))
	}
	if len(d.faults) > 0 {
		return a.drawService(w, d)
	}
	err := a.Memberships.Admit(d.Context(), d.by(), d.service.Name, login, role)
	if errors.Is(err, membership.ErrNotThere) {
		d.faults = []themes.Fault{a.fault(d.visit, "login", "access.login", "nobody")}
		return a.drawService(w, d)
	}
	if err != nil {
		return a.unadmitted(w, d, err)
	}
	return web.Redirect(w, d.Request, d.here("admitted"))
}

func (a *Room) shut(d *door, form web.Form) (string, error) {
	ctx, by, id := d.Context(), d.by(), directory.PersonID(form["person"])
	switch form["do"] {
	case "shut":
		return "shut", a.Memberships.Shut(ctx, by, d.service.Name, id, form["role"])
	case "unkeep":
		return "relieved", a.Memberships.Entrust(ctx, by, d.service.Name, id, false)
	}
	return "", badRequest()
}

func (a *Room) unadmitted(w http.ResponseWriter, d *door, cause error) error {
	if d.faults = a.faultsOf(d.visit, cause, places{"role": {"role", "access.role"}}); len(d.faults) > 0 {
		return a.drawService(w, d)
	}
	why, err := refusal(cause)
	if err != nil {
		return err
	}
	why.tell(d.Context(), cause)
	d.refused = why
	return a.drawService(w, d)
}

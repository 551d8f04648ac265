// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"context"
	"io"
	"net/http"

	"commonscloud.coop/clau/idp/account/export"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// exports is how often a person can have everything read.
func exports() web.Limit { return web.Limit{Name: "exports", Max: 10, Window: day} }

func (a *Room) data(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	return a.show(w, r, themes.MyData{Action: "/account/export", Fields: a.fields(v)})
}

// export hands out the one file with everything that is kept of the visitor.
func (a *Room) export(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	if _, err := a.form(r, v); err != nil {
		return err
	}
	if err := a.Limiter.Take(r.Context(), exports(), string(v.Session.Person)); err != nil {
		return err
	}
	file, err := a.maker().Gather(r.Context(), v.Session.Person, a.lang(r, v.Admission.Person.Language))
	if err != nil {
		return err
	}
	a.record(r.Context(), audit.DataExported, v.Session.Person, "")
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="`+file.Name()+`"`)
	return file.Write(w)
}

// Export writes the same file for an operator, who was asked for it by the
// person on paper or in person. The audit is told that it was the command.
func (a *Room) Export(ctx context.Context, w io.Writer, id directory.PersonID, lang string) error {
	file, err := a.maker().Gather(ctx, id, a.Pages.Match(lang))
	if err != nil {
		return err
	}
	a.Audit.Write(ctx, audit.Event{Kind: audit.DataExported, Person: id, Actor: audit.Command})
	return file.Write(w)
}

func (a *Room) maker() *export.Maker {
	return &export.Maker{
		Issuer: a.Issuer.String(), Source: a.Source, Directory: a.Directory, Consents: a.Consents, Subjects: a.SignOns,
		Cases: a.Memberships, Sessions: a.Sessions, Activity: a.Activity, Pages: a.Pages, Now: a.Now,
	}
}

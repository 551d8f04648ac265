// SPDX-License-Identifier: AGPL-3.0-or-later

package services

import (
	"net/http"
	"strconv"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/trace"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// trace shows what the reader's own test of the service has brought to light.
// There is no way to ask for anybody else's.
func (a *Room) trace(w http.ResponseWriter, v visit) error {
	d, err := a.stand(v)
	if err != nil {
		return err
	}
	entries, err := a.Traces.Read(v.Context(), v.person.ID, d.service.ID)
	if err != nil {
		return err
	}
	page := themes.ServiceTrace{
		Manage: a.manage(v, d.collective), Action: servicePath(d.service, "trace"), Name: d.service.Title,
		Begin: beginsAt(d.service), Keep: servicePath(d.service, "keep"),
	}
	if until := a.Traces.Until(v.Request, v.person.ID, d.service.ID); !until.IsZero() {
		page.Until = until.UTC().Format("15:04 UTC")
	}
	for _, e := range entries {
		page.Entries = append(page.Entries, entryView(e))
	}
	return a.show(w, v, http.StatusOK, page)
}

func beginsAt(s directory.Service) string {
	if s.OIDC != nil && s.OIDC.Metadata.InitiateLoginURI != "" {
		return s.OIDC.Metadata.InitiateLoginURI
	}
	return s.URL
}

func entryView(e trace.Entry) themes.EntryView {
	return themes.EntryView{
		When: e.At.UTC().Format("15:04:05"), Direct: e.Direct, Asked: e.Asked, Status: strconv.Itoa(e.Status), To: e.To, Error: e.Error,
		Sent: parts(e.Sent), Within: parts(e.Within), Answer: parts(e.Answer),
	}
}

func parts(of []trace.Said) []themes.SaidPart {
	var out []themes.SaidPart
	for _, one := range of {
		part := themes.SaidPart{Name: one.Name, Value: one.Value}
		if one.Hidden > 0 {
			part.Hidden = strconv.Itoa(one.Hidden)
		}
		out = append(out, part)
	}
	return out
}

// traced begins or ends a test.
func (a *Room) traced(w http.ResponseWriter, v visit) error {
	form, err := a.form(v)
	if err != nil {
		return err
	}
	d, err := a.stand(v)
	if err != nil {
		return err
	}
	done := "started"
	switch form["do"] {
	case "start":
		if err := a.Traces.Clear(v.Context(), v.person.ID, d.service.ID); err != nil {
			return err
		}
		a.Traces.Start(w, v.person.ID, d.service.ID)
	case "stop":
		a.Traces.Stop(w)
		done = "stopped"
	default:
		return badRequest()
	}
	return web.Redirect(w, v.Request, v.at(servicePath(d.service, "trace"), done))
}

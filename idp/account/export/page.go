// SPDX-License-Identifier: AGPL-3.0-or-later

package export

import (
	"time"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/retention"
	"commonscloud.coop/clau/themes"
)

// page is the document as people read it.
func (f *File) page() themes.Export {
	d := f.document
	page := themes.Export{
		Issuer: d.Issuer, Made: f.moment(d.Made), Name: d.Profile.Name, Handle: string(d.Profile.Handle),
		Given: d.Profile.GivenName, Family: d.Profile.FamilyName, Mail: d.Profile.Mail, Pending: d.Profile.Pending,
		Anonymous: d.Profile.Anonymous, Since: f.day(d.Profile.Created),
	}
	for _, m := range d.Memberships {
		page.Collectives = append(page.Collectives, themes.CollectiveView{
			Title: m.Title, Manager: m.Manager, Primary: m.Collective == d.Profile.Primary,
		})
	}
	for _, x := range d.Access {
		page.Access = append(page.Access, x.Title)
	}
	for _, r := range d.Requests {
		page.Requests = append(page.Requests, f.request(r))
	}
	for _, s := range d.Services {
		page.Services = append(page.Services, f.service(s))
	}
	for _, s := range d.Sessions {
		page.Sessions = append(page.Sessions, themes.SessionView{Since: f.moment(s.Proven), Seen: f.moment(s.LastUsed), Methods: s.Methods})
	}
	page.Days = f.days(d.Activity)
	for _, k := range d.Retention {
		page.Kept = append(page.Kept, themes.ExportKept(k))
	}
	return page
}

func (f *File) day(t time.Time) string    { return f.maker.Pages.Date(f.lang, t.UTC()) }
func (f *File) moment(t time.Time) string { return f.maker.Pages.DateTime(f.lang, t.UTC()) }

func (f *File) request(r Request) themes.AskedView {
	view := themes.AskedView{Title: f.collective(string(r.Collective)), Kind: string(r.Kind), Since: f.day(r.Created), Words: r.Words}
	for _, line := range r.Dialogue {
		view.Dialogue = append(view.Dialogue, themes.AskedLine{Mine: line.Mine, When: f.moment(line.At), Text: line.Text})
	}
	return view
}

// collective is the title of one of the person's own, or its name.
func (f *File) collective(name string) string {
	for _, m := range f.document.Memberships {
		if string(m.Collective) == name {
			return m.Title
		}
	}
	return name
}

// titled is the title of a service that the person decided about; empty: none.
func (f *File) titled(id string) string {
	for _, s := range f.document.Services {
		if string(s.ID) == id {
			return s.Title
		}
	}
	return ""
}

func (f *File) service(s Service) themes.ExportService {
	view := themes.ExportService{
		Title: s.Title, Through: f.collective(string(s.Through)), Receives: s.Allowed, Declined: s.Declined,
		Appear: string(s.Appearance), Since: f.day(s.Decided),
	}
	if s.LastUsed != nil {
		view.Used = f.day(*s.LastUsed)
	}
	for _, k := range []themes.KnownView{
		{Kind: "subject", Value: s.Subject}, {Kind: "pseudonym", Value: s.Pseudonym},
		{Kind: "handle", Value: s.Handle}, {Kind: "alias", Value: s.Alias},
	} {
		if k.Value != "" {
			view.Known = append(view.Known, k)
		}
	}
	for _, r := range s.Receipts {
		if r.Says != nil {
			view.Receipts = append(view.Receipts, f.receipt(*r.Says))
		}
	}
	return view
}

func (f *File) receipt(r consent.Receipt) themes.ExportReceipt {
	return themes.ExportReceipt{ID: r.ConsentReceiptID, When: f.moment(time.Unix(r.ConsentTimestamp, 0))}
}

func (f *File) days(events []Event) []themes.ActivityDay {
	var days []themes.ActivityDay
	for _, e := range events {
		day := f.day(e.At)
		if len(days) == 0 || days[len(days)-1].Day != day {
			days = append(days, themes.ActivityDay{Day: day})
		}
		last := &days[len(days)-1]
		last.Events = append(last.Events, themes.ActivityView{
			Time: e.At.Format("15:04"), Kind: e.Kind, By: e.By, Service: f.titled(string(e.Service)),
			Collective: f.collective(string(e.Collective)), Reference: e.Reference,
		})
	}
	return days
}

// retention is what is kept of anybody, in the words of the page about privacy.
func (m *Maker) retention(lang string) []Kept {
	var kept []Kept
	for _, row := range retention.Table() {
		if row.Impersonal {
			continue
		}
		words := "privacy.kept." + row.Name
		long := m.Pages.Text(lang, words+".end")
		if count, unit := row.Span(); count != "" {
			long = m.Pages.Text(lang, "privacy.time."+unit, "n", count) + " " + long
		}
		kept = append(kept, Kept{What: m.Pages.Text(lang, words+".what"), Why: m.Pages.Text(lang, words+".why"), Long: long})
	}
	return kept
}

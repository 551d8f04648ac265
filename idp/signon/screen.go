// SPDX-License-Identifier: AGPL-3.0-or-later

package signon

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// Dates writes days for people.
type Dates interface {
	Date(lang string, at time.Time) string
}

// drawConsent puts the question, in the collective's words.
func (p *Pipeline) drawConsent(w http.ResponseWriter, r *http.Request, at asked, status int, fault string) error {
	a := at.admission
	lang := p.c.Pages.Match(web.Language(r), at.Request.UILocales, a.Person.Language, r.Header.Get("Accept-Language"))
	through, err := p.c.Directory.Collective(r.Context(), a.verdict.Collective)
	if err != nil {
		return err
	}
	page := Screen(a.input, *a.verdict.Ask, lang)
	page.Action, page.Error = string(stepConsent), fault
	page.Fields = append(at.fields(r),
		themes.Field{Name: "seen", Value: a.verdict.Ask.Seen(lang)}, themes.Field{Name: "lang", Value: lang})
	p.entitle(r.Context(), &page)
	page.Service, page.Through = *p.service(r, a.Service.ID), through.Title
	page.Until = p.c.Dates.Date(lang, p.c.Now().AddDate(0, 0, a.verdict.Ask.RememberDays))
	return p.showIn(w, r, at.underway, lang, status, web.Brand(through), page)
}

// entitle calls the collectives by their titles. One that cannot be read keeps
// its short name.
func (p *Pipeline) entitle(ctx context.Context, page *themes.Consent) {
	for _, item := range page.Items {
		for i, g := range item.Groups {
			if c, err := p.c.Directory.Collective(ctx, directory.CollectiveName(g.Name)); err == nil {
				item.Groups[i].Title = c.Title
			}
		}
	}
}

// Screen is the consent screen of a question, in a language, without what only
// a sign-on in progress adds. A manager's preview shows the very same.
func Screen(in consent.Input, q consent.Question, lang string) themes.Consent {
	page := themes.Consent{
		Intro: q.Intro.In(lang), Purpose: q.Purpose.In(lang), Privacy: q.PrivacyURL, Why: string(q.Why),
	}
	for _, i := range q.Items {
		page.Items = append(page.Items, itemView(in, q, i, lang))
	}
	for _, kind := range q.Appearances {
		page.Appearances = append(page.Appearances, appearanceView(in, q, kind))
	}
	return page
}

func itemView(in consent.Input, q consent.Question, i consent.Item, lang string) themes.ConsentItem {
	view := themes.ConsentItem{
		Attribute: string(i.Attribute), Value: text(i.Value), Purpose: i.Purpose.In(lang), Keep: i.Keep.In(lang),
		Required: i.Required, Ticked: i.Ticked, New: i.New,
		Follows: len(q.Appearances) > 1 && text(i.Value) != text(i.Instead),
		Rights:  i.Attribute == release.Groups || i.Attribute == release.Roles,
	}
	if q.Appearance != directory.AppearReal && q.Appearance != "" && len(q.Appearances) < 2 {
		view.Value = text(i.Instead)
	}
	if i.Attribute == release.Language {
		view.Value = Spoken(view.Value)
	}
	if i.Attribute != release.Groups {
		return view
	}
	if len(q.Groups) > 0 {
		view.Value = "" // each collective shows its own
	}
	for _, c := range q.Groups {
		view.Groups = append(view.Groups, themes.GroupView{
			Name: string(c.Collective), Title: string(c.Collective), Value: groupValues(in, c.Collective),
			Fixed: c.Required, Ticked: c.Ticked,
		})
	}
	return view
}

// groupValues are what the service would read of one collective.
func groupValues(in consent.Input, c directory.CollectiveName) string {
	only := release.Terms{Allowed: release.Need{release.Groups}, Groups: []directory.CollectiveName{c}}
	told := release.Decide(release.Need{release.Groups}, release.Facts{
		Person: in.Person, Standing: in.Standing, Service: in.Service, Terms: only,
	})
	return text(told[release.Groups])
}

func appearanceView(in consent.Input, q consent.Question, kind directory.Appearance) themes.AppearanceView {
	view := themes.AppearanceView{Kind: string(kind), Chosen: kind == q.Appearance}
	asks := func(a release.Attribute) bool {
		return slices.ContainsFunc(q.Items, func(i consent.Item) bool { return i.Attribute == a })
	}
	for _, field := range []struct {
		attribute release.Attribute
		of        *string
		real, as  string
	}{
		{release.Name, &view.Name, in.Person.Name, q.Pseudonym},
		{release.Handle, &view.Handle, string(in.Person.Handle), in.Names.Handle},
		{release.Mail, &view.Mail, in.Person.Mail, in.Names.Alias},
	} {
		switch {
		case !asks(field.attribute):
		case kind == directory.AppearReal:
			*field.of = field.real
		case kind == directory.AppearPseudonym, field.attribute == release.Mail:
			*field.of = field.as
		}
	}
	if kind == directory.AppearPseudonym {
		view.Name = q.Pseudonym
	}
	view.Lost = strings.HasSuffix(view.Mail, ".invalid") // RFC 2606 section 2
	return view
}

// Spoken is a language tag with the language's own name for itself.
func Spoken(tag string) string {
	parsed, err := language.Parse(tag)
	if err != nil {
		return tag
	}
	return tag + " (" + display.Self.Name(parsed) + ")"
}

// text is a value as people read it.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []string:
		return strings.Join(v, ", ")
	}
	return ""
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/themes"
)

// guise is somebody invented, at the door of a service.
type guise struct {
	who    string // of [themes.PreviewView]
	person directory.Person
	of     directory.CollectiveName // the one they belong to
	policy consent.Policy           // of that, which is what they read
	title  string
}

// previews are the screens of one service, as each kind of person would see
// them if it asked for everything there is.
func (a *Room) previews(d *desk, p consent.Policy) ([]themes.PreviewView, error) {
	i := slices.IndexFunc(d.services, func(s directory.Service) bool { return s.Name == d.preview })
	if i < 0 {
		return nil, nil
	}
	service := d.services[i]
	own := guise{"member", sample(d.name, d.lang), d.name, p, d.collective.Title}
	unnamed := own
	unnamed.who, unnamed.person = "anonymous", anonymous(d.name, d.lang)
	guises := []guise{own, unnamed}
	guest, there, err := a.guest(d, service)
	if err != nil {
		return nil, err
	}
	if there {
		guises = append(guises, guest)
	}
	var out []themes.PreviewView
	for _, g := range guises {
		view, err := a.seen(d, service, g)
		if err != nil {
			return nil, err
		}
		out = append(out, view)
	}
	return out, nil
}

// guest is somebody of another collective that has to do with the service. They
// read that one's words, under its rules: managers see what is not theirs to say.
func (a *Room) guest(d *desk, s directory.Service) (guise, bool, error) {
	other, err := a.other(d, s)
	if err != nil || other.Name == "" {
		return guise{}, false, err
	}
	p, err := consent.ParsePolicy(other.Policy, consent.JSON)
	if err != nil {
		return guise{}, false, nil // nobody of theirs enters before that is mended
	}
	return guise{"guest", sample(other.Name, d.lang), other.Name, p, other.Title}, true, nil
}

// other is the first collective beside the manager's own whose people may enter
// the service: of a public one, any.
func (a *Room) other(d *desk, s directory.Service) (directory.Collective, error) {
	for _, name := range append([]directory.CollectiveName{s.Collective}, s.Guests...) {
		if name != d.name {
			c, err := a.Directory.Collective(d.Context(), name)
			if !errors.Is(err, directory.ErrNotFound) {
				return c, err
			}
		}
	}
	if s.Access != directory.AccessPublic {
		return directory.Collective{}, nil
	}
	for c, err := range a.Source.ListCollectives(d.Context()) {
		if err != nil || c.Name != d.name {
			return c, err
		}
	}
	return directory.Collective{}, nil
}

func (a *Room) seen(d *desk, s directory.Service, g guise) (themes.PreviewView, error) {
	in := consent.Input{
		Need: release.Need(release.Attributes()), Policy: g.policy, Service: s, Person: g.person,
		Standing: directory.Standing{Memberships: []directory.Membership{{Collective: g.of}}},
		Names:    consent.Names{Pseudonym: "Oreneta", Handle: "oreneta-27", Alias: "f3k9w2@alias.example"},
		Now:      a.Now(),
	}
	verdict := consent.Judge(in)
	view := themes.PreviewView{Who: g.who, Outcome: outcome(verdict)}
	if verdict.Ask == nil {
		return view, nil
	}
	view.Consent = signon.Screen(in, *verdict.Ask, d.lang)
	view.Consent.Through = g.title
	g.entitle(view.Consent)
	view.Consent.Until = a.Pages.Date(d.lang, a.Now().AddDate(0, 0, verdict.Ask.RememberDays))
	var err error
	view.Consent.Service, err = a.serviceView(d.Context(), s)
	return view, err
}

// entitle calls the one collective that they belong to by its title.
func (g guise) entitle(screen themes.Consent) {
	for _, item := range screen.Items {
		for i := range item.Groups {
			item.Groups[i].Title = g.title
		}
	}
}

func outcome(v consent.Verdict) string {
	switch {
	case v.Refused != nil:
		return "refused"
	case v.Ask != nil:
		return "asked"
	case len(v.Terms.Allowed) > 0:
		return "agreed"
	}
	return "nothing"
}

func (a *Room) serviceView(ctx context.Context, s directory.Service) (themes.ServiceView, error) {
	view := themes.ServiceView{Title: s.Title, Description: s.Description, URL: s.URL}
	if u, err := url.Parse(s.URL); err == nil {
		view.Host = u.Host
	}
	runs, err := a.Directory.Collective(ctx, s.Collective)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return view, err
	}
	view.Collective = runs.Title
	return view, nil
}

// sample is nobody: no manager sees a member's data for the sake of a preview.
func sample(of directory.CollectiveName, lang string) directory.Person {
	return directory.Person{
		ID: "sample", Handle: "alex.riera", State: directory.Active, Primary: of, Language: lang,
		Name: "Alex Riera Soler", GivenName: "Alex", FamilyName: "Riera Soler",
		Mail: "alex@exemple.example", Verified: []string{"alex@exemple.example"},
	}
}

func anonymous(of directory.CollectiveName, lang string) directory.Person {
	return directory.Person{
		ID: "sample", Handle: "garsa", State: directory.Active, Primary: of, Language: lang,
		Anonymous: true, Name: "Garsa",
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strings"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/pseudonym"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// SignOns knows what a service is told of a person.
type SignOns interface {
	Admit(ctx context.Context, person directory.PersonID, service directory.ServiceID, epoch int64, need release.Need) (signon.Admission, error)
	SubjectOf(ctx context.Context, service directory.Service, person directory.Person) (string, error)
}

// Consents keeps people's decisions.
type Consents interface {
	Consent(ctx context.Context, person directory.PersonID, service directory.ServiceID) (directory.Consent, error)
	ListConsents(ctx context.Context, person directory.PersonID) iter.Seq2[directory.Consent, error]
	PutConsent(ctx context.Context, sector string, c directory.Consent) error
	StopConsent(ctx context.Context, by directory.Actor, person directory.PersonID, service directory.ServiceID) error
}

// Receipts makes the signed record of a decision.
type Receipts interface {
	Receipt(ctx context.Context, in consent.Input, c directory.Consent, lang string) (string, error)
}

// held is a decision of the visitor's, and the service it is about.
type held struct {
	consent directory.Consent
	service directory.Service
}

// services lists what each service received, the last used first.
func (a *Room) services(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	page := themes.MyServices{}
	all, err := a.allHeld(r.Context(), v)
	if err != nil {
		return err
	}
	for _, h := range all {
		view, err := a.heldView(r, v, h)
		if err != nil {
			return err
		}
		page.Services = append(page.Services, view)
	}
	if r.URL.Query().Get("done") == "stopped" {
		page.Notice = "services.stopped"
	}
	return a.show(w, r, page)
}

func (a *Room) allHeld(ctx context.Context, v signon.Visitor) ([]held, error) {
	var all []held
	for c, err := range a.Consents.ListConsents(ctx, v.Session.Person) {
		if err != nil {
			return nil, err
		}
		s, err := a.Directory.Service(ctx, c.Service)
		if errors.Is(err, directory.ErrNotFound) {
			continue // the service is gone, and with it what it could do
		}
		if err != nil {
			return nil, err
		}
		all = append(all, held{c, s})
	}
	slices.SortFunc(all, func(x, y held) int {
		if c := y.consent.LastUsed.Compare(x.consent.LastUsed); c != 0 {
			return c
		}
		return strings.Compare(x.service.Title, y.service.Title)
	})
	return all, nil
}

func (a *Room) heldView(r *http.Request, v signon.Visitor, h held) (themes.HeldView, error) {
	lang := a.lang(r, v.Admission.Person.Language)
	c := h.consent
	view := themes.HeldView{
		Title: h.service.Title, Since: a.Pages.Date(lang, c.Decided), State: a.stateOf(c),
		Appear: string(c.Appearance), Receives: inOrder(c.Allowed),
		Detail: detailPath(h.service), Stop: a.post(v, h, "stop"),
	}
	if !c.LastUsed.IsZero() {
		view.Used = a.Pages.Date(lang, c.LastUsed)
	}
	if c.State != directory.Active {
		view.Stop = themes.Post{}
	}
	if view.State == "stopped" || view.State == "again" {
		view.Receives = nil
	}
	through, err := a.Directory.Collective(r.Context(), c.Collective)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return view, err
	}
	view.Through = through.Title
	if view.State == "agreed" {
		if policy, err := consent.ParsePolicy(through.Policy, consent.JSON); err == nil {
			if agreed := policy.For(h.service.Name).Agreed; agreed != nil {
				view.Agreed, view.Minutes = a.Pages.Date(lang, agreed.On.Time), agreed.Minutes
			}
		}
	}
	return view, nil
}

// inOrder is the order in which the consent screen shows attributes.
func inOrder(allowed []string) []string {
	var out []string
	for _, a := range release.Attributes() {
		if slices.Contains(allowed, string(a)) {
			out = append(out, string(a))
		}
	}
	return out
}

func (a *Room) stateOf(c directory.Consent) string {
	switch {
	case c.State != directory.Active:
		return "stopped"
	case c.Asked && !a.Now().Before(c.Expires):
		return "again"
	case c.Asked:
		return "asked"
	case len(c.Allowed) == 0:
		return "nothing"
	}
	return "agreed"
}

func detailPath(s directory.Service) string { return "/account/services/" + string(s.Name) }

// post is a form that does one thing with one service.
func (a *Room) post(v signon.Visitor, h held, what string) themes.Post {
	return themes.Post{Action: detailPath(h.service) + "/" + what, Fields: a.fields(v)}
}

// theHeld finds the service of the path among the visitor's own.
func (a *Room) theHeld(r *http.Request, v signon.Visitor) (held, error) {
	s, err := a.Directory.ServiceByName(r.Context(), directory.ServiceName(r.PathValue("service")))
	if errors.Is(err, directory.ErrNotFound) {
		return held{}, web.Fail(http.StatusNotFound, "not-found", err)
	}
	if err != nil {
		return held{}, err
	}
	c, err := a.Consents.Consent(r.Context(), v.Session.Person, s.ID)
	if errors.Is(err, directory.ErrNotFound) {
		return held{}, web.Fail(http.StatusNotFound, "not-found", err)
	}
	return held{c, s}, err
}

// stop ends what the person gave a service: the decision first, so that no
// token outlives it anywhere, then the tokens, then the service is told.
func (a *Room) stop(w http.ResponseWriter, r *http.Request) error {
	v := signon.VisitorOf(r.Context())
	if _, err := a.form(r, v); err != nil {
		return err
	}
	h, err := a.theHeld(r, v)
	if err != nil {
		return err
	}
	if err := a.Consents.StopConsent(r.Context(), directory.As(v.Session.Person), v.Session.Person, h.service.ID); err != nil {
		return err
	}
	outcomes, err := a.Logout.Stop(r.Context(), v.Session.Person, h.service.ID)
	if err != nil {
		return err
	}
	a.Audit.Write(r.Context(), audit.Event{
		Kind: audit.ConsentStopped, Person: v.Session.Person, Service: h.service.ID, Reference: web.Reference(r.Context()),
	})
	if h.consent, err = a.withReceipt(r, v, h); err != nil {
		return err
	}
	page, err := a.detail(r, v, h)
	if err != nil {
		return err
	}
	page.Notice, page.Outcomes = "services.stopped", a.told(r.Context(), outcomes)
	return a.show(w, r, page)
}

// withReceipt adds the receipt of what was just stopped.
func (a *Room) withReceipt(r *http.Request, v signon.Visitor, h held) (directory.Consent, error) {
	c, err := a.Consents.Consent(r.Context(), v.Session.Person, h.service.ID)
	if err != nil {
		return c, err
	}
	if c, err = a.receipted(r, v, h, c); err != nil {
		return c, err
	}
	return c, a.Consents.PutConsent(r.Context(), pseudonym.Sector(h.service), c)
}

// receipted is what was decided after the held decision, with its receipt.
func (a *Room) receipted(r *http.Request, v signon.Visitor, h held, after directory.Consent) (directory.Consent, error) {
	through, err := a.Directory.Collective(r.Context(), after.Collective)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return after, err
	}
	policy, err := consent.ParsePolicy(through.Policy, consent.JSON)
	if err != nil {
		policy = consent.Default() // unreadable since: the receipt is of the person's decision, not of it
	}
	in := consent.Input{
		Service: h.service, Person: v.Admission.Person, Standing: v.Admission.Standing, Consent: &h.consent,
		Policy: policy, Now: a.Now(),
	}
	receipt, err := a.Receipts.Receipt(r.Context(), in, after, a.lang(r, v.Admission.Person.Language))
	if err != nil {
		return after, err
	}
	return consent.WithReceipt(after, receipt), nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	departed "commonscloud.coop/clau/idp/farewell"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// farewell is a log-out request (OpenID Connect RP-Initiated Logout section 2)
// after its claims were held against what we know.
type farewell struct {
	session   session.Session // of the browser; zero: none
	client    client          // who asks; zero: nobody we know
	hint      hint            // zero: none that is good
	proven    bool            // nothing about the request is doubtful
	back      target          // zero: none registered
	state     string
	uiLocales string
}

// endSession is the end_session endpoint.
//
// A hint that fits the browser's session is what proves that the person wants
// to leave: the session ends at once, whatever device the hint was issued to. A
// hint in a request without a session ends the one it names (services ask so
// without a browser). Everything else is asked first, and only an address that
// is registered is ever gone to.
func (p *Provider) endSession(w http.ResponseWriter, r *http.Request) error {
	form, err := formOf(w, r)
	if err != nil {
		return web.Fail(http.StatusBadRequest, "bad-request", err)
	}
	s, err := p.c.Sessions.Read(r)
	if err != nil && !errors.Is(err, session.ErrNone) {
		return err
	}
	if confirmation := form.Get("confirmation"); r.Method == http.MethodPost && confirmation != "" {
		return p.confirmed(w, r, s, confirmation)
	}
	// A form on a service's page arrives without our cookie (SameSite=Lax): ask
	// the browser once more, in a way that brings it.
	if r.Method == http.MethodPost && s.Key == "" {
		return seeOther(w, p.path+"/logout?"+farewellOnly(form).Encode())
	}
	f, err := p.readFarewell(r.Context(), form, s)
	if err != nil {
		return err
	}
	return p.decideFarewell(w, r, f)
}

func farewellOnly(form url.Values) url.Values {
	out := url.Values{}
	for _, name := range []string{"id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales", "logout_hint"} {
		if values, ok := form[name]; ok {
			out[name] = values
		}
	}
	return out
}

// decideFarewell: see [Provider.endSession].
func (p *Provider) decideFarewell(w http.ResponseWriter, r *http.Request, f farewell) error {
	hinted := f.hint.Subject != ""
	switch {
	case f.session.Key == "" && f.proven && hinted:
		if err := p.endHinted(r.Context(), f); err != nil {
			return err
		}
		return p.goOn(w, r, f, nil)
	case f.session.Key == "":
		f.proven = false // nothing to end, nobody to ask, nowhere to go on to
		return p.farewellPage(w, r, f, nil)
	case f.proven && hinted:
		same, err := p.samePerson(r.Context(), f)
		if err != nil {
			return err
		}
		if same {
			return p.leave(w, r, f)
		}
	}
	return p.askFarewell(w, r, f)
}

// leave ends the browser's session.
func (p *Provider) leave(w http.ResponseWriter, r *http.Request, f farewell) error {
	outcomes, err := p.c.Room.End(r.Context(), f.session.Key)
	if err != nil {
		return err
	}
	p.c.Sessions.Forget(w)
	p.record(r.Context(), audit.Event{Kind: audit.LoggedOut, Person: f.session.Person, Service: f.client.service.ID})
	return p.goOn(w, r, f, outcomes)
}

// endHinted ends the session that the hint's sid names, if it is this service's
// and this person's. What came of it is not for this browser to show or to lead
// to: whoever holds a hint may be the service, which has no business with where
// else the person was. What only the browser could have told stays untold.
func (p *Provider) endHinted(ctx context.Context, f farewell) error {
	if f.hint.SID == "" {
		return nil
	}
	key, who, err := p.c.Room.BySID(ctx, f.hint.SID)
	if errors.Is(err, logout.ErrUnknown) {
		return nil // over already
	}
	if err != nil {
		return err
	}
	if who.Service != f.client.service.ID || who.Subject != f.hint.Subject {
		return nil
	}
	_, err = p.c.Room.End(ctx, key)
	if err == nil {
		p.record(ctx, audit.Event{Kind: audit.LoggedOut, Service: who.Service, Reason: "by-service"})
	}
	return err
}

// samePerson reports whether the hint is about who is logged in here.
func (p *Provider) samePerson(ctx context.Context, f farewell) (bool, error) {
	person, err := p.c.Directory.Person(ctx, f.session.Person)
	if errors.Is(err, directory.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	subject, err := p.c.SignOns.SubjectOf(ctx, f.client.service, person)
	return err == nil && subject == f.hint.Subject, err
}

// part is what a log-out request leaves for its answer, while the browser goes
// from service to service.
type part struct {
	Client    directory.ClientID `json:"client,omitempty"`
	Back      string             `json:"back,omitempty"`
	State     string             `json:"state,omitempty"`
	Proven    bool               `json:"proven,omitempty"`
	UILocales string             `json:"ui_locales,omitempty"`
}

// goOn tells the services that only the browser can tell, and then answers. The
// one that asked is not visited: it sent the browser here.
func (p *Provider) goOn(w http.ResponseWriter, r *http.Request, f farewell, outcomes []logout.Outcome) error {
	if p.c.Farewell == nil {
		return p.farewellPage(w, r, f, outcomes)
	}
	for i, o := range outcomes {
		if o.Status == logout.Browser && o.Participant.Service == f.client.service.ID {
			outcomes[i].Status = logout.Done
		}
	}
	reply, err := json.Marshal(part{f.client.oidc.ID, f.back.URI, f.state, f.proven, f.uiLocales})
	if err != nil {
		return fmt.Errorf("oidc: log-out: %w", err)
	}
	d := logout.Departure{Protocol: p.Protocol(), Reply: reply}
	if tags := strings.Fields(f.uiLocales); len(tags) > 0 {
		d.Language = p.c.Pages.Match(append(tags, web.Language(r), r.Header.Get("Accept-Language"))...)
	}
	return p.c.Farewell.Begin(w, r, d, outcomes)
}

// Conclude answers a log-out request once every service was told, or was passed
// by. Where it goes is proven again: the registration may have changed on the way.
func (p *Provider) Conclude(w http.ResponseWriter, r *http.Request, d logout.Departure) error {
	var asked part
	if err := json.Unmarshal(d.Reply, &asked); err != nil {
		return fmt.Errorf("oidc: log-out: %w", err)
	}
	f := farewell{state: asked.State, uiLocales: asked.UILocales, proven: asked.Proven}
	if asked.Back != "" {
		c, err := p.client(r.Context(), asked.Client)
		if err != nil && !errors.Is(err, errUnknownClient) {
			return err
		}
		to, ok := prove(c.oidc.Metadata.PostLogoutRedirectURIs, false, asked.Back)
		f.back, f.proven = to, f.proven && ok
	}
	return p.farewellPage(w, r, f, d.Outcomes())
}

// farewellPage goes back to the service, or says what was ended.
func (p *Provider) farewellPage(w http.ResponseWriter, r *http.Request, f farewell, outcomes []logout.Outcome) error {
	if f.proven && f.back.URI != "" {
		return seeOther(w, f.backWithState())
	}
	page := themes.LoggedOut{Services: departed.Views(r.Context(), p.c.Directory, outcomes)}
	if f.back.http() {
		page.Back = f.backWithState()
	}
	return p.show(w, r, f.uiLocales, page)
}

func (f farewell) backWithState() string {
	if f.state == "" {
		return f.back.URI
	}
	return f.back.with('?', url.Values{"state": {f.state}})
}

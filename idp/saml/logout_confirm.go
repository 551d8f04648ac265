// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// suspended is a LogoutRequest that waits for this browser to come by again. One
// that nobody signed, of a service that never signs them, anybody could have
// made: it ends nothing without the person's word, and of what it says nothing is
// kept but whom the answer goes to. One that is proven was posted from the
// service's page, which brings no cookie.
type suspended struct {
	asking
	Proven  bool     `json:"proven,omitempty"`
	Name    nameID   `json:"name,omitzero"`
	Value   string   `json:"value,omitempty"` // of Name, which does not write it
	Indexes []string `json:"indexes,omitempty"`
}

func suspendedKey(handle string) string { return "saml-logout:" + handle }

// suspendLogout keeps a request, and asks the browser to come by a GET of our own.
func (p *Provider) suspendLogout(w http.ResponseWriter, r *http.Request, s suspended) error {
	handle, err := p.random()
	if err != nil {
		return err
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := p.leave(r.Context(), suspendedKey(handle), raw); err != nil {
		return err
	}
	return web.Redirect(w, r, p.path+confirmPath+"?"+url.Values{"h": {handle}}.Encode())
}

// askLogout goes on with a request that is proven, and asks the person about one
// that is not. Where nobody is logged in there is nothing to ask: the person reads
// so, and the service, which may have asked for nothing, is sent nothing.
func (p *Provider) askLogout(w http.ResponseWriter, r *http.Request) error {
	handle, s, from, err := p.resumeLogout(r, p.c.Store.Get)
	if err != nil {
		return err
	}
	if s.Proven {
		return p.goOnLogout(w, r, from)
	}
	_, err = p.c.Sessions.Read(r)
	if errors.Is(err, session.ErrNone) {
		return p.nothingToEnd(w, r, from)
	}
	if err != nil {
		return err
	}
	if there, ok := frontDoor(from, s.Binding); ok {
		// Browsers hold a form against where its redirects lead as well.
		if err := web.AllowFormTarget(w, there.Answer()); err != nil {
			return err
		}
	}
	page := themes.ConfirmLogout{
		Action: p.path + confirmPath, Fields: []themes.Field{{Name: "h", Value: handle}},
		Service: &themes.ServiceView{Title: from.service.Title, Description: from.service.Description},
	}
	frame := themes.Frame{Lang: p.c.Pages.Match(web.Language(r), r.Header.Get("Accept-Language"))}
	return web.WritePage(w, p.c.Pages, http.StatusOK, frame, page)
}

// goOnLogout does what a proven request asks, once.
func (p *Provider) goOnLogout(w http.ResponseWriter, r *http.Request, from party) error {
	_, s, _, err := p.resumeLogout(r, p.c.Store.Take)
	if err != nil {
		return err
	}
	keys, err := p.sessionsOf(r.Context(), from, s.Name, s.Indexes)
	if err != nil {
		return err
	}
	return p.endAndGoOn(w, r, s.asking, keys)
}

// nothingToEnd is our own page, with a link to the service's.
func (p *Provider) nothingToEnd(w http.ResponseWriter, r *http.Request, from party) error {
	back := from.service.URL
	if _, err := web.Vet(back, []string{back}); err != nil {
		back = ""
	}
	return p.c.Farewell.Show(w, r, logout.Departure{}, back)
}

// confirmLogout ends this browser's session, which is what the person was asked
// about, whomever the request named. A page elsewhere cannot post here, and what
// it could have made somebody ask is spent by the first answer.
func (p *Provider) confirmLogout(w http.ResponseWriter, r *http.Request) error {
	_, s, from, err := p.resumeLogout(r, p.c.Store.Take)
	if err != nil {
		return err
	}
	if s.Proven {
		return over(nil) // no form of ours asks about it
	}
	own, err := p.c.Sessions.Read(r)
	if errors.Is(err, session.ErrNone) {
		return p.nothingToEnd(w, r, from)
	}
	if err != nil {
		return err
	}
	return p.endAndGoOn(w, r, s.asking, []string{own.Key})
}

// resumeLogout finds a request that waits, or takes it to act upon it, and who it
// is of, if they may still ask so.
func (p *Provider) resumeLogout(
	r *http.Request, read func(context.Context, string) ([]byte, error),
) (handle string, s suspended, from party, err error) {
	said, err := web.ParseForm(r, "h")
	if err != nil {
		return "", suspended{}, party{}, err
	}
	if handle = said["h"]; !isID(handle) || store.CheckKey(suspendedKey(handle)) != nil {
		return "", suspended{}, party{}, over(nil)
	}
	raw, err := read(r.Context(), suspendedKey(handle))
	if err != nil {
		return "", suspended{}, party{}, over(err)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", suspended{}, party{}, err
	}
	s.Name.Value = s.Value
	service, err := p.c.Directory.Service(r.Context(), s.Service)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return "", suspended{}, party{}, err
	}
	from, err = p.partyOf(service)
	if err != nil || service.State != directory.Active || !s.Proven && !from.settings().UnsignedLogout {
		return "", suspended{}, party{}, web.Fail(http.StatusBadRequest, "client-unknown", err)
	}
	return handle, s, from, nil
}

// heardBack takes in a LogoutResponse. Only the awaited one counts: of the
// service that was asked, signed by it, to the request that the relay belongs to.
// Anything else changes nothing, and the person goes on where they were.
func (p *Provider) heardBack(w http.ResponseWriter, r *http.Request, m message) error {
	from, relay, came, err := p.readAnswer(r, m)
	if err != nil && web.ProblemOf(err).Status >= http.StatusInternalServerError {
		return err
	}
	if err != nil {
		web.NoteError(r.Context(), err)
		return p.c.Farewell.Stay(w, r, m.relay)
	}
	return p.c.Farewell.Back(w, r, relay, from.service.ID, came)
}

// requestPrefix makes a relay an xs:ID: requests are named by their relays, so
// that an answer is to one request and no other.
const requestPrefix = "_"

func (p *Provider) readAnswer(r *http.Request, m message) (from party, relay string, came logout.Status, err error) {
	if from, err = p.sender(r.Context(), m.root); err != nil {
		return party{}, "", "", err
	}
	root, signed, err := p.prove(m, from)
	if err != nil {
		return party{}, "", "", err
	}
	if !signed && !from.settings().UnsignedLogout {
		return party{}, "", "", unproven(from, errors.New("saml: the answer is not signed"))
	}
	answer, err := parseLogoutResponse(root)
	if err != nil {
		return party{}, "", "", web.Fail(http.StatusBadRequest, "bad-request", err)
	}
	if answer.issuer != from.entityID() {
		return party{}, "", "", unproven(from, errors.New("saml: signed by another than it says"))
	}
	if err := p.arrived(answer.envelope, from, p.url(sloPath), signed); err != nil {
		return party{}, "", "", err
	}
	relay, ours := answer.relay()
	if !ours || m.relay != "" && m.relay != relay {
		return party{}, "", "", unproven(from, errors.New("saml: an answer to nothing that was asked"))
	}
	switch {
	case !answer.success:
		came = logout.Failed
	case !signed: // it came back from there, and that is all that is known
		came = logout.Asked
	default:
		came = logout.Done
	}
	return from, relay, came, nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// doubtful is a LogoutRequest that nobody signed, of a service that never signs
// them: anybody could have made it. It ends nothing without the person's word.
type doubtful struct {
	asking
	Name    nameID   `json:"name"`
	Value   string   `json:"value"` // of Name, which does not write it
	Indexes []string `json:"indexes,omitempty"`
}

func doubtfulKey(handle string) string { return "saml-logout:" + handle }

// suspendLogout keeps a doubtful request, and sends the browser to the question
// by a GET of our own, which brings the cookie also where the request was posted.
func (p *Provider) suspendLogout(w http.ResponseWriter, r *http.Request, d doubtful) error {
	handle, err := p.random()
	if err != nil {
		return err
	}
	d.Value = d.Name.Value
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	put := store.Put{Key: doubtfulKey(handle), Value: raw, TTL: comeBackLife}
	if err := p.c.Store.Write(r.Context(), put); err != nil {
		return err
	}
	return web.Redirect(w, r, p.path+confirmPath+"?"+url.Values{"h": {handle}}.Encode())
}

// askLogout asks the person. Where this browser's session is not the one that the
// request is about there is nothing to ask: nothing ends, and the service hears
// that nobody is logged in.
func (p *Provider) askLogout(w http.ResponseWriter, r *http.Request) error {
	handle, raw, err := p.suspended(r, false)
	if err != nil {
		return err
	}
	d, from, err := p.doubted(r, raw)
	if err != nil {
		return err
	}
	own, err := p.ownSession(r, d, from)
	if err != nil {
		return err
	}
	if own.Key == "" {
		if _, err := p.c.Store.Take(r.Context(), doubtfulKey(handle)); err != nil {
			return over(err)
		}
		return p.endAndGoOn(w, r, d.asking, nil)
	}
	if there, ok := frontDoor(from, d.Binding); ok {
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

// confirmLogout ends this browser's session, which is the only one that the
// person was asked about. A page elsewhere cannot post here, and what it could
// have made somebody ask is spent by the first answer.
func (p *Provider) confirmLogout(w http.ResponseWriter, r *http.Request) error {
	_, raw, err := p.suspended(r, true)
	if err != nil {
		return err
	}
	d, from, err := p.doubted(r, raw)
	if err != nil {
		return err
	}
	own, err := p.ownSession(r, d, from)
	if err != nil {
		return err
	}
	if own.Key == "" {
		return p.endAndGoOn(w, r, d.asking, nil)
	}
	return p.endAndGoOn(w, r, d.asking, []string{own.Key})
}

// suspended finds a doubtful request, and takes it to act upon it.
func (p *Provider) suspended(r *http.Request, take bool) (handle string, raw []byte, err error) {
	said, err := web.ParseForm(r, "h")
	if err != nil {
		return "", nil, err
	}
	if handle = said["h"]; !isID(handle) || store.CheckKey(doubtfulKey(handle)) != nil {
		return "", nil, over(nil)
	}
	read := p.c.Store.Get
	if take {
		read = p.c.Store.Take
	}
	raw, err = read(r.Context(), doubtfulKey(handle))
	if err != nil {
		return "", nil, over(err)
	}
	return handle, raw, nil
}

func (p *Provider) doubted(r *http.Request, raw []byte) (doubtful, party, error) {
	var d doubtful
	if err := json.Unmarshal(raw, &d); err != nil {
		return doubtful{}, party{}, err
	}
	d.Name.Value = d.Value
	s, err := p.c.Directory.Service(r.Context(), d.Service)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return doubtful{}, party{}, err
	}
	from, err := p.partyOf(s)
	if err != nil || s.State != directory.Active || !from.settings().UnsignedLogout {
		return doubtful{}, party{}, web.Fail(http.StatusBadRequest, "client-unknown", err)
	}
	return d, from, nil
}

// ownSession is this browser's session if the request is about it, and zero otherwise.
func (p *Provider) ownSession(r *http.Request, d doubtful, from party) (session.Session, error) {
	here, err := p.c.Sessions.Read(r)
	if errors.Is(err, session.ErrNone) {
		return session.Session{}, nil
	}
	if err != nil {
		return session.Session{}, err
	}
	keys, err := p.sessionsOf(r.Context(), from, d.Name, d.Indexes)
	if err != nil || !slices.Contains(keys, here.Key) {
		return session.Session{}, err
	}
	return here, nil
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

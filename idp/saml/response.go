// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"encoding/base64"
	"net/http"
	"time"

	crewjam "github.com/crewjam/saml"

	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// respond sends the assertion.
func (p *Provider) respond(w http.ResponseWriter, r *http.Request, from party, to reply, g grant) error {
	at := instant(p.c.Now())
	response, err := p.response(to, at, crewjam.StatusCode{Value: statusSuccess})
	if err != nil {
		return err
	}
	assertion, err := p.assertion(from, to, g, at)
	if err != nil {
		return err
	}
	raw, err := p.seal(from, response, assertion)
	if err != nil {
		return err
	}
	return p.post(w, r, from, to, raw)
}

// respondRefused tells the service why there is no assertion.
func (p *Provider) respondRefused(w http.ResponseWriter, r *http.Request, from party, to reply, no *refusal) error {
	no.note(r.Context())
	code := crewjam.StatusCode{Value: no.top}
	if no.second != "" {
		code.StatusCode = &crewjam.StatusCode{Value: no.second}
	}
	response, err := p.response(to, instant(p.c.Now()), code)
	if err != nil {
		return err
	}
	response.Status.StatusMessage = &crewjam.StatusMessage{Value: no.message}
	raw, err := p.sealRefusal(from, response)
	if err != nil {
		return err
	}
	return p.post(w, r, from, to, raw)
}

// response is the envelope of either (saml-core-2.0-os section 3.3.3).
func (p *Provider) response(to reply, at time.Time, code crewjam.StatusCode) (*crewjam.Response, error) {
	id, err := p.random()
	if err != nil {
		return nil, err
	}
	return &crewjam.Response{
		ID: id, Version: "2.0", IssueInstant: at, Destination: to.ACS, InResponseTo: to.InResponseTo,
		Issuer: p.issuer(), Status: crewjam.Status{StatusCode: code},
	}, nil
}

// post is the HTTP-POST binding (saml-bindings-2.0-os section 3.5): a page that
// sends its form by itself, and has a button where scripts do not run.
// RelayState comes back byte by byte; Clau itself never follows it.
func (p *Provider) post(w http.ResponseWriter, r *http.Request, from party, to reply, raw []byte) error {
	fields := map[string]string{samlResponse: base64.StdEncoding.EncodeToString(raw)}
	if to.Relay != "" {
		fields["RelayState"] = to.Relay
	}
	frame := themes.Frame{Lang: p.c.Pages.Match(web.Language(r), r.Header.Get("Accept-Language"))}
	return web.SendForm(w, p.c.Pages, frame, web.Posted{To: to.ACS, Title: from.service.Title, Fields: fields})
}

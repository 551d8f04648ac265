// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// statusPartialLogout says that not every service is known to have logged the
// person out (saml-core-2.0-os section 3.7.3.2).
const statusPartialLogout = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"

// asking is what a LogoutRequest leaves for its answer, while the browser goes
// from service to service.
type asking struct {
	Service directory.ServiceID `json:"service"`
	ID      string              `json:"id"`
	Relay   string              `json:"relay,omitempty"`
	Binding string              `json:"binding"`
	Silent  bool                `json:"silent,omitempty"`

	// Partial says that of sessions in other browsers not every service was told.
	Partial bool `json:"partial,omitempty"`
}

func (a asking) raw() []byte {
	raw, _ := json.Marshal(a) // strings only
	return raw
}

// Conclude implements [farewell.Concluder]: it answers the service that asked,
// where its metadata says and nowhere else. RelayState is handed back and never
// followed. One that waits for nothing, or is not registered any more, leaves
// the person with our own page.
func (p *Provider) Conclude(w http.ResponseWriter, r *http.Request, d logout.Departure) error {
	var asked asking
	if err := json.Unmarshal(d.Reply, &asked); err != nil {
		return fmt.Errorf("saml: log-out: %w", err)
	}
	s, err := p.c.Directory.Service(r.Context(), asked.Service)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	to, err := p.partyOf(s)
	if err != nil || asked.Silent {
		return p.c.Farewell.Show(w, r, d, "")
	}
	there, ok := frontDoor(to, asked.Binding)
	if !ok {
		return p.c.Farewell.Show(w, r, d, "")
	}
	answer, err := p.logoutResponse(asked.ID, there.Answer(), !asked.Partial && logout.Whole(d.Outcomes()))
	if err != nil {
		return err
	}
	return p.sendLogout(w, r, to, outgoing{there.Binding, there.Answer(), samlResponse, asked.Relay, answer})
}

// frontDoor is where the browser brings a service what is about a log-out, by
// the binding that it used itself if it takes that.
func frontDoor(to party, preferred string) (metadata.Endpoint, bool) {
	for _, binding := range []string{preferred, metadata.BindingRedirect, metadata.BindingPOST} {
		if binding == metadata.BindingSOAP {
			continue
		}
		if there, ok := to.metadata.Logout(binding); ok {
			return there, true
		}
	}
	return metadata.Endpoint{}, false
}

func (p *Provider) logoutResponse(to, destination string, whole bool) (*etree.Element, error) {
	id, err := p.random()
	if err != nil {
		return nil, err
	}
	code := crewjam.StatusCode{Value: statusSuccess}
	if !whole {
		code.StatusCode = &crewjam.StatusCode{Value: statusPartialLogout}
	}
	response := &crewjam.LogoutResponse{
		ID: id, Version: "2.0", IssueInstant: instant(p.c.Now()), Destination: destination, InResponseTo: to,
		Issuer: p.issuer(), Status: crewjam.Status{StatusCode: code},
	}
	return response.Element(), nil
}

// outgoing is a message on its way through the browser.
type outgoing struct {
	binding   string
	location  string
	parameter string // samlRequest or samlResponse
	relay     string
	root      *etree.Element
}

// visit signs a message: of a redirect the query, of a form the message itself
// (saml-bindings-2.0-os sections 3.4.4.1 and 3.5.4.1).
func (p *Provider) visit(to party, m outgoing) (logout.Visit, error) {
	cert, err := p.c.Certificates.Signing(to.settings().Key)
	if err != nil {
		return logout.Visit{}, fmt.Errorf("saml: nothing to sign with: %w", err)
	}
	if m.binding == metadata.BindingRedirect {
		raw, err := xmlsig.Bytes(m.root)
		if err != nil {
			return logout.Visit{}, err
		}
		query, err := xmlsig.SignQuery(cert.Signer, m.parameter, raw, m.relay)
		if err != nil {
			return logout.Visit{}, err
		}
		sign := "?"
		if strings.Contains(m.location, "?") {
			sign = "&"
		}
		return logout.Visit{URL: m.location + sign + query}, nil
	}
	signed, err := xmlsig.Sign(m.root, cert.Signer, cert.DER)
	if err != nil {
		return logout.Visit{}, err
	}
	raw, err := xmlsig.Bytes(signed)
	if err != nil {
		return logout.Visit{}, err
	}
	form := map[string]string{m.parameter: base64.StdEncoding.EncodeToString(raw)}
	if m.relay != "" {
		form["RelayState"] = m.relay
	}
	return logout.Visit{URL: m.location, Form: form}, nil
}

// sendLogout sends the browser with it.
func (p *Provider) sendLogout(w http.ResponseWriter, r *http.Request, to party, m outgoing) error {
	visit, err := p.visit(to, m)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	if visit.Form == nil {
		there, err := web.Vet(visit.URL, []string{visit.URL}) // of the metadata, which was checked
		if err != nil {
			return err
		}
		return web.RedirectAway(w, r, there)
	}
	frame := themes.Frame{Lang: p.c.Pages.Match(web.Language(r), r.Header.Get("Accept-Language"))}
	return web.SendForm(w, p.c.Pages, frame, web.Posted{To: visit.URL, Title: to.service.Title, Fields: visit.Form})
}

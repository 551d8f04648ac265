// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/farewell"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

var (
	_ logout.Escort      = (*Provider)(nil)
	_ farewell.Concluder = (*Provider)(nil)
)

const confirmPath = sloPath + "/confirm"

// logoutRoutes are the doors of the log-out (saml-profiles-2.0-os section 4.4).
func (p *Provider) logoutRoutes() []web.Route {
	at := func(method, path string) string { return method + " " + p.path + path }
	return []web.Route{
		{Pattern: at("GET", sloPath), Needs: web.Anyone, Handle: p.singleLogout},
		{Pattern: at("POST", sloPath), Needs: web.AnyoneFromAnySite, Handle: p.singleLogout, Body: bodyMax},
		{Pattern: at("GET", confirmPath), Needs: web.Anyone, Handle: p.askLogout},
		{Pattern: at("POST", confirmPath), Needs: web.Anyone, Handle: p.confirmLogout},
		{Pattern: at("POST", soapPath), Needs: web.Service, Handle: p.soapLogout, Body: bodyMax},
	}
}

// singleLogout is the SingleLogoutService: requests of services arrive here, and
// their answers to ours.
func (p *Provider) singleLogout(w http.ResponseWriter, r *http.Request) error {
	m, err := receive(r)
	if err != nil {
		return err
	}
	if m.parameter == samlResponse {
		return p.heardBack(w, r, m)
	}
	from, request, signed, err := p.readLogout(r.Context(), m, p.url(sloPath))
	if err != nil {
		return err
	}
	asked := asking{
		Service: from.service.ID, ID: request.id, Relay: m.relay, Binding: bindingOf(r), Silent: request.silent,
	}
	if !signed {
		asked.Relay = "" // words that anybody could have written are not handed on in our name
		return p.suspendLogout(w, r, suspended{asking: asked})
	}
	if err := p.spend(r.Context(), from, &request); err != nil {
		return err
	}
	if r.Method == http.MethodPost && !p.c.Sessions.Sent(r) {
		return p.suspendLogout(w, r, suspended{asking: asked, Proven: true, Name: request.name, Value: request.name.Value, Indexes: request.indexes})
	}
	keys, err := p.sessionsOf(r.Context(), from, request.name, request.indexes)
	if err != nil {
		return err
	}
	return p.endAndGoOn(w, r, asked, keys)
}

func bindingOf(r *http.Request) string {
	if r.Method == http.MethodPost {
		return metadata.BindingPOST
	}
	return metadata.BindingRedirect
}

// readLogout finds who asks and what, in the order of [Provider.readRequest].
func (p *Provider) readLogout(ctx context.Context, m message, endpoint string) (party, logoutRequest, bool, error) {
	from, err := p.sender(ctx, m.root)
	if err != nil {
		return party{}, logoutRequest{}, false, err
	}
	if m.deflated && !from.settings().DeflatedPost {
		return party{}, logoutRequest{}, false, web.Fail(http.StatusBadRequest, "bad-request", errors.New("saml: posted what a redirect would hold"))
	}
	root, signed, err := p.prove(m, from)
	if err != nil {
		return party{}, logoutRequest{}, false, err
	}
	if !signed && !from.settings().UnsignedLogout {
		return party{}, logoutRequest{}, false, unproven(from, errors.New("saml: the log-out is not signed"))
	}
	request, err := parseLogout(root, signed)
	if err != nil {
		return party{}, logoutRequest{}, false, web.Fail(http.StatusBadRequest, "bad-request", err)
	}
	if request.issuer != from.entityID() {
		return party{}, logoutRequest{}, false, unproven(from, errors.New("saml: signed by another than it says"))
	}
	if request.over(p.c.Now()) {
		return party{}, logoutRequest{}, false, web.FailDetail(http.StatusBadRequest, "message-stale", from.service.Title, nil)
	}
	return from, request, signed, p.arrived(request.envelope, from, endpoint, signed)
}

// spend takes a request once: sent again, by whoever saw it pass, it ends
// nothing that began since. Only then a hidden name is looked into, so that each
// proven request asks the key once.
func (p *Provider) spend(ctx context.Context, from party, request *logoutRequest) error {
	err := p.claim(ctx, from, reply{InResponseTo: request.id}, nil)
	if errors.Is(err, store.ErrExists) {
		return over(err)
	}
	if err != nil {
		return err
	}
	if err := p.reveal(request); err != nil {
		return web.Fail(http.StatusBadRequest, "bad-request", err)
	}
	return nil
}

// sessionsOf are the keys of the sessions that a request is about: those in which
// this very service knows somebody by the name, of them those with one of the
// indexes, and without any all (saml-core-2.0-os section 3.7.1). What another
// service calls somebody finds nothing.
func (p *Provider) sessionsOf(ctx context.Context, from party, name nameID, indexes []string) ([]string, error) {
	found, err := p.c.Room.ByName(ctx, from.service.ID, name.Value)
	if err != nil {
		return nil, err
	}
	meant := map[string]bool{}
	for _, index := range indexes {
		meant[index] = true
	}
	var keys []string
	for key, who := range found {
		known, err := rememberedName(who.Name, who.Detail)
		if err != nil {
			return nil, err
		}
		if known.names(name) && (len(indexes) == 0 || meant[who.SID]) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// endAndGoOn ends sessions, tells the others, and answers. The service that
// asked knows, and is not told again.
//
// Where this browser goes on to, and what it shows, is about the session that it
// proves by its cookie, and no other: a service may bring its request by any
// browser, and whoever holds that one would read where else the person is a
// guest, and under which names. Of other sessions the answer says whether all
// were told, and what only their browsers could have told stays untold.
func (p *Provider) endAndGoOn(w http.ResponseWriter, r *http.Request, asked asking, keys []string) error {
	here, elsewhere, err := p.apart(r, keys)
	if err != nil {
		return err
	}
	outcomes, err := p.c.Room.EndBut(r.Context(), asked.Service, here...)
	if err != nil {
		return err
	}
	if len(here) > 0 {
		p.c.Sessions.Forget(w)
	}
	unseen, err := p.c.Room.EndBut(r.Context(), asked.Service, elsewhere...)
	if err != nil {
		return err
	}
	asked.Partial = !logout.Whole(unseen)
	p.recordLogout(r.Context(), asked.Service, keys)
	return p.c.Farewell.Begin(w, r, logout.Departure{Protocol: p.Protocol(), Reply: asked.raw()}, outcomes)
}

// apart parts the key of this browser's session from those of others.
func (p *Provider) apart(r *http.Request, keys []string) (here, elsewhere []string, err error) {
	own, err := p.c.Sessions.Read(r)
	if err != nil && !errors.Is(err, session.ErrNone) {
		return nil, nil, err
	}
	for _, key := range keys {
		if err == nil && key == own.Key {
			here = append(here, key)
			continue
		}
		elsewhere = append(elsewhere, key)
	}
	return here, elsewhere, nil
}

func (p *Provider) recordLogout(ctx context.Context, service directory.ServiceID, ended []string) {
	if p.c.Audit == nil || len(ended) == 0 {
		return
	}
	p.c.Audit.Write(ctx, audit.Event{
		Kind: audit.LoggedOut, Service: service, Reason: "by-service", Reference: web.Reference(ctx),
	})
}

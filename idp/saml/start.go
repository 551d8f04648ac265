// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
)

// start begins a sign-on that no service asked for (saml-profiles-2.0-os section
// 4.1.5), where its record says that it takes such answers. Others are asked to
// ask: the person is led to the service's own link. Where the browser goes is
// never taken from the request.
func (p *Provider) start(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, "service")
	if err != nil {
		return err
	}
	s, err := p.c.Directory.ServiceByName(r.Context(), directory.ServiceName(form["service"]))
	if errors.Is(err, directory.ErrNotFound) || err == nil && (s.State != directory.Active || s.Protocol() != directory.ProtocolSAML) {
		return web.Fail(http.StatusNotFound, "not-found", err)
	}
	if err != nil {
		return err
	}
	if !s.SAML.Settings.Unsolicited {
		return p.leadTo(w, r, s)
	}
	from, err := p.partyOf(s)
	if err != nil {
		return web.Fail(http.StatusBadRequest, "client-unknown", err)
	}
	acs, ok := from.metadata.DefaultACS()
	if !ok {
		return web.FailDetail(http.StatusBadRequest, "redirect-unproven", s.Title, errNoACS)
	}
	to := reply{ACS: acs.Location, Format: usualFormat(from.settings())}
	wish, no := wishOf(from, nil)
	if no != nil {
		return p.respondRefused(w, r, from, to, no)
	}
	signOn, no := p.signOn(from, wish, &to, signon.Request{})
	if no != nil {
		return p.respondRefused(w, r, from, to, no)
	}
	return p.c.SignOns.Begin(w, r, signOn)
}

// leadTo goes to the link that the service registered. Who may not enter it is
// told what they would be told if there were none: its address is nobody else's
// business.
func (p *Provider) leadTo(w http.ResponseWriter, r *http.Request, s directory.Service) error {
	standing, err := p.standing(r)
	if err != nil {
		return err
	}
	if !s.Open(standing) {
		return web.Fail(http.StatusNotFound, "not-found", nil)
	}
	link, err := web.Vet(s.URL, []string{s.URL})
	if err != nil {
		return web.Fail(http.StatusNotFound, "not-found", err)
	}
	return web.RedirectAway(w, r, link)
}

// standing is that of who is logged in here, and of a stranger otherwise.
func (p *Provider) standing(r *http.Request) (directory.Standing, error) {
	s, err := p.c.Sessions.Read(r)
	if errors.Is(err, session.ErrNone) {
		return directory.Standing{}, nil
	}
	if err != nil {
		return directory.Standing{}, err
	}
	a, err := p.c.SignOns.Admit(r.Context(), s.Person, "", s.Epoch, nil)
	if errors.Is(err, signon.ErrStopped) {
		return directory.Standing{}, nil
	}
	return a.Standing, err
}

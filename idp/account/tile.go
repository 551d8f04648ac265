// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"context"
	"errors"
	"net/url"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// tile is a service in the portal. One that cannot work without a name says so
// before an anonymous person goes there in vain.
func (a *Room) tile(ctx context.Context, v signon.Visitor, s directory.Service) (themes.ServiceView, error) {
	view := a.view(ctx, s)
	view.URL = a.launch(s)
	if a.Ends != nil {
		view.Ends = a.Ends(s)
	}
	// A list leaves the pictures out. One that cannot be read costs the picture.
	if whole, err := a.Directory.Service(ctx, s.ID); err == nil {
		view.Logo = web.ServiceLogoPath(whole)
	}
	if !v.Admission.Person.Anonymous {
		return view, nil
	}
	_, err := a.SignOns.Admit(ctx, v.Session.Person, s.ID, v.Session.Epoch, nil)
	switch {
	case errors.Is(err, signon.ErrClosed):
		view.Note = "service.not-anonymous"
	case err != nil && !errors.Is(err, signon.ErrWithdrawn) && !errors.Is(err, signon.ErrStopped):
		return view, err
	}
	return view, nil
}

// launch is where the link to a service leads: where it begins a sign-on by
// itself, so that nobody has to look for the button there.
func (a *Room) launch(s directory.Service) string {
	switch s.Protocol() {
	case directory.ProtocolSAML:
		return a.Issuer.Path + "/saml/start?" + url.Values{"service": {string(s.Name)}}.Encode()
	case directory.ProtocolOIDC:
		if address := s.OIDC.Metadata.InitiateLoginURI; address != "" {
			return a.initiate(s, address)
		}
	}
	return s.URL
}

// initiate asks a service to ask for a sign-on (OpenID Connect Core section 4).
// Who is about to come is nothing that it needs to be told before.
func (a *Room) initiate(s directory.Service, address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return s.URL
	}
	query := u.Query()
	query.Set("iss", a.Issuer.String())
	u.RawQuery = query.Encode()
	return u.String()
}

// view is a service as people see it. A collective whose title cannot be read
// costs the title, not the page.
func (a *Room) view(ctx context.Context, s directory.Service) themes.ServiceView {
	view := themes.ServiceView{Title: s.Title, Description: s.Description, URL: s.URL}
	if u, err := url.Parse(s.URL); err == nil {
		view.Host = u.Host
	}
	if c, err := a.Directory.Collective(ctx, s.Collective); err == nil {
		view.Collective = c.Title
	}
	return view
}

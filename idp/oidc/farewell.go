// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// readFarewell parses a log-out request. Nothing in it is an error: what cannot
// be believed makes the request unproven, and then the person is asked.
func (p *Provider) readFarewell(ctx context.Context, form url.Values, s session.Session) (farewell, error) {
	f := farewell{session: s, proven: !repeated(form), uiLocales: form.Get("ui_locales")}
	if state := form.Get("state"); len(state) <= limitOf("state") {
		f.state = state
	}
	id := directory.ClientID(form.Get("client_id"))
	if signed := form.Get("id_token_hint"); signed != "" {
		h, err := p.readHint(signed)
		if err != nil || id != "" && id != h.Audience {
			f.proven, id = false, ""
		} else {
			f.hint, id = h, h.Audience
		}
	}
	if id == "" {
		f.proven = f.proven && form.Get("post_logout_redirect_uri") == ""
		return f, nil
	}
	c, err := p.client(ctx, id)
	if errors.Is(err, errUnknownClient) {
		f.proven, f.hint = false, hint{}
		return f, nil
	}
	if err != nil {
		return farewell{}, err
	}
	f.client = c
	if uri := form.Get("post_logout_redirect_uri"); uri != "" {
		to, ok := prove(c.oidc.Metadata.PostLogoutRedirectURIs, false, uri)
		f.back, f.proven = to, f.proven && ok
	}
	return f, nil
}

func repeated(form url.Values) bool {
	for name := range farewellOnly(form) {
		if len(form[name]) > 1 {
			return true
		}
	}
	return false
}

// confirmation is what the confirmation form brings back: which session to end,
// and where to go on to. Sealed, it cannot be made by a page that wants to log
// somebody out, and it fits no other session.
type confirmation struct {
	Session   string             `json:"session"`
	Client    directory.ClientID `json:"client,omitempty"`
	Back      string             `json:"back,omitempty"`
	State     string             `json:"state,omitempty"`
	UILocales string             `json:"ui_locales,omitempty"`
	Until     int64              `json:"until"`
}

const confirmFor = 30 * time.Minute

// askFarewell asks the person whether to log out.
func (p *Provider) askFarewell(w http.ResponseWriter, r *http.Request, f farewell) error {
	raw, err := json.Marshal(confirmation{
		Session: f.session.Key, Client: f.client.oidc.ID, Back: f.back.URI, State: f.state, UILocales: f.uiLocales,
		Until: p.c.Now().Add(confirmFor).Unix(),
	})
	if err != nil {
		return fmt.Errorf("oidc: confirmation: %w", err)
	}
	page := themes.ConfirmLogout{
		Action: p.path + "/logout",
		Fields: []themes.Field{{Name: "confirmation", Value: p.confirm.seal(raw, "")}},
	}
	if f.client.service.ID != "" {
		page.Service = &themes.ServiceView{Title: f.client.service.Title, Description: f.client.service.Description}
	}
	if person, err := p.c.Directory.Person(r.Context(), f.session.Person); err == nil {
		page.Person = person.Name
	}
	// The form's redirect leads to the service; browsers apply form-action to it.
	if f.back.URI != "" {
		if err := web.AllowFormTarget(w, f.back.URI); err != nil {
			return err
		}
	}
	return p.show(w, r, f.uiLocales, page)
}

// confirmed ends the session that the person was asked about. One that is over
// by now, or is another's, is not worth an error: it is said what is true.
func (p *Provider) confirmed(w http.ResponseWriter, r *http.Request, s session.Session, sealed string) error {
	raw, err := p.confirm.open(sealed, "")
	if err != nil {
		return web.Fail(http.StatusBadRequest, "bad-request", err)
	}
	var said confirmation
	if err := json.Unmarshal(raw, &said); err != nil {
		return web.Fail(http.StatusBadRequest, "bad-request", err)
	}
	if s.Key == "" {
		return p.farewellPage(w, r, farewell{uiLocales: said.UILocales}, nil)
	}
	if s.Key != said.Session || p.c.Now().Unix() >= said.Until {
		return web.Fail(http.StatusBadRequest, "expired", nil)
	}
	f := farewell{session: s, proven: true, state: said.State, uiLocales: said.UILocales}
	if c, err := p.client(r.Context(), said.Client); err == nil && said.Back != "" {
		f.client = c
		f.back, f.proven = prove(c.oidc.Metadata.PostLogoutRedirectURIs, false, said.Back)
	}
	return p.leave(w, r, f)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge

import (
	"net/http"
	"net/url"

	"commonscloud.coop/clau/idp/trace"
	"commonscloud.coop/clau/idp/web"
)

// whoAmI is the endpoint that these applications ask whose the token is.
func (b *Bridge) whoAmI(w http.ResponseWriter, r *http.Request) error {
	who, err := b.owner(r)
	if err == nil && b.usable(who.told) {
		return web.WriteJSON(w, http.StatusOK, b.identity(who))
	}
	no := refusalOf(err)
	if err == nil || no.code == invalidGrant || no.code == invalidClient {
		no = &refusal{invalidToken, "the token is not good any more", err}
	}
	no.note(r.Context())
	return web.WriteJSON(w, no.status(), b.refusal(no))
}

// owner spends the token. Every token that is not good, whatever its fault, is
// the same error.
func (b *Bridge) owner(r *http.Request) (identity, error) {
	c, err := b.client(r)
	if err != nil {
		return identity{}, err
	}
	t, ok := parseToken(b.shown(r))
	if !ok || aged(t.issued, b.c.Now(), b.c.TokenLife) {
		return identity{}, errOver
	}
	g, won, err := b.spend(r.Context(), t.key, t.state(), spentState)
	if err != nil {
		return identity{}, err
	}
	trace.Of(r.Context()).Granted(g.Traced, g.Person, g.Service)
	if !won || g.Service != c.service.ID {
		return identity{}, errOver
	}
	return b.admission(r.Context(), g)
}

// onlyValue is a parameter of an address that is there exactly once.
func onlyValue(r *http.Request, name string) string {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return ""
	}
	value, _ := single(query, name)
	return value
}

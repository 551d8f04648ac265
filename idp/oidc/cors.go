// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"net/http"
	"slices"
)

// Pages of other origins may read token and userinfo answers when they are
// those of a public client: applications that run in the browser. Cookies are
// never part of it. A preflight does not say which client it is for, so it is
// answered to everybody; what comes after it can be read by those origins only
// at which the very client that was named may receive codes.

// preflight is the answer to OPTIONS (Fetch standard, CORS-preflight).
func preflight(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		h.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// serves notes which client the answer is for.
func (v *visit) serves(c client) {
	if !c.oidc.Public() || v.origin == "" {
		return
	}
	for _, uri := range c.oidc.RedirectURIs {
		if t := (target{uri}); t.http() {
			v.readers = append(v.readers, t.origin())
		}
	}
}

func (v *visit) allowOrigin(h http.Header) {
	if v.endpoint != tokenEndpoint && v.endpoint != userinfoEndpoint {
		return
	}
	h.Add("Vary", "Origin")
	if v.origin != "" && slices.Contains(v.readers, v.origin) {
		h.Set("Access-Control-Allow-Origin", v.origin)
	}
}

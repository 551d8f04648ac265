// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"slices"
	"strings"

	"commonscloud.coop/clau/themes"
)

// SendForm lets the browser post fields to a service: by itself where scripts
// run, by a button where they do not. It is how protocols carry what does not
// fit into an address (SAML HTTP-POST, OAuth 2.0 Form Post Response Mode).
//
// The page is the one that lets its form end anywhere: browsers hold a form
// against every redirect that follows, and where a service sends people on from
// its own endpoint is its affair. The form is Clau's, and so is the address in it.
func SendForm(w http.ResponseWriter, pages Pages, frame themes.Frame, to string, fields map[string]string) error {
	if err := AllowFormTarget(w, to); err != nil { // an application's own scheme is not in the star
		return err
	}
	allow(w.Header(), "form-action", "*")
	hash := strings.TrimSuffix(strings.TrimPrefix(themes.FormPostScriptHash(), "'sha256-"), "'")
	if err := AllowScriptHash(w, hash); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	page := themes.FormPost{Action: to}
	for name, value := range fields {
		page.Fields = append(page.Fields, themes.Field{Name: name, Value: value})
	}
	slices.SortFunc(page.Fields, func(a, b themes.Field) int { return strings.Compare(a.Name, b.Name) })
	return WritePage(w, pages, http.StatusOK, frame, page)
}

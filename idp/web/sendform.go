// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"slices"
	"strings"

	"commonscloud.coop/clau/themes"
)

// Posted is what a browser posts to a service.
type Posted struct {
	To     string // address
	Title  string // of the service, for people; empty: the address says it alone
	Fields map[string]string
}

// SendForm lets the browser post fields to a service: by itself where scripts
// run, by a button where they do not. It is how protocols carry what does not
// fit into an address (SAML HTTP-POST, OAuth 2.0 Form Post Response Mode).
//
// The page is the one that lets its form end anywhere: browsers hold a form
// against every redirect that follows, and where a service sends people on from
// its own endpoint is its affair. The form is Clau's, and so is the address in it.
func SendForm(w http.ResponseWriter, pages Pages, frame themes.Frame, form Posted) error {
	if err := AllowFormTarget(w, form.To); err != nil { // an application's own scheme is not in the star
		return err
	}
	allow(w.Header(), "form-action", "*")
	hash := strings.TrimSuffix(strings.TrimPrefix(themes.FormPostScriptHash(), "'sha256-"), "'")
	if err := AllowScriptHash(w, hash); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	page := themes.FormPost{Action: form.To, Title: form.Title}
	for name, value := range form.Fields {
		page.Fields = append(page.Fields, themes.Field{Name: name, Value: value})
	}
	slices.SortFunc(page.Fields, func(a, b themes.Field) int { return strings.Compare(a.Name, b.Name) })
	return WritePage(w, pages, http.StatusOK, frame, page)
}

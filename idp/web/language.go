// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"

	"commonscloud.coop/clau/idp/retention"
)

// languageCookie keeps a language that somebody chose on a page, and nothing
// else: no name, no number, the same for all who chose it.
const languageCookie = "clau_lang"

// LanguageLife is how long a browser keeps it.
const LanguageLife = retention.Language

// Language is the language that the visitor chose on a page: by the link that
// led to this one, by the form that was sent from it, or before. Empty: none.
func Language(r *http.Request) string {
	if chosen := r.URL.Query().Get("ui_locales"); chosen != "" {
		return chosen
	}
	if chosen := r.PostForm.Get("ui_locales"); chosen != "" {
		return chosen
	}
	kept := r.CookiesNamed(languageCookie)
	if len(kept) != 1 {
		return ""
	}
	return kept[0].Value
}

// ForgetLanguage takes the choice from the browser: the person has written down
// what they want everywhere.
func ForgetLanguage(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: languageCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// keepLanguage remembers what somebody chose by a link of ours. A service names
// a language in the same way, for one visit; the browser tells them apart.
func (rt *router) keepLanguage(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Site") != "same-origin" {
		return
	}
	chosen := r.URL.Query().Get("ui_locales")
	if chosen == "" {
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: languageCookie, Value: rt.Pages.Match(chosen), Path: "/", MaxAge: int(LanguageLife.Seconds()),
		Secure: rt.Issuer.Scheme == "https", HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

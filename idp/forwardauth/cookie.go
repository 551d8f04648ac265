// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth

import (
	"net/http"
	"strings"
	"time"
)

// Cookies of the application's origin. With https they carry the prefix __Host-,
// so that no sibling host can plant one.
const (
	passCookie = "clau_forward"      // ticket and browser's name: together they open the pass
	nameCookie = "clau_forward_name" // the browser's name at this origin
)

func cookieName(origin, cookie string) string {
	if strings.HasPrefix(origin, "https:") {
		return "__Host-" + cookie
	}
	return cookie
}

// cookie reads one of ours. Two of one name mean that somebody planted one:
// neither is believed.
func cookie(r *http.Request, origin, name string) string {
	found := r.CookiesNamed(cookieName(origin, name))
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}

// setCookie sets or, with a negative life, removes a cookie. Lax keeps posts from
// other sites out of the application: they come without it.
func setCookie(w http.ResponseWriter, origin, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(origin, name), Value: value, Path: "/", MaxAge: int(life.Seconds()),
		Secure: strings.HasPrefix(origin, "https:"), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

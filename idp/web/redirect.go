// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Redirect sends the browser to a path of our own, by GET (303). Anything that
// a browser could take for another origin is an error: an open redirect on a
// login page is how people are led to a false one.
func Redirect(w http.ResponseWriter, _ *http.Request, path string) error {
	if !isOwnPath(path) {
		return errors.New("web: redirect to something that is no path of ours")
	}
	seeOther(w, path)
	return nil
}

// isOwnPath is stricter than URL parsers, because browsers are laxer: they read
// a backslash as a slash and skip tabs and line ends.
func isOwnPath(path string) bool {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return false
	}
	odd := func(c rune) bool { return c <= ' ' || c == '\\' || c >= 0x7f }
	if strings.ContainsFunc(path, odd) {
		return false
	}
	u, err := url.Parse(path)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil
}

// Vetted is an address elsewhere that somebody checked. The zero value leads
// nowhere.
type Vetted struct{ target string }

// Vet returns target as an address to redirect to if it is one of registered,
// compared character by character (RFC 9700 section 4.1.3): no prefix, no
// pattern, no normalisation.
func Vet(target string, registered []string) (Vetted, error) {
	if target == "" || !slices.Contains(registered, target) {
		return Vetted{}, errors.New("web: address is not registered")
	}
	_, err := formSource(target)
	if err != nil {
		return Vetted{}, err
	}
	return Vetted{target: target}, nil
}

// String returns the address.
func (v Vetted) String() string { return v.target }

// With returns the address with parameters added to its query; what the query
// held stays (RFC 6749 section 3.1.2).
func (v Vetted) With(params url.Values) Vetted {
	if v.target == "" || len(params) == 0 {
		return v
	}
	address, fragment, marked := strings.Cut(v.target, "#")
	sign := "?"
	if strings.Contains(address, "?") {
		sign = "&"
	}
	address += sign + params.Encode()
	if marked {
		address += "#" + fragment
	}
	return Vetted{target: address}
}

// RedirectAway sends the browser to a vetted address, by GET: a 307 would hand
// a password that was just posted on to a service (RFC 9700 section 4.12).
func RedirectAway(w http.ResponseWriter, _ *http.Request, v Vetted) error {
	if v.target == "" {
		return errors.New("web: redirect to nowhere")
	}
	seeOther(w, v.target)
	return nil
}

// seeOther writes no body: one would repeat the address, with the codes in it.
func seeOther(w http.ResponseWriter, target string) {
	w.Header().Set("Location", target)
	w.WriteHeader(http.StatusSeeOther)
}

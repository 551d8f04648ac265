// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

const (
	cspHeader = "Content-Security-Policy"

	// No script runs but one that a page names by its hash. There is no
	// unsafe-inline, no unsafe-eval and no other origin in it.
	contentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'none'; img-src 'self' data:; " +
		"font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

	// publickey-credentials-get and -create stay with us, for passkeys.
	permissionsPolicy = "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), " +
		"gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
)

// safeHeaders are those that every answer starts from. A handler may set others
// over them; the safe ones are what it gets for doing nothing. All answers share
// the values, so they are replaced and never changed in place.
func safeHeaders(issuer *url.URL) http.Header {
	h := http.Header{}
	h.Set(cspHeader, contentSecurityPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	// Authorization codes and one-time links stand in addresses.
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", permissionsPolicy)
	h.Set("Cache-Control", "no-store")
	if issuer.Scheme == "https" {
		h.Set("Strict-Transport-Security", "max-age=63072000")
	}
	return h
}

// AllowFormTarget lets the forms of this answer end at the origin of target.
// Browsers apply form-action to where a form's redirects lead as well, so a
// page whose form finally sends people to a service names that service. Call
// it before the first write. A target that is no address to go to is an error,
// and allows nothing.
func AllowFormTarget(w http.ResponseWriter, target string) error {
	source, err := formSource(target)
	if err != nil {
		return err
	}
	allow(w.Header(), "form-action", source)
	return nil
}

// AllowScriptHash lets the one inline script of this answer run: hash is the
// base64 of its SHA-256 (CSP Level 3 section 2.3.1). Call it before the first
// write.
func AllowScriptHash(w http.ResponseWriter, hash string) error {
	sum, err := base64.StdEncoding.Strict().DecodeString(hash)
	if err != nil || len(sum) != sha256.Size || strings.ContainsAny(hash, "\r\n") {
		return errors.New("web: not a SHA-256 in base64")
	}
	allow(w.Header(), "script-src", "'sha256-"+hash+"'")
	return nil
}

// formSource is the CSP source expression of an address that people may be
// sent to: an origin, or the bare scheme of an application of theirs.
func formSource(target string) (string, error) {
	u, err := url.Parse(target)
	if err != nil {
		return "", errors.New("web: form target is no address")
	}
	switch u.Scheme {
	case "", "javascript", "data", "blob", "file", "filesystem", "about", "vbscript", "ws", "wss":
		return "", errors.New("web: form target of a scheme nobody goes to")
	case "http", "https":
		return originSource(u)
	}
	return u.Scheme + ":", nil
}

// originSource leaves out what CSP would read as something else: a host with
// ";" in it would open a directive of its own. CSP has no form for IPv6
// addresses; they are used for development only, and get their scheme.
func originSource(u *url.URL) (string, error) {
	if strings.HasPrefix(u.Host, "[") {
		return u.Scheme + ":", nil
	}
	odd := func(c rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:", c)
	}
	if u.Hostname() == "" || strings.ContainsFunc(u.Host, odd) {
		return "", errors.New("web: form target with an odd host")
	}
	return u.Scheme + "://" + u.Host, nil
}

// allow adds a source to a directive of the policy that the answer has.
func allow(h http.Header, directive, source string) {
	policy := h.Get(cspHeader)
	if policy == "" {
		policy = contentSecurityPolicy
	}
	directives := strings.Split(policy, ";")
	for i, d := range directives {
		words := strings.Fields(d)
		if len(words) == 0 || words[0] != directive {
			continue
		}
		if strings.Contains(" "+d+" ", " "+source+" ") {
			return
		}
		directives[i] = strings.TrimRight(strings.Replace(d, " 'none'", "", 1), " ") + " " + source
	}
	h.Set(cspHeader, strings.Join(directives, ";"))
}

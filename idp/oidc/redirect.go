// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"net/url"
	"slices"
	"strings"
)

// target is an address that was proven to be a client's. Only [prove] makes
// one, and every answer that leads anywhere takes one: success, error,
// prompt=none, all response modes, log-out.
type target struct{ URI string }

// prove is the one comparison of redirect addresses: byte by byte (RFC 9700
// section 2.1). Parsing and normalising before comparing is how two parsers
// come to disagree. Where anyPort is set, a registered loopback address may be
// asked for with another port (RFC 8252 section 7.3).
func prove(registered []string, anyPort bool, uri string) (target, bool) {
	if !mayLeadTo(uri) {
		return target{}, false
	}
	if slices.Contains(registered, uri) {
		return target{uri}, true
	}
	for _, r := range registered {
		if anyPort && sameLoopback(r, uri) {
			return target{uri}, true
		}
	}
	return target{}, false
}

// mayLeadTo refuses what must never be gone to, registered or not: scripts and
// documents in an address, and fragments (RFC 6749 section 3.1.2).
func mayLeadTo(uri string) bool {
	if strings.Contains(uri, "#") {
		return false
	}
	for i := range len(uri) {
		if uri[i] <= ' ' || uri[i] >= 0x7f || uri[i] == '\\' {
			return false
		}
	}
	u, err := url.Parse(uri)
	if err != nil || u.User != nil {
		return false
	}
	switch u.Scheme {
	case "", "javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "ws", "wss":
		return false
	case "http", "https":
		return u.Host != ""
	}
	return true
}

// sameLoopback compares everything but the port.
func sameLoopback(registered, uri string) bool {
	a, ok := afterLoopbackPort(registered)
	if !ok {
		return false
	}
	b, ok := afterLoopbackPort(uri)
	return ok && a == b
}

// afterLoopbackPort returns the address without its port, and false when it is
// not http on a loopback address literal.
func afterLoopbackPort(uri string) (string, bool) {
	for _, origin := range []string{"http://127.0.0.1", "http://[::1]"} {
		rest, ok := strings.CutPrefix(uri, origin)
		if !ok {
			continue
		}
		if port, ok := strings.CutPrefix(rest, ":"); ok {
			digits := len(port) - len(strings.TrimLeft(port, "0123456789"))
			if digits == 0 || digits > 5 {
				return "", false
			}
			rest = port[digits:]
		}
		if rest != "" && rest[0] != '/' && rest[0] != '?' {
			return "", false
		}
		return origin + rest, true
	}
	return "", false
}

// http reports whether a form can be posted to the target.
func (t target) http() bool {
	return strings.HasPrefix(t.URI, "https://") || strings.HasPrefix(t.URI, "http://")
}

// origin is scheme://host[:port], or the bare scheme of an application.
func (t target) origin() string {
	u, err := url.Parse(t.URI)
	if err != nil {
		return ""
	}
	if !t.http() {
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}

// with returns the target with parameters added behind sep ('?' or '#'). What
// was registered stays as it is, byte by byte, a fixed query too.
func (t target) with(sep byte, params url.Values) string {
	if sep == '?' && strings.Contains(t.URI, "?") {
		sep = '&'
	}
	// "%20" is read as a space everywhere, "+" only by readers of forms.
	return t.URI + string(sep) + strings.ReplaceAll(params.Encode(), "+", "%20")
}

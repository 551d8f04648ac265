// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// What a proxy says of the browser's request.
const (
	// OriginHeader is the application's address, for proxies whose
	// X-Forwarded-Host another one before Clau would overwrite. It counts before
	// X-Forwarded-Proto and X-Forwarded-Host.
	OriginHeader = "X-Clau-Origin"

	protoHeader  = "X-Forwarded-Proto"
	hostHeader   = "X-Forwarded-Host"
	uriHeader    = "X-Forwarded-Uri"
	methodHeader = "X-Forwarded-Method"
)

// uriMax is the longest address that Clau leads anybody back to, in bytes.
const uriMax = 4096

// seen is the browser's request as the proxy saw it.
type seen struct {
	origin string // scheme://host[:port]
	uri    string // path and query, as sent
	method string
}

var errSeen = errors.New("forwardauth: the proxy does not say what was asked for, or says it twice")

// readSeen reads it from a proxy that has proven itself. What is there twice is
// believed neither way: one of the two is the browser's. A fragment is never sent
// (RFC 9112 section 3.2): where one stands, the application may read the path to
// its end, and proxies beyond it.
func readSeen(r *http.Request) (seen, error) {
	uri, ok := one(r.Header, uriHeader)
	if !ok || !strings.HasPrefix(uri, "/") || strings.ContainsFunc(uri, unprintable) || strings.Contains(uri, "#") {
		return seen{}, errSeen
	}
	method, ok := one(r.Header, methodHeader)
	if !ok {
		return seen{}, errSeen
	}
	origin, ok := originOf(r.Header)
	if !ok {
		return seen{}, errSeen
	}
	return seen{origin: origin, uri: uri, method: method}, nil
}

func originOf(h http.Header) (string, bool) {
	if len(h.Values(OriginHeader)) > 0 {
		origin, ok := one(h, OriginHeader)
		return strings.ToLower(origin), ok
	}
	proto, some := one(h, protoHeader)
	host, both := one(h, hostHeader)
	if !some || !both {
		return "", false
	}
	switch proto { // Traefik names that of a WebSocket
	case "ws":
		proto = "http"
	case "wss":
		proto = "https"
	}
	return strings.ToLower(proto + "://" + host), true
}

func one(h http.Header, name string) (string, bool) {
	values := h.Values(name)
	if len(values) != 1 || values[0] == "" {
		return "", false
	}
	return values[0], true
}

// path is that of the request, as sent.
func (s seen) path() string {
	path, _, _ := strings.Cut(s.uri, "?")
	return path
}

// query is that of a page of ours at the application's origin. A parameter that
// is there twice is not there.
func (s seen) query(name string) string {
	_, raw, _ := strings.Cut(s.uri, "?")
	values, err := url.ParseQuery(raw)
	if err != nil || len(values[name]) != 1 {
		return ""
	}
	return values.Get(name)
}

// local returns where somebody goes on at the application: a path of its own, or
// its front page in place of anything that could lead elsewhere.
func local(uri string) string {
	switch {
	case len(uri) > uriMax, !strings.HasPrefix(uri, "/"), strings.HasPrefix(uri, "//"),
		strings.ContainsFunc(uri, unprintable), strings.Contains(uri, `\`), strings.HasPrefix(uri, own):
		return "/"
	}
	return uri
}

func unprintable(c rune) bool { return c <= ' ' || c >= 0x7f }

// SPDX-License-Identifier: AGPL-3.0-or-later

package rules

import (
	"net/netip"
	"net/url"
	"strings"
)

// AddressMax is the longest address in bytes; protocols take no longer one.
const AddressMax = 2048

// Redirect refuses an address to which no answer may ever go. Answers carry
// codes: they go over https, to this machine, or to an app's own scheme, and
// exactly where the service said (RFC 9700 section 2.1, RFC 8252 section 7).
func Redirect(uri string, publicClient bool) error {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme == "" || len(uri) > AddressMax {
		return faultf("address", "%.200q is not an address", uri)
	}
	switch {
	case strings.Contains(uri, "#"):
		return faultf("fragment", "%.200q has a fragment, which redirect addresses must not have (RFC 6749 section 3.1.2)", uri)
	case u.User != nil:
		return faultf("user", "%.200q has a user in it, which would hide where it leads", uri)
	case strings.ContainsFunc(uri, odd) || strings.Contains(u.Host, "%"):
		return faultf("pattern", "%.200q is a pattern or malformed; register each address exactly", uri)
	case u.Scheme == "https" && u.Hostname() != "":
		return nil
	case u.Scheme == "http" && Loopback(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return faultf("https", "%.200q must be https; http is for localhost alone", uri)
	case publicClient && privateScheme(u.Scheme):
		return nil
	}
	return faultf("https", "%.200q must begin with https://", uri)
}

// privateScheme reports whether an app may have the scheme as its own: one made
// from a domain name (RFC 8252 section 7.1), so that "javascript" and "data"
// can never be one.
func privateScheme(scheme string) bool { return strings.Contains(scheme, ".") }

// odd characters have no place in an address that is compared byte by byte: a
// pattern, or what two programs read differently.
func odd(r rune) bool { return r <= ' ' || r > '~' || r == '*' || r == '\\' }

// Endpoint refuses an address at which Clau could not safely tell or ask a
// service something. Whether it may be reached is the outbound client's matter.
func Endpoint(uri string) error { return Redirect(uri, false) }

// Link refuses what is no link to a page.
func Link(uri string) error {
	u, err := url.Parse(uri)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || len(uri) > AddressMax {
		return faultf("link", "%.200q is not a web address", uri)
	}
	return nil
}

// Loopback reports whether a host is this very machine, whatever the network.
func Loopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

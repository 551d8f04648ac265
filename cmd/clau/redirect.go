// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"net/url"
	"strings"

	"commonscloud.coop/clau/cmd/clau/config"
)

// redirectFault refuses an address to which no answer may ever go. Answers
// carry codes: they go over https, to this machine, or to an app's own scheme,
// and exactly where the service said.
func redirectFault(value string, publicClient bool) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme == "" {
		return sayf("%q is not an address", value)
	}
	switch {
	case strings.Contains(value, "#"):
		return sayf("%q has a fragment, which redirect addresses must not have (RFC 6749 section 3.1.2)", value)
	case u.User != nil:
		return sayf("%q has a user in it, which would hide where it leads", value)
	case strings.ContainsAny(value, "* \\") || strings.ContainsFunc(value, control):
		return sayf("%q is a pattern or malformed; register each address exactly", value)
	case u.Scheme == "https" && u.Hostname() != "":
		return nil
	case u.Scheme == "http" && config.Loopback(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return sayf("%q must be https; http is for localhost alone", value)
	case publicClient && privateScheme(u.Scheme):
		return nil
	}
	return sayf("%q must begin with https://", value)
}

// privateScheme reports whether an app may have the scheme as its own: one made
// from a domain name (RFC 8252 section 7.1), so that "javascript" and "data"
// can never be one.
func privateScheme(scheme string) bool { return strings.Contains(scheme, ".") }

func control(r rune) bool { return r < 0x21 || r >= 0x7f && r < 0xa0 }

// endpointFault refuses an address at which Clau could not safely tell a
// service something.
func endpointFault(value string) error {
	if value == "" {
		return nil
	}
	return redirectFault(value, false)
}

// linkFault refuses what is no link to a page.
func linkFault(value string) error {
	if value == "" {
		return nil
	}
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return sayf("%q is not a web address", value)
	}
	return nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// knows reports whether the request is for a host that is ours. A page drawn
// for another name would be kept by caches, and cookies set, under a name that
// somebody else chose. Health checks come by address and link to nothing.
func (rt *router) knows(r *http.Request) bool {
	if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
		return true
	}
	return rt.hosts[plainHost(r.Host, rt.Issuer.Scheme)]
}

// hostsOf collects the values of Host to answer to: the issuer's, the extra
// ones, and for an issuer on loopback the other names of loopback.
func hostsOf(issuer *url.URL, extra []string) map[string]bool {
	hosts := map[string]bool{plainHost(issuer.Host, issuer.Scheme): true}
	for _, host := range extra {
		hosts[plainHost(host, issuer.Scheme)] = true
	}
	if !isLoopback(issuer.Hostname()) {
		return hosts
	}
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		hosts[plainHost(net.JoinHostPort(name, issuer.Port()), issuer.Scheme)] = true
	}
	return hosts
}

// plainHost writes a Host header in the one form that is compared: lower case,
// without the scheme's own port.
func plainHost(host, scheme string) string {
	host = strings.ToLower(host)
	host = strings.TrimSuffix(host, ":")
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

func isLoopback(name string) bool {
	addr, err := netip.ParseAddr(name)
	if err != nil {
		return strings.EqualFold(name, "localhost")
	}
	return addr.IsLoopback()
}

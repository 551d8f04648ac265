// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// consumers reads where answers to a sign-on may go. Of other bindings than POST
// nothing is ever used, and nothing checked: ECP's endpoints need not be reachable
// by a browser, nor Artifact's by https.
func (r *reader) consumers(role *etree.Element) {
	seen := map[int]bool{}
	var defaults []string
	for _, el := range xmlsig.Children(role, nsMD, "AssertionConsumerService") {
		e, there := r.endpoint(el)
		if len(r.provider.ACS) >= endpointsMax {
			r.fault("too-many", "AssertionConsumerService")
			return
		}
		index, indexed := r.index(el)
		e.Index = index
		e.Default = r.boolean(el, "isDefault")
		_, says := xmlsig.Attr(el, "isDefault")
		e.notDefault = says && !e.Default
		switch {
		case !indexed:
			r.fault("acs-index-missing", e.Location)
		case seen[index]:
			r.fault("acs-index", strconv.Itoa(index))
		}
		seen[index] = true
		if e.Default {
			defaults = append(defaults, e.Location)
		}
		if there {
			r.provider.ACS = append(r.provider.ACS, e)
		}
	}
	if len(defaults) > 1 {
		r.fault("acs-default", strings.Join(defaults, ", "))
	}
}

// endpointsMax is far above what any service has: each is looked through at each
// sign-on. Federation's proxies have some hundred.
const endpointsMax = 500

// logouts reads where the end of sessions is told.
func (r *reader) logouts(role *etree.Element) {
	for _, el := range xmlsig.Children(role, nsMD, "SingleLogoutService") {
		e, there := r.endpoint(el)
		if len(r.provider.SLO) >= most {
			r.fault("too-many", "SingleLogoutService")
			return
		}
		if there {
			r.provider.SLO = append(r.provider.SLO, e)
		}
	}
}

// endpoint reads one, and false where Clau does not speak its binding.
func (r *reader) endpoint(el *etree.Element) (Endpoint, bool) {
	e := Endpoint{Index: -1}
	e.Binding, _ = xmlsig.Attr(el, "Binding")
	e.Location, _ = xmlsig.Attr(el, "Location")
	e.ResponseLocation, _ = xmlsig.Attr(el, "ResponseLocation")
	for _, location := range []string{e.Location, e.ResponseLocation} {
		if script(location) {
			r.fault("address-script", location)
		}
	}
	switch e.Binding {
	case BindingPOST, BindingRedirect, BindingSOAP:
	default:
		return e, false
	}
	r.address(e.Location)
	if e.ResponseLocation != "" {
		r.address(e.ResponseLocation)
	}
	return e, true
}

// address refuses where no answer may ever go. The rule is that of redirect
// addresses: https, or this machine where that is allowed, and exactly where the
// service said.
func (r *reader) address(location string) {
	u, err := url.Parse(location)
	switch {
	case script(location):
		return // said already
	case err != nil || u.Scheme == "" || u.Hostname() == "":
		r.fault("address", location)
	case strings.Contains(location, "#"):
		r.fault("address-fragment", location)
	case u.User != nil:
		r.fault("address-user", location)
	case strings.ContainsAny(location, `*\`) || strings.ContainsFunc(location, blank) || len(location) > addressMax:
		r.fault("address-odd", location)
	case u.Scheme == "https":
	case u.Scheme == "http" && r.loopback && loopback(u.Hostname()):
	default:
		r.fault("address-https", location)
	}
}

const addressMax = 2000

// script reports whether an address is code or a document rather than a place.
// In a form of ours it would run as ours (CVE-2023-45683).
func script(location string) bool {
	letters := strings.Map(func(c rune) rune {
		if blank(c) {
			return -1 // browsers pass over tabs and line feeds within a scheme
		}
		return c
	}, location)
	scheme, _, _ := strings.Cut(strings.ToLower(letters), ":")
	switch scheme {
	case "javascript", "data", "vbscript", "blob", "file", "about":
		return true
	}
	return false
}

// loopback reports whether a host is this machine whatever a resolver says
// (RFC 6761 section 6.3).
func loopback(host string) bool {
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

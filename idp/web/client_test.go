// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func proxies() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
}

func TestTheClientIsWhoTheTrustedProxiesSaw(t *testing.T) {
	for _, test := range []struct {
		name   string
		remote string
		lines  []string
		client string
	}{
		{"no proxy", "198.51.100.7:1", nil, "198.51.100.7"},
		{"a client that pretends to be a proxy", "198.51.100.7:1", []string{"203.0.113.9"}, "198.51.100.7"},
		{"one proxy", "10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"a forged left end", "10.0.0.1:1", []string{"127.0.0.1, 203.0.113.9"}, "203.0.113.9"},
		{"a forged inner address", "10.0.0.1:1", []string{"10.0.0.9, 203.0.113.9"}, "203.0.113.9"},
		{"two proxies", "10.0.0.1:1", []string{"203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		{"two lines are one list", "10.0.0.1:1", []string{"127.0.0.1", "203.0.113.9"}, "203.0.113.9"},
		{"a client inside", "10.0.0.1:1", []string{"10.0.0.77"}, "10.0.0.77"},
		{"with ports", "10.0.0.1:1", []string{"203.0.113.9:4711"}, "203.0.113.9"},
		{"IPv6 with a port", "[fd00::1]:1", []string{"[2001:db8::7]:4711"}, "2001:db8::7"},
		{"IPv6 in brackets", "[fd00::1]:1", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"mapped IPv4", "[::ffff:10.0.0.1]:1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"not an address", "10.0.0.1:1", []string{"unknown"}, "10.0.0.1"},
		{"garbage behind a good one", "10.0.0.1:1", []string{"203.0.113.9, 10.0.0.2, <script>"}, "10.0.0.1"},
		{"empty", "10.0.0.1:1", []string{""}, "10.0.0.1"},
		{"empty elements", "10.0.0.1:1", []string{"203.0.113.9,,"}, "10.0.0.1"},
		{"a zone", "[fe80::1%eth0]:1", nil, "fe80::1"},
		{"a Unix socket", "@", []string{"203.0.113.9"}, "invalid IP"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = test.remote
			r.Header["X-Forwarded-For"] = test.lines
			r.Header.Set("Forwarded", "for=192.0.2.66")
			r.Header["X_Forwarded_For"] = []string{"192.0.2.66"}
			r.Header.Set("X-Real-Ip", "192.0.2.66")
			want(t, "client", clientAddr(r, proxies()).String(), test.client)
		})
	}
}

func TestALongForgedListIsNotWalked(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.0.0.1:1"
	r.Header.Set("X-Forwarded-For", "203.0.113.9"+strings.Repeat(", 10.0.0.2", 5000))
	want(t, "client", clientAddr(r, proxies()).String(), "10.0.0.2")
}

func TestHandlersSeeForwardedHeadersOfTrustedProxiesOnly(t *testing.T) {
	d := newDoor(t, nil, Route{Pattern: "GET /x", Needs: Anyone, Handle: func(w http.ResponseWriter, r *http.Request) error {
		var names []string
		for name := range r.Header {
			names = append(names, name)
		}
		slices.Sort(names)
		_, err := io.WriteString(w, strings.Join(names, " "))
		return err
	}})
	for remote, names := range map[string]string{
		"198.51.100.7:1": "X-Request-Id",
		"10.0.0.1:1":     "X-Forwarded-Host X-Forwarded-Uri X-Original-Url X-Request-Id",
	} {
		r := httptest.NewRequest("GET", "/x", nil)
		r.RemoteAddr = remote
		for _, name := range []string{"X-Forwarded-Host", "X_Forwarded_Host", "x_forwarded_proto", "X-Forwarded_For", "X-Forwarded-Uri", "X-Original-Url", "Forwarded", "X-Request-Id"} {
			r.Header[http.CanonicalHeaderKey(name)] = []string{"evil.example"}
		}
		want(t, "from "+remote, d.ask(r).Body.String(), names)
	}
}

func TestAddrKeysCountAnIPv6NetworkAsOne(t *testing.T) {
	for addr, key := range map[string]string{
		"203.0.113.9":             "203.0.113.9/32",
		"2001:db8:1:2:3:4:5:6":    "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::1":    "2001:db8:1:2::/64",
		"2001:db8:1:3:3:4:5:6":    "2001:db8:1:3::/64",
		"::ffff:203.0.113.9":      "203.0.113.9/32",
		"fe80::1":                 "fe80::/64",
		"0000:0000:0000:0000::01": "::/64",
	} {
		want(t, addr, AddrKey(parseAddr(addr)), key)
	}
}

// FuzzClientAddr: whatever the header holds, a client that is not a proxy is
// itself, and an address that comes out is one that was said.
func FuzzClientAddr(f *testing.F) {
	f.Add("10.0.0.1:1", "203.0.113.9, 10.0.0.2")
	f.Add("10.0.0.1:1", "[2001:db8::1]:80,\t::ffff:1.2.3.4")
	f.Add("198.51.100.7:1", "203.0.113.9")
	f.Add("[fd00::1%x]:1", ",,,%")
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {forwarded}}}
		peer, client := parseAddr(remote), clientAddr(r, proxies())
		if !within(peer, proxies()) && client != peer {
			t.Errorf("%q became %s by %q", remote, client, forwarded)
		}
		if within(peer, proxies()) && !client.IsValid() {
			t.Errorf("a proxy's client became invalid by %q", forwarded)
		}
		if client.Zone() != "" || client.Is4In6() {
			t.Errorf("%s is not in plain form", client)
		}
		dropForwarded(r, proxies())
	})
}

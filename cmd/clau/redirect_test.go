// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/cmd/clau/config"
)

// Whatever is accepted leads to one place, over a private way.
func FuzzRedirectFault(f *testing.F) {
	for _, seed := range []string{
		"https://forum.example/callback", "https://forum.example/callback?x=1", "http://localhost:9/cb", "http://[::1]/cb",
		"https://me@forum.example/", "https://forum.example/#x", "javascript:alert(1)", "coop.example.app:/cb", "//forum.example",
		"https:forum.example", "http://localhost.example/", "https://*.example/", "https://forum.example\\@evil.example/", "data:text/html,x",
		"https://forum.example/\r\nx", "HTTP://LOCALHOST/", "https://", "http://127.0.0.1.evil.example/", "ht tp://x/",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, value string, publicClient bool) {
		if redirectFault(value, publicClient) != nil {
			return
		}
		u, err := url.Parse(value)
		if err != nil {
			t.Fatalf("%q was accepted and is no address", value)
		}
		if u.User != nil || u.Fragment != "" || strings.ContainsAny(value, "#*\\ \r\n\t") {
			t.Errorf("%q was accepted", value)
		}
		switch {
		case u.Scheme == "https" && u.Host != "":
		case u.Scheme == "http" && config.Loopback(u.Hostname()):
		case publicClient && strings.Contains(u.Scheme, "."):
		default:
			t.Errorf("%q was accepted", value)
		}
	})
}

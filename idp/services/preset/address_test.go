// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/services/rules"
)

func TestAddresses(t *testing.T) {
	for value, want := range map[string]string{ // "" is a refusal
		"https://cloud.example.coop":                  "https://cloud.example.coop",
		"https://cloud.example.coop/":                 "https://cloud.example.coop",
		"https://Cloud.Example.coop/Sub//":            "https://cloud.example.coop/Sub",
		"https://cloud.example.coop:8443/nc":          "https://cloud.example.coop:8443/nc",
		"http://localhost:9000":                       "http://localhost:9000",
		"http://[::1]:9000/x":                         "http://[::1]:9000/x",
		"http://cloud.example.coop":                   "",
		"cloud.example.coop":                          "",
		"https://":                                    "",
		"https://u:p@cloud.example.coop":              "",
		"https://cloud.example.coop@evil.example":     "",
		"https://cloud.example.coop/?x=1":             "",
		"https://cloud.example.coop?":                 "",
		"https://cloud.example.coop/#top":             "",
		"https://cloud.example.coop/a/../b":           "",
		"https://cloud.example.coop/a//b":             "",
		"https://cloud.example.coop/a%2fb":            "",
		"https://cloud.example.coop/$(reboot)":        "",
		"https://cloud.example.coop/'x":               "",
		"https://cloud.example.coop/a b":              "",
		"https://núvol.example.coop":                  "",
		"https://*.example.coop":                      "",
		"javascript:alert(1)":                         "",
		"ftp://cloud.example.coop":                    "",
		"https://cloud.example.coop\\@evil.example":   "",
		"https://cloud.example.coop/\nX-Header: evil": "",
	} {
		got, fault := cleanAddress(value)
		if (fault == nil) != (want != "") || fault == nil && got != want {
			t.Errorf("%q is %q (%v), not %q", value, got, fault, want)
		}
	}
}

// FuzzAddress: whatever is taken is an address that means the same to everybody.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{address, "http://localhost:1/", "https://a@b", "https://[::1]/x", "https://a/../b", "https://é", "https://a\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got, fault := cleanAddress(value)
		if fault != nil {
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.String() != got || strings.HasSuffix(got, "/") {
			t.Errorf("%q was taken as %q (%v)", value, got, err)
		}
		if u.Scheme == "http" && !rules.Loopback(u.Hostname()) {
			t.Errorf("%q is not private", got)
		}
		if again, fault := cleanAddress(got); fault != nil || again != got {
			t.Errorf("%q is not taken again", got)
		}
	})
}

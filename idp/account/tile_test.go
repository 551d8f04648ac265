// SPDX-License-Identifier: AGPL-3.0-or-later

package account

import (
	"net/url"
	"testing"

	"commonscloud.coop/clau/idp/directory"
)

// TestWhereATileLeads is where the service begins a sign-on by itself.
func TestWhereATileLeads(t *testing.T) {
	a := &Room{Issuer: &url.URL{Scheme: "https", Host: "id.example", Path: "/clau"}}
	client := func(address string) *directory.OIDCClient {
		return &directory.OIDCClient{Metadata: directory.ClientMetadata{InitiateLoginURI: address}}
	}
	for _, c := range []struct {
		name    string
		service directory.Service
		want    string
	}{
		{"without anything", directory.Service{URL: "https://x.example/"}, "https://x.example/"},
		{"a client", directory.Service{URL: "https://x.example/", OIDC: client("")}, "https://x.example/"},
		{
			"a client with its own beginning", directory.Service{URL: "https://x.example/", OIDC: client("https://x.example/in?via=1")},
			"https://x.example/in?iss=https%3A%2F%2Fid.example%2Fclau&via=1",
		},
		{"one that cannot be read", directory.Service{URL: "https://x.example/", OIDC: client("https://x.example/%zz")}, "https://x.example/"},
		{"a service provider", directory.Service{Name: "aules", URL: "https://x.example/", SAML: &directory.SAMLProvider{}}, "/clau/saml/start?service=aules"},
		{"behind a proxy", directory.Service{URL: "https://x.example/", Forward: &directory.ForwardAuth{}}, "https://x.example/"},
	} {
		if got := a.launch(c.service); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package rules_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/gif"
	"image/png"
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/rules"
)

func code(err error) string {
	var f *rules.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func TestWhereAnswersMayGo(t *testing.T) {
	for _, c := range []struct{ uri, web, app string }{
		{"https://cloud.example/apps/user_oidc/code", "", ""},
		{"https://phab.example/auth/login/phabricator:clau/", "", ""},
		{"https://wp.example/wp-admin/admin-ajax.php?action=openid-connect-authorize", "", ""},
		{"http://localhost:8080/cb", "", ""},
		{"http://127.0.0.1/cb", "", ""},
		{"http://[::1]:9/cb", "", ""},
		{"http://app.localhost/cb", "", ""},
		{"coop.example.app:/cb", "https", ""},
		{"app:/cb", "https", "https"},
		{"javascript:alert(1)", "https", "https"},
		{"data:text/html,x", "https", "https"},
		{"http://cloud.example/cb", "https", "https"},
		{"http://127.0.0.1.evil.example/", "https", "https"},
		{"https://me@cloud.example/", "user", "user"},
		{"https://cloud.example/#x", "fragment", "fragment"},
		{"https://*.example/", "pattern", "pattern"},
		{"https://cloud.example\\@evil.example/", "address", "address"},
		{"https://cloud.example/a\\b", "pattern", "pattern"},
		{"https://clóud.example/", "pattern", "pattern"},
		{"https://cloud.example/ü", "pattern", "pattern"},
		{"https://", "https", "https"},
		{"//cloud.example", "address", "address"},
		{"", "address", "address"},
		{"https://cloud.example/" + strings.Repeat("a", 2048), "address", "address"},
	} {
		if got := code(rules.Redirect(c.uri, false)); got != c.web {
			t.Errorf("%.60s for a service: %q", c.uri, got)
		}
		if got := code(rules.Redirect(c.uri, true)); got != c.app {
			t.Errorf("%.60s for an app: %q", c.uri, got)
		}
	}
}

// Whatever is accepted leads to one place, over a private way.
func FuzzRedirect(f *testing.F) {
	for _, seed := range []string{"https://forum.example/callback?x=1", "http://[::1]/cb", "coop.example.app:/cb", "https://x\\@y/", "HTTP://LOCALHOST/", "https://a%2eb/"} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, uri string, publicClient bool) {
		if rules.Redirect(uri, publicClient) != nil {
			return
		}
		u, err := url.Parse(uri)
		if err != nil || u.User != nil || u.Fragment != "" || strings.ContainsAny(uri, "#*\\ \r\n\t") {
			t.Fatalf("%q was accepted", uri)
		}
		switch {
		case u.Scheme == "https" && u.Host != "":
		case u.Scheme == "http" && rules.Loopback(u.Hostname()):
		case publicClient && strings.Contains(u.Scheme, "."):
		default:
			t.Errorf("%q was accepted", uri)
		}
	})
}

func TestClientsThatCouldNeverWork(t *testing.T) {
	keys := json.RawMessage(`{"keys":[{"kty":"EC"}]}`)
	good := directory.OIDCClient{ID: "shop", RedirectURIs: []string{"https://shop.example/cb"}}
	for name, c := range map[string]struct {
		change func(*directory.OIDCClient)
		want   string
	}{
		"a good one":         {func(*directory.OIDCClient) {}, ""},
		"no redirect":        {func(c *directory.OIDCClient) { c.RedirectURIs = nil }, "incoherent"},
		"none needed":        {func(c *directory.OIDCClient) { c.RedirectURIs, c.Metadata.GrantTypes = nil, []string{rules.GrantSelf} }, ""},
		"both kinds of keys": {func(c *directory.OIDCClient) { c.Metadata.JWKS, c.Metadata.JWKSURI = keys, "https://shop.example/k" }, "incoherent"},
		"no keys":            {func(c *directory.OIDCClient) { c.Metadata.AuthMethod = rules.AuthJWT }, "incoherent"},
		"published keys": {func(c *directory.OIDCClient) {
			c.Metadata.AuthMethod, c.Metadata.JWKSURI = rules.AuthJWT, "https://shop.example/k"
		}, ""},
		"a public client by itself": {func(c *directory.OIDCClient) {
			c.Metadata.AuthMethod, c.Metadata.GrantTypes = rules.AuthNone, []string{rules.GrantCode, rules.GrantSelf}
		}, "incoherent"},
		"a public client without PKCE": {func(c *directory.OIDCClient) { c.Metadata.AuthMethod, c.Metadata.PKCEOptional = rules.AuthNone, true }, "incoherent"},
		"a private key":                {func(c *directory.OIDCClient) { c.Metadata.JWKS = json.RawMessage(`{"keys":[{"kty":"EC","d":"x"}]}`) }, "private-key"},
		"a shared key":                 {func(c *directory.OIDCClient) { c.Metadata.JWKS = json.RawMessage(`{"keys":[{"kty":"oct","k":"x"}]}`) }, "private-key"},
		"no keys in the set":           {func(c *directory.OIDCClient) { c.Metadata.JWKS = json.RawMessage(`{"keys":[]}`) }, "keys"},
		"a colon in the id":            {func(c *directory.OIDCClient) { c.ID = "a:b" }, "client-id"},
		"plain back channel":           {func(c *directory.OIDCClient) { c.Metadata.BackchannelLogoutURI = "http://shop.example/bye" }, "https"},
		"after log-out to nowhere":     {func(c *directory.OIDCClient) { c.Metadata.PostLogoutRedirectURIs = []string{"bye"} }, "address"},
		"a policy that is a script":    {func(c *directory.OIDCClient) { c.Metadata.PolicyURI = "javascript:x" }, "link"},
	} {
		one := good
		c.change(&one)
		if got := code(rules.Client(one)); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A name with the mark between names in it would be two groups, one of them
// perhaps of other people.
func TestNamesOfGroups(t *testing.T) {
	for _, c := range []struct {
		name   string
		format directory.GroupFormat
		want   string
	}{
		{"Staff", directory.GroupsCSV, ""}, {"", directory.GroupsCSV, ""}, {"Staff,admin", directory.GroupsCSV, "group"}, {"Staff,admin", directory.GroupsArray, ""},
		{"All of us", directory.GroupsCSV, ""}, {"All admin", directory.GroupsSpace, "group"}, {" Staff", "", "group"}, {"Staff\nadmin", "", "group"},
		{strings.Repeat("s", 65), "", "group"}, {"Càrrecs", directory.GroupsSpace, ""},
	} {
		err := rules.GroupNames(map[string]string{"ateneu": c.name}, c.format)
		if code(err) != c.want {
			t.Errorf("%q as %q: %v", c.name, c.format, err)
		}
	}
	if err := rules.Client(directory.OIDCClient{RedirectURIs: []string{"https://x.example/cb"}, Metadata: directory.ClientMetadata{
		GroupFormat: directory.GroupsCSV, GroupNames: map[string]string{"ateneu": "a,b"},
	}}); code(err) != "group" {
		t.Errorf("a client: %v", err)
	}
}

func TestPictures(t *testing.T) {
	draw := func(w, h int) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	hidden := append(draw(8, 8), "<script>alert(1)</script>"...)
	drawn, err := rules.Picture(hidden)
	if err != nil || bytes.Contains(drawn, []byte("script")) {
		t.Errorf("what is hidden behind a picture stays: %v", err)
	}
	var moving bytes.Buffer
	if err := gif.Encode(&moving, image.NewGray(image.Rect(0, 0, 2, 2)), nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"a page": {[]byte("<html>"), "picture"}, "svg": {[]byte("<svg/>"), "picture"}, "gif": {moving.Bytes(), "picture"}, "nothing": {nil, "picture"},
		"cut off": {draw(8, 8)[:40], "picture"}, "too wide": {draw(2001, 1), "picture-large"}, "too large": {make([]byte, directory.LogoMax+1), "picture-large"},
	} {
		if _, err := rules.Picture(c.raw); code(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

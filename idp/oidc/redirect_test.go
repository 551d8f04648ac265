// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/signon"
)

// mutations are addresses that differ from a registered one in a way by which
// some identity provider was deceived.
func mutations(registered string) []string {
	u, _ := url.Parse(registered)
	host, path := u.Host, u.EscapedPath()
	origin := u.Scheme + "://" + host
	var out []string
	add := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }

	for _, scheme := range []string{"http", "HTTPS", "Https", "ftp", "javascript", "data", "ws", "//", "https:", "https:/", "https:\\\\", " https", "\thttps", "view-source:https"} {
		add("%s://%s%s", scheme, host, path)
		add("%s:%s%s", scheme, host, path)
	}
	for _, evil := range []string{"evil.example", "127.0.0.1", "[::1]", "localhost", "evil.example:443", "xn--shp-0ma.example", "еvil.example", "0x7f.1", "2130706433"} {
		for _, form := range []string{
			"https://%s@%s%s", "https://%s:@%s%s", "https://%s#@%s%s", "https://%s?@%s%s", "https://%s/@%s%s", "https://%s\\@%s%s",
			"https://%s%%40%s%s", "https://%s.%s%s", "https://%s%%2e%s%s", "https://%s%%00.%s%s", "https://%s;%s%s", "https://%s,%s%s",
			"https://%s %s%s", "https://%s\t%s%s", "https://%s\\%s%s", "https://%s%%5c%s%s", "https://%s%%23%s%s", "https://%s%%3f%s%s",
			"https://%s&%s%s", "https://%s:443@%s%s", "https://%s@x@%s%s", "https://%s::%s%s", "https://%s!%s%s", "https://%s$%s%s", "https://%s'%s%s",
		} {
			add(form, host, evil, path)
			add(form, evil, host, path)
		}
		add("https://%s%s", evil, path)
		add("https://%s/%s%s", evil, host, path)
		add("https://%s/?u=%s", evil, registered)
		add("https://%s/#%s", evil, registered)
		add("%s/../../%s", registered, evil)
		add("%s//%s", origin, evil)
	}
	for _, tail := range []string{
		"/", "//", "/.", "/..", "/../", "/./", "/../cb", "/..;/", ";/", ";", ";a=b", "/;", "%2f", "%2F", "%2e", "/%2e%2e", "/%2e%2e%2fx", "/..%2f", "/..%5c", "\\",
		"%5c", "?", "?a", "?a=b", "&a=b", "?code=x", "#", "#a", "#/x", "%23", "%3f", "%00", "%0a", "%0d%0a", "\r\n", "\n", "\t", " ", "%20", "+", ".", "..", "...", ":", ":80",
		"*", "?*", "/*", "$", "!", "'", "\"", "<", ">", "`", "|", "~", "^", "{", "}", "@", "@evil.example", ".evil.example", "x", "X", "%", "%c0%ae", "%252e", "%u002e",
		"\u00a0", "\u2028", "\u3000", "\ufeff", "\u200b", "é", "／", "．", "?x=\u0000", "\x00", "/index.php", ".html", "?#", "#?", "//..", "/a/..", "/a/../", "%2e%2e",
	} {
		out = append(out, registered+tail, origin+tail, origin+tail+path, origin+"/"+tail+path, origin+path[:len(path)-1]+tail)
	}
	for _, port := range []string{"80", "443", "0443", "8443", "0", "65536", "-1", "", "443 ", "４４３", "a"} {
		add("https://%s:%s%s", host, port, path)
	}
	for i := range len(registered) {
		out = append(out, registered[:i], registered[:i]+registered[i+1:]) // cut off, and one less
		out = append(out, registered[:i]+swapCase(registered[i:i+1])+registered[i+1:])
		out = append(out, registered[:i]+"%"+fmt.Sprintf("%02x", registered[i])+registered[i+1:])
		for _, c := range []string{".", "/", "\\", "@", "%", "x", "\x00", " ", "é"} {
			out = append(out, registered[:i]+c+registered[i:], registered[:i]+c+registered[i+1:])
		}
	}
	out = append(out, strings.ToUpper(registered), registered+registered, registered+" "+registered, "\ufeff"+registered,
		strings.ReplaceAll(registered, ".", "。"), strings.ReplaceAll(registered, "s", "ſ"), strings.ReplaceAll(registered, "/", "\\"),
		url.QueryEscape(registered), url.PathEscape(registered), "", "/", path, "//"+host+path, "cb", ".", "*")
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(s string) bool { return s == registered })
}

func swapCase(s string) string {
	if u := strings.ToUpper(s); u != s {
		return u
	}
	return strings.ToLower(s)
}

// Whatever answer an authorization request would get, and in whatever mode, a
// mutated address gets an error page and no code, no error and no form.
func TestNoMutatedAddressIsEverAnswered(t *testing.T) {
	const registered = "https://shop.example/oauth/cb"
	corpus := mutations(registered)
	if len(corpus) < 1000 {
		t.Fatalf("only %d mutations", len(corpus))
	}
	w := newWorld(t)
	w.register("shop", func(c *directory.OIDCClient) { c.RedirectURIs = []string{registered} })
	w.register("spa", public, func(c *directory.OIDCClient) { c.RedirectURIs = []string{registered} })
	w.login()
	paths := map[string]func() url.Values{
		"success":   func() url.Values { return asked("shop") },
		"public":    func() url.Values { return asked("spa") },
		"error":     func() url.Values { return asked("shop", "response_type", "token") },
		"passive":   func() url.Values { return asked("shop", "prompt", "none", "max_age", "0") },
		"fragment":  func() url.Values { return asked("shop", "response_mode", "fragment", "prompt", "none login") },
		"form_post": func() url.Values { return asked("shop", "response_mode", "form_post") },
	}
	for name, path := range paths {
		for _, uri := range corpus {
			q := path()
			q.Set("redirect_uri", uri)
			rec := w.authorize(q)
			if body := rec.Body.String(); rec.Code != http.StatusBadRequest || rec.Header().Get("Location") != "" || strings.Contains(body, "form-post") {
				t.Errorf("%s: %q was answered %d %q", name, uri, rec.Code, rec.Header().Get("Location"))
			}
		}
		q := path()
		q.Set("redirect_uri", registered)
		if rec := w.authorize(q); rec.Code >= 400 {
			t.Errorf("%s: the registered address was answered %d", name, rec.Code)
		}
	}
}

// The same for the address after a log-out, with the best of hints.
func TestNoMutatedAddressIsGoneToAfterLogout(t *testing.T) {
	const registered = "https://shop.example/oauth/bye"
	w := newWorld(t)
	w.register("shop", func(c *directory.OIDCClient) { c.Metadata.PostLogoutRedirectURIs = []string{registered} })
	w.login()
	hint := w.signsOn("shop").text("id_token")
	w.cookie = ""
	for _, uri := range mutations(registered) {
		q := url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {uri}, "client_id": {"shop"}}
		rec := w.browse("/logout?" + q.Encode())
		if rec.Header().Get("Location") != "" || uri != "" && strings.Contains(rec.Body.String(), `id="continue"`) {
			t.Errorf("%q was gone to: %d %q", uri, rec.Code, rec.Header().Get("Location"))
		}
	}
}

// The registration is asked again when the person has logged in.
func TestAnAddressWithdrawnDuringTheSignOn(t *testing.T) {
	w := newWorld(t)
	shop := w.register("shop")
	w.login()
	w.authorize(asked("shop"))
	request := w.doorman.last
	shop.OIDC = &directory.OIDCClient{ID: "shop", RedirectURIs: []string{"https://shop.example/other"}}
	err := w.p.Answer(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), signon.Result{Request: request, Service: shop})
	if err == nil {
		t.Error("answered to an address that is not registered any more")
	}
}

// RFC 8252 section 7.3: any port on a loopback literal, for public clients only.
func TestLoopback(t *testing.T) {
	registered := []string{"http://127.0.0.1/cb", "http://[::1]:1234/cb?x=1", "http://localhost/cb", "https://127.0.0.1/tls"}
	for _, c := range []struct {
		uri            string
		public, anyone bool
	}{
		{"http://127.0.0.1/cb", true, true},
		{"http://127.0.0.1:49152/cb", true, false},
		{"http://127.0.0.1:1/cb", true, false},
		{"http://[::1]:5555/cb?x=1", true, false},
		{"http://[::1]/cb?x=1", true, false},
		{"http://[::1]:5555/cb", false, false},
		{"http://127.0.0.1:/cb", false, false},
		{"http://127.0.0.1:123456/cb", false, false},
		{"http://127.0.0.1:80@evil.example/cb", false, false},
		{"http://127.0.0.1:49152/cb2", false, false},
		{"http://127.0.0.1:49152/cb/", false, false},
		{"http://127.0.0.1:49152/cb#x", false, false},
		{"http://127.0.0.1.evil.example/cb", false, false},
		{"http://127.0.0.12/cb", false, false},
		{"http://127.0.0.1evil/cb", false, false},
		{"http://127.0.0.2:49152/cb", false, false},
		{"http://localhost:49152/cb", false, false},
		{"https://127.0.0.1:49152/tls", false, false},
		{"https://127.0.0.1:49152/cb", false, false},
	} {
		if _, ok := prove(registered, true, c.uri); ok != c.public {
			t.Errorf("public client, %s: %v", c.uri, ok)
		}
		if _, ok := prove(registered, false, c.uri); ok != c.anyone {
			t.Errorf("confidential client, %s: %v", c.uri, ok)
		}
	}
}

// What must never be gone to is not gone to even where somebody registered it.
func TestAddressesThatAreNeverGoneTo(t *testing.T) {
	for _, uri := range []string{
		"javascript:alert(1)", "JavaScript://shop.example/%0aalert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://x/y",
		"https://shop.example/cb#frag", "https://user@shop.example/cb", "https://shop.example\\@evil.example/", "https:///cb", "//shop.example/cb", "/cb", "cb",
		"https://shop.example/\r\nSet-Cookie:x", "https://shop.example/ü",
	} {
		if _, ok := prove([]string{uri}, true, uri); ok {
			t.Errorf("%q was proven", uri)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth

import (
	"errors"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
)

func wiki() application {
	return application{ForwardAuth: directory.ForwardAuth{Rules: []directory.ForwardRule{
		{Prefix: "/public", Open: true},
		{Prefix: "/public/drafts/", Groups: []string{"ateneu.editor"}},
		{Prefix: "/admin", Groups: []string{"ateneu.admin"}},
		{Prefix: "/àrea interna", Collectives: []directory.CollectiveName{"ateneu"}},
		{Prefix: "/open", Open: true},
	}}}
}

func TestTheLongestPrefixRules(t *testing.T) {
	for path, want := range map[string]string{
		"/":                          "",
		"/adm":                       "",
		"/administration":            "",
		"/admin":                     "/admin",
		"/admin/":                    "/admin",
		"/admin/users":               "/admin",
		"/public/a.css":              "/public",
		"/public/drafts":             "/public/drafts/",
		"/public/drafts/x":           "/public/drafts/",
		"/public/draftsman":          "/public",
		"/%C3%A0rea%20interna/actes": "/àrea interna",
		"/a%20b/%C3%B1":              "",
		"/a:b@c,d=e+f!$&'()*":        "",
	} {
		rule, err := wiki().rule(path)
		if err != nil || rule.Prefix != want {
			t.Errorf("%s: %q, %v; want %q", path, rule.Prefix, err, want)
		}
	}
}

// TestPathsThatCanBeReadInMoreThanOneWay are how rules were walked around
// elsewhere: nobody gets to them, whoever it is.
func TestPathsThatCanBeReadInMoreThanOneWay(t *testing.T) {
	for _, path := range []string{
		"/public/../admin", "/public/./x", "/public/..", "/..", "/.", "//admin", "/public//admin", "/public/%2e%2e/admin",
		"/public/%2E./admin", "/%61dmin", "/admi%6E", "/public%2f..%2fadmin", "/public%2Fx", "/public%5c..%5cadmin", `/public\..\admin`,
		"/public/..;/admin", "/public;x=/admin", "/public%3bx", "/public/%252e%252e/admin", "/public%00", "/public%0d%0aX:y",
		"/public%", "/public%2", "/public%zz", "/public/%ff", "/public/%c0%ae%c0%ae/admin", "/public%3f/../admin", "/public%23",
		"/admin#/../public", "/open#", "/admin#", "/admin/x#y", "/admin.", "/admin.../x", "/admin%20", "/admin%20/x", "/open/x.", "/open/x%20.",
		"/admin::$INDEX_ALLOCATION/x", "/admin%3a$i30:$INDEX_ALLOCATION", "/open/[x]", "/open/x|y", `/open/"x"`, "/open/<x>", "/open/x^", "/open/`x`", "/open/{x}",
		"/Admin", "/ADMIN/users", "/aDmin", "/PUBLIC/x", "/%C3%80REA%20interna", "/public/Drafts/x", "/open/\x00", "/open/ x",
		"admin", "", "*", "/open/ñ", "http://wiki.example/open",
	} {
		if rule, err := wiki().rule(path); !errors.Is(err, errPath) {
			t.Errorf("%q: %+v, %v", path, rule, err)
		}
	}
	if _, err := (application{}).rule("/a/../b;c"); err != nil {
		t.Errorf("without rules: %v", err)
	}
}

// FuzzRule: whatever stands behind an open rule stands behind it for a program
// that cleans up paths and knows no case, too.
func FuzzRule(f *testing.F) {
	for _, path := range []string{"/public/x", "/public/../admin", "/public/%2e%2e/admin", "/admin", "/public/%C3%A0"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		rule, err := wiki().rule(path)
		if err != nil || !rule.Open {
			return
		}
		read := fold(plain(plain(path)))
		for _, odd := range []string{"..", "//", `\`, ";", "\x00", "\n", "\r", "/drafts", "%"} {
			if odd == "/drafts" && !strings.Contains(read, "/public/drafts/") {
				continue
			}
			if strings.Contains(read, odd) && odd != ".." || strings.Contains(read+"/", "/../") {
				t.Errorf("%q is open, and reads as %q", path, read)
			}
		}
	})
}

// TestWhereSomebodyGoesOn is a path of the application or its front page.
func TestWhereSomebodyGoesOn(t *testing.T) {
	for uri, want := range map[string]string{
		"/a/b?c=d&e": "/a/b?c=d&e", "/": "/", "": "/", "a": "/", "//evil.example": "/", `/\evil.example`: "/", "/a\r\nb": "/",
		"https://evil.example/": "/", "/.clau/logout": "/", "/.clau/callback?ticket=x": "/", "/" + strings.Repeat("x", uriMax): "/", "/ñ": "/",
	} {
		if got := local(uri); got != want {
			t.Errorf("%.40q: %q, want %q", uri, got, want)
		}
	}
}

func TestHeadersCannotBeReadAsAnythingElse(t *testing.T) {
	for _, c := range []struct{ value, between, want string }{
		{"Mireia Ñandú", "", "Mireia %C3%91and%C3%BA"},
		{"a\r\nX-Clau-User: root", "", "a%0D%0AX-Clau-User: root"},
		{"100%", "", "100%25"},
		{" padded ", "", "%20padded%20"},
		{"one,two", ",", "one%2Ctwo"},
		{"one,two", " ", "one,two"},
		{"one two", " ", "one%20two"},
		{"\x7f\x00", "", "%7F%00"},
		{"", ",", ""},
	} {
		if got := escape(c.value, c.between); got != c.want {
			t.Errorf("%q: %q, want %q", c.value, got, c.want)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func fetch(all *Themes, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	all.Assets().ServeHTTP(w, r)
	return w
}

// The browser fetches a file once and never asks again.
func TestAssetsStayWithTheBrowser(t *testing.T) {
	all := newThemes(t)
	for name, kind := range map[string]string{
		"clau.css": "text/css; charset=utf-8", "mark.svg": "image/svg+xml", "favicon.svg": "image/svg+xml",
		"tile.svg": "image/svg+xml", "colour/ffd400.css": "text/css; charset=utf-8",
	} {
		w := fetch(all, "GET", all.Asset(name))
		h := w.Header()
		if w.Code != 200 || h.Get("Content-Type") != kind || h.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %d %v", name, w.Code, h)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
			t.Errorf("%s: %v", name, h)
		}
		if h.Get("Set-Cookie") != "" {
			t.Errorf("%s: sets a cookie", name)
		}
		if again := fetch(all, "GET", all.Asset(name), "If-None-Match", h.Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s: asked again with its ETag: %d", name, again.Code)
		}
		if head := fetch(all, "HEAD", all.Asset(name)); head.Code != 200 || head.Body.Len() > 0 {
			t.Errorf("%s: HEAD: %d", name, head.Code)
		}
	}
}

// While nodes are upgraded one by one, a page of the new one asks the old one.
func TestAnotherVersionsPageIsNotLeftBare(t *testing.T) {
	w := fetch(newThemes(t), "GET", "/theme/0123456789ab/clau.css")
	if w.Code != 200 || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("%d, Cache-Control %q", w.Code, w.Header().Get("Cache-Control"))
	}
}

func TestNothingElseIsServed(t *testing.T) {
	all := newThemes(t)
	for _, name := range []string{
		"", "clau", "../themes.go", "..%2flocales/ca.json", "locales/ca.json", "colour/", "colour/ffd400", "colour/ffd40.css",
		"colour/gggggg.css", "colour/ffd400;x.css", "ffd400.css", "colour/x/ffd400.css",
	} {
		if w := fetch(all, "GET", all.Asset(name)); w.Code != 404 {
			t.Errorf("%q: %d", name, w.Code)
		}
	}
	if w := fetch(all, "GET", "/theme/"); w.Code != 404 {
		t.Errorf("the directory: %d", w.Code)
	}
	if w := fetch(all, "POST", all.Asset("clau.css")); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestAChangedFileHasANewAddress(t *testing.T) {
	changed, err := New(overlay("assets/clau.css", "body{}"))
	if err != nil {
		t.Fatal(err)
	}
	if changed.Asset("clau.css") == newThemes(t).Asset("clau.css") {
		t.Error("browsers would keep the old one for a year")
	}
	if got := fetch(changed, "GET", changed.Asset("clau.css")).Body.String(); got != "body{}" {
		t.Errorf("the overlay's stylesheet is not served: %s", got)
	}
}

func TestACollectivesColourReachesThePage(t *testing.T) {
	all := newThemes(t)
	page := render(t, all, Frame{Branding: Branding{Colour: "#FFD400"}}, Login{Action: "/login"})
	path := all.Asset("colour/ffd400.css")
	if !strings.Contains(page, `href="`+path+`"`) {
		t.Error("the page does not fetch the collective's colour")
	}
	if css := fetch(all, "GET", path).Body.String(); !strings.Contains(css, "--band:#ffd400;--on-band:#000000") {
		t.Error(css)
	}
}

// The stylesheet and the drawings fetch nothing from elsewhere either.
func TestAssetsFetchNothingFromElsewhere(t *testing.T) {
	all := newThemes(t)
	address := regexp.MustCompile(`(?i)url\(\s*["']?([^"')]*)|@import|<script|href=|xlink|<image|<foreignobject`)
	for name, file := range all.assets.files {
		for _, m := range address.FindAllStringSubmatch(string(file.content), -1) {
			if _, own := all.assets.files[m[1]]; !own {
				t.Errorf("%s: %s", name, m[0])
			}
		}
	}
}

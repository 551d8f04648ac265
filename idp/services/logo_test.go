// SPDX-License-Identifier: AGPL-3.0-or-later

package services

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"crypto/rand"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

type shelf map[directory.ServiceName]directory.Service

func (s shelf) ServiceByName(_ context.Context, name directory.ServiceName) (directory.Service, error) {
	if name == "down" {
		return directory.Service{}, directory.ErrUnavailable
	}
	one, ok := s[name]
	if !ok {
		return one, directory.ErrNotFound
	}
	return one, nil
}

// A picture is shown as what it is, kept for long under an address of its own,
// and nothing but a picture is ever shown.
func TestLogos(t *testing.T) {
	const png = "\x89PNG\r\n\x1a\n0000"
	all := shelf{
		"nuvol": {Name: "nuvol", State: directory.Active, Logo: []byte(png), Version: "7"}, "bare": {Name: "bare", State: directory.Active},
		"page": {Name: "page", State: directory.Active, Logo: []byte("<html><script>")}, "waits": {Name: "waits", State: directory.PendingApproval, Logo: []byte(png)},
	}
	pages, err := themes.New(themes.Config{Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := web.NewRouter(web.Config{
		Issuer: &url.URL{Scheme: "https", Host: "id.example"}, Pages: pages, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: time.Now, Rand: rand.Reader, Limits: web.Limits{PerSecond: 1e9, Burst: 1 << 30},
	}, &Logos{Directory: all})
	if err != nil {
		t.Fatal(err)
	}
	get := func(path, etag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = "id.example"
		r.Header.Set("If-None-Match", etag)
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		return rec
	}
	shown := get(web.ServiceLogoPath(all["nuvol"]), "")
	if shown.Code != 200 || shown.Body.String() != png || shown.Header().Get("Content-Type") != "image/png" || !strings.Contains(shown.Header().Get("Cache-Control"), "604800") ||
		shown.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v", shown.Code, shown.Header())
	}
	if again := get("/services/nuvol/logo", shown.Header().Get("Etag")); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("%d", again.Code)
	}
	for path, status := range map[string]int{"/services/bare/logo": 404, "/services/page/logo": 404, "/services/waits/logo": 404, "/services/nobody/logo": 404, "/services/down/logo": 503} {
		if rec := get(path, ""); rec.Code != status {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
	if web.ServiceLogoPath(all["bare"]) != "" {
		t.Error("a service without a logo has an address for it")
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/services/preset"
)

// forumKey is that of the forum's API.
const forumKey = "a-key-of-the-forum"

// enterPath is that of an application's page with the button to log in.
const enterPath = "/enter"

// presetSite is where an application is: it answers what the real one would,
// and keeps what came.
type presetSite struct {
	*httptest.Server
	app *presetApp
	sp  *serviceProvider // nil: it does not speak SAML
	ask http.Client      // that follows no redirect

	front  http.HandlerFunc // its page with the button to log in; nil: none
	behind http.Handler     // real software, below /auth/; nil: none

	mu   sync.Mutex
	came []knock
}

// knock is a request that came to the application.
type knock struct {
	Method, Path string
	Form         url.Values // of the address and the body
	Header       http.Header
}

func openPresetSite(a *presetApp) *presetSite {
	site := &presetSite{app: a}
	site.ask.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	site.Server = httptest.NewServer(site)
	a.t.Cleanup(site.Close)
	if a.does.AuthnReq != nil {
		site.sp = newServiceProvider(a, site.URL)
	}
	return site
}

// ServeHTTP answers as the application.
func (s *presetSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.sp != nil && r.URL.Path == soapDoor {
		s.sp.hearsSOAP(w, r)
		return
	}
	if s.app.preset.Forward != nil {
		s.app.proxied(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.keep(knock{r.Method, r.URL.Path, r.Form, r.Header})
	switch {
	case s.behind != nil && strings.HasPrefix(r.URL.Path, "/auth/"):
		s.behind.ServeHTTP(w, r)
	case s.front != nil && r.URL.Path == enterPath:
		s.front(w, r)
	case s.sp != nil && r.Form.Get("SAMLRequest") != "":
		s.sp.isLeft(w, r)
	case s.sp != nil && strings.Contains(r.URL.Path, "etadata"):
		fmt.Fprint(w, s.sp.metadata())
	case strings.HasPrefix(r.URL.Path, "/u/by-external/"):
		fmt.Fprint(w, `{"user":{"id":7}}`)
	default:
		fmt.Fprint(w, `<p>You are at the application.</p>`)
	}
}

func (s *presetSite) keep(k knock) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.came = append(s.came, k)
}

// knocks are those that came to a path.
func (s *presetSite) knocks(path string) []knock {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []knock
	for _, k := range s.came {
		if k.Path == path {
			out = append(out, k)
		}
	}
	return out
}

// last is the newest that came to a path.
func (s *presetSite) last(path string) knock {
	s.app.t.Helper()
	all := s.knocks(path)
	if len(all) == 0 {
		s.app.t.Fatalf("nothing came to %s; núria is at %s:\n%s", path, s.app.browser.Address(), s.app.browser.Text())
	}
	return all[len(all)-1]
}

// forgets what came so far.
func (s *presetSite) forgets() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.came = nil
}

// heard are the paths at which something came.
func (s *presetSite) heard() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, k := range s.came {
		out = append(out, k.Method+" "+k.Path)
	}
	return slices.Compact(out)
}

// fetched is the service provider of the metadata that stands where the preset
// says that the application has it.
func (s *presetSite) fetched(in preset.Input) *directory.SAMLProvider {
	t := s.app.t
	t.Helper()
	address, err := s.app.preset.MetadataURL(in)
	check(t, err)
	if address == "" {
		raw := []byte(s.sp.metadata())
		return &directory.SAMLProvider{EntityID: s.sp.entityID, Metadata: raw}
	}
	from := metadata.Source{URL: address}
	fetcher := metadata.NewFetcher(metadata.FetcherConfig{Client: s.Client(), Now: s.app.clau.Clock.Now, Loopback: true})
	got, err := fetcher.Fetch(t.Context(), from)
	check(t, err)
	record := from.Record(got, s.app.clau.Clock.Now())
	return &record
}

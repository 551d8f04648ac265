// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/services/preset"
	"commonscloud.coop/clau/idp/web"
)

// world is Clau and an application on one machine, as far as a test of a service
// can see them.
type world struct {
	*http.ServeMux
	server *httptest.Server
	prober prober
}

func newWorld(t *testing.T, name string) *world {
	t.Helper()
	w := &world{ServeMux: http.NewServeMux()}
	w.server = httptest.NewUnstartedServer(w)
	w.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	w.server.StartTLS()
	t.Cleanup(w.server.Close)
	w.server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	issuer, err := url.Parse(w.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	w.prober = prober{
		app:    &app{now: time.Now, rand: rand.Reader},
		client: w.server.Client(),
		at:     config.Settings{Issuer: issuer, SecretFile: filepath.Join(t.TempDir(), "master.secret")},
	}
	if name != "" {
		w.prober.s = w.register(t, name)
	}
	return w
}

// register makes a service at an address that answers.
func (w *world) register(t *testing.T, name string) directory.Service {
	t.Helper()
	master, err := keys.NewMaster(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := master.Save(w.prober.at.SecretFile); err != nil {
		t.Fatal(err)
	}
	p, err := findPreset(name)
	if err != nil {
		t.Fatal(err)
	}
	minter, err := w.prober.minter(w.prober.at, p.Protocol())
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := p.Register(preset.Input{Name: "app", Collective: "ateneu", URL: w.server.URL, Minter: minter})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// says answers with a text.
func (w *world) says(path string, status int, text string) {
	w.HandleFunc(path, func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(status)
		fmt.Fprint(rw, text)
	})
}

// clau answers as Clau does.
func (w *world) clau(issuer, alg string) {
	w.says("/.well-known/openid-configuration", 200, fmt.Sprintf(`{"issuer": %q, "jwks_uri": %q}`, issuer, w.server.URL+"/jwks"))
	w.says("/jwks", 200, fmt.Sprintf(`{"keys": [{"alg": %q}]}`, alg))
	w.says("/healthz", 200, "ok")
}

func levels(found []finding) string {
	var out []string
	for _, f := range found {
		out = append(out, f.Level+" "+f.Area)
	}
	return strings.Join(out, ", ")
}

func TestAClientThatCanWork(t *testing.T) {
	w := newWorld(t, "nextcloud")
	w.clau(w.server.URL, "ES256")
	w.says("/{$}", 200, "Nextcloud")
	w.says("POST /apps/user_oidc/backchannel-logout/clau", 400, "no token")
	found := append(w.prober.discovery(t.Context()), w.prober.redirects(t.Context())...)
	found = append(append(found, w.prober.registration(t.Context())...), w.prober.logoutAddress(t.Context())...)
	if got := levels(found); got != "ok discovery, ok address, ok record, ok log-out" {
		t.Errorf("found %s: %+v", got, found)
	}
}

// TestABridgeIsNotToldOfLogouts, which its people have to know.
func TestABridgeIsNotToldOfLogouts(t *testing.T) {
	w := newWorld(t, "phabricator")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if got := levels(w.prober.probe(ctx, nil, w.prober.at, w.prober.s).Findings); !strings.Contains(got, "warning log-out") {
		t.Errorf("found %s", got)
	}
}

func TestWhatIsWrongWithAClient(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*world)
		look func(prober, context.Context) []finding
		says string
	}{
		"another issuer":   {func(w *world) { w.clau("https://other.example", "ES256") }, prober.discovery, "https://other.example is the issuer there"},
		"no key":           {func(w *world) { w.clau(w.server.URL, "RS256") }, prober.discovery, "no key signs ES256"},
		"no Clau":          {func(w *world) { w.says("/", 502, "proxy") }, prober.discovery, "answers 502"},
		"not healthy":      {func(w *world) { w.says("/healthz", 503, "") }, prober.answers, "answers 503"},
		"nothing to tell":  {func(w *world) { w.says("/", 404, "") }, prober.logoutAddress, "answers 404: nothing takes log-outs"},
		"nobody there":     {func(w *world) { w.server.Close() }, prober.redirects, "no connection"},
		"a strange signer": {func(w *world) { w.prober.client = &http.Client{} }, prober.redirects, "of nobody that is trusted"},
		"another name": {func(w *world) {
			w.prober.s.OIDC.RedirectURIs = []string{strings.Replace(w.server.URL, "127.0.0.1", "localhost", 1)}
		}, prober.redirects, "for another name"},
		"no such name":   {func(w *world) { w.prober.s.OIDC.RedirectURIs = []string{"https://nothing.invalid/x"} }, prober.redirects, "cannot be reached"},
		"no public host": {func(w *world) { w.prober.client = web.NewOutbound(web.OutboundConfig{}) }, prober.redirects, "is not public"},
		"closed":         {func(w *world) { w.prober.s.State = directory.Suspended }, prober.registration, "nobody gets in"},
		"no secret left": {func(w *world) { w.prober.s.OIDC.Secrets[0].Expires = time.Now().Add(-time.Hour) }, prober.registration, "all its secrets have ended"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "nextcloud")
			c.set(w)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			found := c.look(w.prober, ctx)
			if len(found) == 0 || !strings.Contains(found[0].Message, c.says) || found[0].Level == "ok" {
				t.Errorf("found %+v", found)
			}
		})
	}
}

// TestAForum: it is looked where a log-in leads, and whether the key is taken.
func TestAForum(t *testing.T) {
	w := newWorld(t, "discourse-connect")
	leads, status := "/discourse/app?sso=x&sig=y", 404
	w.HandleFunc("/session/sso", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, w.server.URL+leads, http.StatusFound)
	})
	var asked http.Header
	w.HandleFunc("/u/by-external/", func(rw http.ResponseWriter, r *http.Request) {
		asked = r.Header
		rw.WriteHeader(status)
	})
	if got := levels(w.prober.forum(t.Context())); got != "ok forum, warning log-out" {
		t.Errorf("without a key of its API: %s", got)
	}
	minter, err := w.prober.minter(w.prober.at, directory.ProtocolDiscourse)
	if err != nil {
		t.Fatal(err)
	}
	if err := minter.SetAPIKey(&w.prober.s, "the-key"); err != nil {
		t.Fatal(err)
	}
	if got := levels(w.prober.forum(t.Context())); got != "ok forum, ok log-out" || asked.Get("Api-Key") != "the-key" || asked.Get("Api-Username") != "system" {
		t.Errorf("with it: %s, %v", got, asked)
	}
	status, leads = 403, "/elsewhere"
	found := w.prober.forum(t.Context())
	if got := levels(found); got != "fault forum, fault log-out" {
		t.Errorf("with another: %s", got)
	}
	if text, _ := json.Marshal(found); strings.Contains(string(text), "the-key") {
		t.Errorf("the key is shown: %s", text)
	}
}

// noKeys is a directory without certificates.
type noKeys struct{ directory.Keys }

func (noKeys) ListKeys(context.Context) ([]directory.Key, error) { return nil, nil }

func TestAServiceProvider(t *testing.T) {
	w := newWorld(t, "nextcloud-saml")
	w.prober.keys = noKeys{}
	w.says("/saml/metadata", 200, "<EntityDescriptor/>")
	w.says("/{$}", 200, "Nextcloud")
	found := append(w.prober.ownMetadata(t.Context()), w.prober.itsMetadata(t.Context())...)
	if got := levels(found); got != "ok metadata, ok provider, ok address" {
		t.Errorf("%s: %+v", got, found)
	}
	w.prober.s.SAML.Settings.Key = "gone"
	if found := w.prober.ownMetadata(t.Context()); found[0].Level != "fault" || !strings.Contains(found[0].Message, "not published") {
		t.Errorf("%+v", found)
	}
	w.prober.s.SAML.Metadata = []byte("<EntityDescriptor/>")
	if found := w.prober.itsMetadata(t.Context()); found[0].Level != "fault" {
		t.Errorf("%+v", found)
	}
}

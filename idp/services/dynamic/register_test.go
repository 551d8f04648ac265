// SPDX-License-Identifier: AGPL-3.0-or-later

package dynamic

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

// Software registers an application: everything that RFC 7591 wants is in the
// answer, and nothing that the collective did not give is in the service.
func TestRegistering(t *testing.T) {
	w := newWorld(t)
	r := w.registers("grant_types", []string{"authorization_code"}, "contacts", []string{"it@ateneu.example"}, "initiate_login_uri", "https://nuvol.example/login",
		"unknown_member", map[string]any{"x": 1}, "policy_uri", "https://nuvol.example/privacy")
	if r.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("may be cached: %q", r.Header().Get("Cache-Control"))
	}
	for name, want := range map[string]any{
		"client_name": "Núvol de l'ateneu", "token_endpoint_auth_method": "client_secret_basic", "application_type": "web", "subject_type": "pairwise",
		"id_token_signed_response_alg": "RS256", "client_secret_expires_at": 0.0, "client_id_issued_at": float64(w.now.Unix()), "clau_waits": nil,
		"initiate_login_uri": "https://nuvol.example/login", "policy_uri": "https://nuvol.example/privacy", "unknown_member": nil,
	} {
		if r.said[name] != want {
			t.Errorf("%s is %v", name, r.said[name])
		}
	}
	if uri := r.text("registration_client_uri"); uri != "https://id.example/key/register/"+r.text("client_id") {
		t.Errorf("managed at %q", uri)
	}
	s := w.service(r)
	if s.Name != "n-vol-de-l-ateneu" || s.Collective != "ateneu" || s.Access != directory.AccessCollective || len(s.Guests) != 0 || s.State != directory.Active ||
		s.URL != "https://nuvol.example/login" || s.Sector != "" || s.PublicSubject() || s.OIDC.Metadata.PKCEOptional || s.Protocol() != directory.ProtocolOIDC {
		t.Errorf("registered %+v", s)
	}
	kept, _ := json.Marshal(s)
	for _, secret := range []string{r.text("client_secret"), r.text("registration_access_token"), w.token} {
		if len(secret) < 40 || strings.Contains(string(kept), secret) || strings.Contains(w.logs.String(), secret) {
			t.Errorf("a secret is kept in the clear: %q", secret)
		}
	}
	if !same(r.text("client_secret"), s.OIDC.Secrets[0].SHA256) {
		t.Error("the secret is not the one that is kept")
	}
	if e := w.events.all[0]; e.Kind != audit.ServiceAdded || e.Actor != audit.System || e.Collective != "ateneu" || e.Plain() != e || !strings.HasPrefix(e.Reason, "registrar.") {
		t.Errorf("recorded %+v", e)
	}
}

func TestKindsOfClients(t *testing.T) {
	keys := map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}}}
	for _, c := range []struct {
		name   string
		with   []any
		secret bool
		kind   string
	}{
		{"post", []any{"token_endpoint_auth_method", "client_secret_post"}, true, "web"},
		{"an app", []any{"token_endpoint_auth_method", "none", "application_type", "native", "redirect_uris", []string{"coop.example.app:/cb", "http://127.0.0.1/cb"}}, false, "native"},
		{"a key", []any{"token_endpoint_auth_method", "private_key_jwt", "jwks", keys}, false, "web"},
		{"for itself", []any{"grant_types", []string{"client_credentials"}, "redirect_uris", nil}, true, "web"},
		{"no keys, said", []any{"jwks", nil}, true, "web"},
	} {
		w := newWorld(t)
		r := w.registers(c.with...)
		if _, given := r.said["client_secret"]; given != c.secret || len(w.service(r).OIDC.Secrets) > 0 != c.secret || r.text("application_type") != c.kind {
			t.Errorf("%s: %s", c.name, r.Body)
		}
	}
}

func TestWhatIsNotRegistered(t *testing.T) {
	w := newWorld(t)
	long := make([]string, 21)
	for i := range long {
		long[i] = "https://nuvol.example/cb"
	}
	for _, c := range []struct {
		name string
		with []any
		code string
	}{
		{"plain http", []any{"redirect_uris", []string{"http://nuvol.example/cb"}}, invalidRedirect},
		{"a fragment", []any{"redirect_uris", []string{"https://nuvol.example/cb#x"}}, invalidRedirect},
		{"a pattern", []any{"redirect_uris", []string{"https://*.nuvol.example/cb"}}, invalidRedirect},
		{"a script", []any{"redirect_uris", []string{"javascript:alert(1)"}, "token_endpoint_auth_method", "none"}, invalidRedirect},
		{"an app's own scheme for a server", []any{"redirect_uris", []string{"coop.example.app:/cb"}}, invalidRedirect},
		{"one good and one bad", []any{"redirect_uris", []string{"https://nuvol.example/cb", "//evil.example"}}, invalidRedirect},
		{"none", []any{"redirect_uris", nil}, invalidMetadata},
		{"too many", []any{"redirect_uris", long}, invalidMetadata},
		{"the implicit flow", []any{"response_types", []string{"id_token token"}}, invalidMetadata},
		{"the implicit grant", []any{"grant_types", []string{"implicit"}}, invalidMetadata},
		{"passwords", []any{"grant_types", []string{"password"}}, invalidMetadata},
		{"a public client for itself", []any{"token_endpoint_auth_method", "none", "grant_types", []string{"authorization_code", "client_credentials"}}, invalidMetadata},
		{"client_secret_jwt", []any{"token_endpoint_auth_method", "client_secret_jwt"}, invalidMetadata},
		{"a key that is not there", []any{"token_endpoint_auth_method", "private_key_jwt"}, invalidMetadata},
		{"two kinds of keys", []any{"jwks", map[string]any{"keys": []any{map[string]any{"kty": "EC"}}}, "jwks_uri", "https://nuvol.example/k"}, invalidMetadata},
		{"a private key", []any{"jwks", map[string]any{"keys": []any{map[string]any{"kty": "EC", "d": "x"}}}}, invalidMetadata},
		{"handles", []any{"subject_type", "public"}, invalidMetadata},
		{"signed userinfo", []any{"userinfo_signed_response_alg", "RS256"}, invalidMetadata},
		{"encryption", []any{"id_token_encrypted_response_alg", "RSA-OAEP"}, invalidMetadata},
		{"no signature", []any{"id_token_signed_response_alg", "none"}, invalidMetadata},
		{"a shared key", []any{"id_token_signed_response_alg", "HS256"}, invalidMetadata},
		{"another kind of application", []any{"application_type", "toaster"}, invalidMetadata},
		{"words instead of a number", []any{"default_max_age", "soon"}, invalidMetadata},
		{"a negative age", []any{"default_max_age", -1}, invalidMetadata},
		{"a name that turns round", []any{"client_name", "Núvol\u202ecba"}, invalidMetadata},
		{"a name of two lines", []any{"client_name", "Núvol\nof all"}, invalidMetadata},
		{"a long name", []any{"client_name", strings.Repeat("n", 81)}, invalidMetadata},
		{"a link that is a script", []any{"policy_uri", "javascript:x"}, invalidMetadata},
		{"a page that is a script", []any{"client_uri", "data:text/html,x"}, invalidMetadata},
		{"a statement", []any{"software_statement", "e30.e30.x"}, unapproved},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			w.wants(w.call("POST", "/key/register", w.token, metadata(c.with...)), 400, c.code)
		})
	}
	w.t = t
	for _, body := range []string{"", "null", "[]", `"x"`, "{", `{"redirect_uris":"https://nuvol.example/cb"}`, `{"x":"` + strings.Repeat("x", documentMax) + `"}`} {
		w.wants(w.call("POST", "/key/register", w.token, body), 400, invalidMetadata)
	}
	if len(w.d.services) != 0 {
		t.Errorf("%d services were added", len(w.d.services))
	}
}

// Whatever is wrong with a token is one answer, and nothing is read before.
func TestInitialTokens(t *testing.T) {
	w := newWorld(t)
	gone := w.registrar("ateneu", directory.Registrar{Expires: w.now, Limit: 3})
	endless := w.registrar("ateneu", directory.Registrar{Limit: 3})
	stopped := w.registrar("bressola", directory.Registrar{Expires: w.now.Add(time.Hour), Limit: 3})
	c := w.d.collectives["bressola"]
	c.State = directory.Suspended
	w.d.collectives["bressola"] = c
	for name, token := range map[string]string{
		"none": "", "expired": gone, "without an end": endless, "of a collective that was stopped": stopped,
		"altered": w.token[:len(w.token)-1] + "_", "longer": w.token + "A", "of another collective": strings.Replace(w.token, "ateneu", "bressola", 1),
		"of no collective": strings.Replace(w.token, "ateneu", "nobody", 1), "the digest": "ateneu~" + w.d.collectives["ateneu"].Settings.Registrars[0].ID + "~" + w.d.collectives["ateneu"].Settings.Registrars[0].SHA256,
		"an id alone": strings.Join(strings.Split(w.token, "~")[:2], "~"), "endless": "ateneu~" + strings.Repeat("x", 5000), "odd": "~~",
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			r := w.call("POST", "/key/register", token, "{")
			w.wants(r, 401, invalidToken)
			if r.Header().Get("WWW-Authenticate") == "" {
				t.Error("no challenge")
			}
		})
	}
	w.t = t
	// A token stands in the header and nowhere else.
	w.wants(w.call("POST", "/key/register?access_token="+w.token, "", metadata()), 401, invalidToken)
	// Taken back, it is over at once.
	c = w.d.collectives["ateneu"]
	c.Settings.Registrars = nil
	w.d.collectives["ateneu"] = c
	w.wants(w.call("POST", "/key/register", w.token, metadata()), 401, invalidToken)
}

func TestATokenHasALimit(t *testing.T) {
	w := newWorld(t)
	first := w.registers()
	w.registers()
	w.registers()
	w.wants(w.call("POST", "/key/register", w.token, metadata()), 403, accessDenied)
	other := w.registrar("ateneu", directory.Registrar{Expires: w.now.Add(time.Hour), Limit: 1})
	if r := w.call("POST", "/key/register", other, metadata()); r.Code != 201 {
		t.Errorf("what one token registered counts for another: %d %s", r.Code, r.Body)
	}
	if r := w.manages("DELETE", first, ""); r.Code != 204 {
		t.Fatalf("removing: %d", r.Code)
	}
	w.registers()
	var names []string
	for _, s := range w.d.services {
		names = append(names, string(s.Name))
		if !s.Name.Valid() {
			t.Errorf("%q is no name", s.Name)
		}
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != 4 {
		t.Errorf("names %q", names)
	}
}

// Many at once do not get past the limit, at however many nodes.
func TestTheLimitHoldsForManyAtOnce(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() { w.call("POST", "/key/register", w.token, metadata()) })
	}
	wg.Wait()
	if n := len(w.d.services); n > 3 {
		t.Errorf("%d services", n)
	}
}

func TestNamesOutOfTitles(t *testing.T) {
	for title, want := range map[string]string{
		"Núvol": "n-vol", "Cloud": "cloud", "My  Cloud!": "my-cloud", "": "service", "日本": "service", "admin": "service", "--a--": "service", "a": "service",
		"The quick brown fox jumps over": "the-quick-brown-fox-ju", "x.y_z": "x-y-z",
	} {
		if got := slug(title); string(got) != want || !got.Valid() {
			t.Errorf("%q becomes %q", title, got)
		}
	}
}

// Nothing of what went wrong inside is told.
func TestTroubleInside(t *testing.T) {
	w := newWorld(t)
	r := w.registers()
	w.d.down = directory.ErrUnavailable
	for _, one := range []reply{w.call("POST", "/key/register", w.token, metadata()), w.manages("GET", r, ""), w.puts(r), w.manages("DELETE", r, "")} {
		w.wants(one, 503, unavailable)
		if one.Header().Get("Retry-After") == "" || strings.Contains(one.Body.String(), "directory") {
			t.Errorf("%v %s", one.Header(), one.Body)
		}
	}
}

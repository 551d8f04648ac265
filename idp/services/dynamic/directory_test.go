// SPDX-License-Identifier: AGPL-3.0-or-later

package dynamic

import (
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/embedded"
)

// In a real directory: a service is registered, waits, is approved, is replaced,
// and goes, and all of it comes back from where it was written.
func TestInARealDirectory(t *testing.T) {
	const base = "dc=commons,dc=example"
	server, err := embedded.Open(embedded.Config{
		Path: filepath.Join(t.TempDir(), "directory"), Base: base, Logger: slog.New(slog.DiscardHandler), Rand: rand.Reader,
		Argon2: embedded.Argon2{Memory: 64, Time: 1, Threads: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	d, err := ldapbackend.Open(ldapbackend.Config{Dial: server.Dial, Base: base, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	registrar, token, err := NewRegistrar(rand.Reader, "ateneu", directory.Registrar{
		Label: "forge", By: "5b1f0c2e-6f0e-4c3a-9f5e-2d7a1b3c4d5e", Expires: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Limit: 2, Waits: true,
	})
	w := newWorld(t, func(w *world) { w.room.Directory, w.room.Source, w.token = d, d, token })
	w.must(err)
	system := directory.System()
	w.must(d.AddPerson(t.Context(), system, directory.Person{
		ID: "5b1f0c2e-6f0e-4c3a-9f5e-2d7a1b3c4d5e", Handle: "manel", State: directory.Active, Name: "Manel", FamilyName: "Roca", Seed: make([]byte, 32), Created: w.now,
	}))
	w.must(d.AddCollective(t.Context(), system, directory.Collective{
		ID: "0e9d2f52-8c5b-4a6b-8e3f-6a7b8c9d0e1f", Name: "ateneu", Title: "Ateneu", State: directory.Active, Created: w.now,
		Managers: []directory.PersonID{"5b1f0c2e-6f0e-4c3a-9f5e-2d7a1b3c4d5e"},
	}))
	w.must(d.ChangeCollective(t.Context(), system, "ateneu", directory.CollectiveChange{Settings: &directory.Settings{Registrars: []directory.Registrar{registrar}}}))

	site := newSite(t, w)
	r := w.registers("logo_uri", site.has("/logo.png", drawn(t, 16)), "tos_uri", "https://nuvol.example/terms", "jwks", map[string]any{"keys": []any{map[string]any{"kty": "EC"}}})
	w.registers()
	w.wants(w.call("POST", "/key/register", w.token, metadata()), 403, accessDenied)
	waiting, err := w.room.Waiting(t.Context(), "ateneu")
	if err != nil || len(waiting) != 2 {
		t.Fatalf("%d wait: %v", len(waiting), err)
	}
	s, err := d.ServiceByClientID(t.Context(), directory.ClientID(r.text("client_id")))
	w.must(err)
	w.must(w.room.Approve(t.Context(), "5b1f0c2e-6f0e-4c3a-9f5e-2d7a1b3c4d5e", "ateneu", s.Name, s.Version))
	same := []any{"logo_uri", site.URL + "/logo.png", "tos_uri", "https://nuvol.example/terms", "jwks", map[string]any{"keys": []any{map[string]any{"kty": "EC"}}}}
	if put := w.puts(r, append(same, "contacts", []string{"it@ateneu.example"})...); put.Code != 200 || put.said["clau_waits"] != nil {
		t.Errorf("%d %s", put.Code, put.Body)
	}
	s, err = d.ServiceByClientID(t.Context(), directory.ClientID(r.text("client_id")))
	w.must(err)
	if s.State != directory.Active || len(s.Logo) == 0 || len(s.OIDC.Secrets) != 2 || s.OIDC.Metadata.Registrar != registrar.ID || s.OIDC.Metadata.TosURI == "" {
		t.Errorf("kept %+v", s)
	}
	if gone := w.manages("DELETE", r, ""); gone.Code != 204 {
		t.Errorf("%d %s", gone.Code, gone.Body)
	}
	w.wants(w.manages("GET", r, ""), 401, invalidToken)
}

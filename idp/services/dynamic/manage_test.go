// SPDX-License-Identifier: AGPL-3.0-or-later

package dynamic

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

// Software keeps its registration in order: it reads, replaces and removes it.
func TestManaging(t *testing.T) {
	w := newWorld(t)
	r := w.registers("contacts", []string{"it@ateneu.example"})
	read := w.manages("GET", r, "")
	if read.Code != 200 || read.said["client_secret"] != nil || read.text("client_name") != "Núvol de l'ateneu" || read.text("registration_access_token") != r.text("registration_access_token") {
		t.Errorf("%d %s", read.Code, read.Body)
	}
	put := w.puts(r, "client_name", "Nou", "client_secret", r.text("client_secret"))
	s := w.service(r)
	if put.Code != 200 || put.text("client_secret") != r.text("client_secret") || len(s.OIDC.Secrets) != 1 || s.Title != "Nou" || s.OIDC.Metadata.Contacts != nil {
		t.Errorf("%d %s, kept %+v", put.Code, put.Body, s)
	}
	if gone := w.manages("DELETE", r, ""); gone.Code != 204 || gone.Body.Len() != 0 || len(w.d.services) != 0 {
		t.Errorf("%d %s", gone.Code, gone.Body)
	}
	w.wants(w.manages("GET", r, ""), 401, invalidToken)
	w.wants(w.manages("DELETE", r, ""), 401, invalidToken)
	var kinds []audit.Kind
	for _, e := range w.events.all {
		kinds = append(kinds, e.Kind)
	}
	if len(kinds) != 3 || kinds[1] != audit.ServiceChanged || kinds[2] != audit.ServiceRemoved {
		t.Errorf("recorded %q", kinds)
	}
}

// Who does not send the secret along gets another; the old one is good a day
// longer, so that nobody is locked out between.
func TestASecretIsRotated(t *testing.T) {
	w := newWorld(t)
	r := w.registers()
	second := w.puts(r)
	third := w.puts(r)
	secrets := w.service(r).OIDC.Secrets
	if second.text("client_secret") == r.text("client_secret") || len(secrets) != 3 || !same(third.text("client_secret"), secrets[0].SHA256) ||
		!secrets[0].Expires.IsZero() || !secrets[1].Expires.Equal(w.now.Add(24*time.Hour)) {
		t.Errorf("%s, kept %v", second.Body, secrets)
	}
	if kept := w.puts(r, "client_secret", second.text("client_secret")); kept.Code != 200 {
		t.Errorf("an old secret within its day: %d", kept.Code)
	}
	w.now = w.now.Add(25 * time.Hour)
	w.wants(w.puts(r, "client_secret", second.text("client_secret")), 400, invalidMetadata)
	if w.puts(r); len(w.service(r).OIDC.Secrets) != 2 {
		t.Error("secrets that have ended stay")
	}
	// A client that proves itself otherwise from now on has no secret left.
	if app := w.puts(r, "token_endpoint_auth_method", "none"); app.said["client_secret"] != nil || len(w.service(r).OIDC.Secrets) != 0 {
		t.Errorf("%s", app.Body)
	}
	if back := w.puts(r); back.text("client_secret") == "" {
		t.Error("it has a secret again, and is not told which")
	}
}

func TestWhatIsNotReplaced(t *testing.T) {
	w := newWorld(t)
	r := w.registers()
	for name, pairs := range map[string][]any{
		"no id": {"client_id", nil}, "another id": {"client_id", "x"}, "a wrong secret": {"client_secret", "wrong"},
		"handles": {"subject_type", "public"}, "no redirect": {"redirect_uris", nil},
	} {
		t.Run(name, func(t *testing.T) { w.t = t; w.wants(w.puts(r, pairs...), 400, invalidMetadata) })
	}
	w.t = t
	w.wants(w.puts(r, "redirect_uris", []string{"http://nuvol.example"}), 400, invalidRedirect)
	if s := w.service(r); s.Version != "1" {
		t.Error("something was written")
	}
}

// A token is good for its own registration and for nothing else.
func TestTokensOfRegistrations(t *testing.T) {
	w := newWorld(t)
	r, other := w.registers(), w.registers()
	plain := directory.Service{ID: "hand", Name: "hand", Collective: "ateneu", State: directory.Active, OIDC: &directory.OIDCClient{ID: "hand"}}
	w.d.services["hand"] = plain
	bridge := w.service(other)
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		for name, r := range map[string]reply{
			"none":                   w.call(method, pathOf(r), "", "{}"),
			"another registration's": w.call(method, pathOf(r), other.text("registration_access_token"), "{}"),
			"the initial one":        w.call(method, pathOf(r), w.token, "{}"),
			"the client's secret":    w.call(method, pathOf(r), r.text("client_secret"), "{}"),
			"of nobody":              w.call(method, "/key/register/nobody", r.text("registration_access_token"), "{}"),
			"a service made by hand": w.call(method, "/key/register/hand", r.text("registration_access_token"), "{}"),
			"and without a token":    w.call(method, "/key/register/hand", "", "{}"),
			"an id that never ends":  w.call(method, "/key/register/"+strings.Repeat("x", 500), "x", "{}"),
		} {
			t.Run(method+" "+name, func(t *testing.T) { w.t = t; w.wants(r, 401, invalidToken) })
		}
	}
	w.t = t
	metadata := *bridge.OIDC
	metadata.Metadata.Bridge = directory.BridgeGitLab
	bridge.OIDC = &metadata
	w.d.services[bridge.ID] = bridge
	w.wants(w.manages("GET", other, ""), 401, invalidToken)
	if len(w.d.services) != 3 {
		t.Error("something was removed")
	}
}

// What managers and presets set beside the document stays; what a manager
// stopped stays stopped.
func TestWhatManagersSetStays(t *testing.T) {
	w := newWorld(t)
	r := w.registers()
	s := w.service(r)
	c := *s.OIDC
	c.Metadata.SubjectType, c.Metadata.GroupFormat, c.Metadata.PKCEOptional = "public", directory.GroupsCSV, true
	s.OIDC, s.State, s.Access, s.Managers, s.Description = &c, directory.Suspended, directory.AccessGroup, []directory.PersonID{"p"}, "Where files are"
	w.d.services[s.ID] = s
	if put := w.puts(r, "client_name", "Nou"); put.Code != 200 || put.text("subject_type") != "public" {
		t.Fatalf("%d %s", put.Code, put.Body)
	}
	after := w.service(r)
	if m := after.OIDC.Metadata; m.SubjectType != "public" || m.GroupFormat != directory.GroupsCSV || !m.PKCEOptional || m.Registrar == "" ||
		after.State != directory.Suspended || after.Access != directory.AccessGroup || len(after.Managers) != 1 || after.Description == "" {
		t.Errorf("kept %+v", after)
	}
}

// A service that waits is nobody's until a manager of its own collective has
// seen what it is, and waits again when that changes.
func TestWaitingForAManager(t *testing.T) {
	w := newWorld(t)
	w.registrar("bressola", directory.Registrar{})
	w.token = w.registrar("ateneu", directory.Registrar{Expires: w.now.Add(time.Hour), Limit: 3, Waits: true})
	r := w.registers()
	if r.said["clau_waits"] != true || w.service(r).State != directory.PendingApproval {
		t.Fatalf("%s", r.Body)
	}
	ctx := t.Context()
	waiting, err := w.room.Waiting(ctx, "ateneu")
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%v %v", waiting, err)
	}
	s := waiting[0]
	for name, call := range map[string]func() error{
		"a stranger":                         func() error { return w.room.Approve(ctx, "stranger", "ateneu", s.Name, s.Version) },
		"nobody":                             func() error { return w.room.Approve(ctx, "", "ateneu", s.Name, s.Version) },
		"a manager of another":               func() error { return w.room.Approve(ctx, "manager-of-bressola", "ateneu", s.Name, s.Version) },
		"a manager of another, as their own": func() error { return w.room.Approve(ctx, "manager-of-bressola", "bressola", s.Name, s.Version) },
		"declined by another":                func() error { return w.room.Decline(ctx, "manager-of-bressola", "bressola", s.Name, s.Version) },
		"a service that is not there":        func() error { return w.room.Approve(ctx, "manager-of-ateneu", "ateneu", "x", s.Version) },
		"a collective that is not there":     func() error { return w.room.Approve(ctx, "manager-of-ateneu", "x", s.Name, s.Version) },
	} {
		if err := call(); !errors.Is(err, ErrNotThere) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if w.puts(r, "client_name", "Another"); w.service(r).State != directory.PendingApproval {
		t.Error("a change let it in")
	}
	if err := w.room.Approve(ctx, "manager-of-ateneu", "ateneu", s.Name, s.Version); !errors.Is(err, directory.ErrConflict) {
		t.Errorf("what they saw is not what there is: %v", err)
	}
	w.must(w.room.Approve(ctx, "manager-of-ateneu", "ateneu", s.Name, w.service(r).Version))
	if w.service(r).State != directory.Active {
		t.Fatal("it still waits")
	}
	if err := w.room.Decline(ctx, "manager-of-ateneu", "ateneu", s.Name, w.service(r).Version); !errors.Is(err, ErrNotThere) {
		t.Errorf("declined when it is open: %v", err)
	}
	if w.puts(r, "client_name", "Another", "contacts", []string{"x@ateneu.example"}); w.service(r).State != directory.Active {
		t.Error("it waits for nothing that anybody sees")
	}
	for name, pairs := range map[string][]any{
		"a redirect": {"redirect_uris", []string{"https://evil.example/cb"}}, "a name": {"client_name", "Bank"}, "a link": {"client_uri", "https://evil.example"},
		"a proof": {"token_endpoint_auth_method", "none"}, "an ear": {"backchannel_logout_uri", "https://evil.example/bye"}, "a grant": {"grant_types", []string{"client_credentials"}},
	} {
		open := w.service(r)
		open.State = directory.Active
		w.d.services[open.ID] = open
		if w.puts(r, pairs...); w.service(r).State != directory.PendingApproval {
			t.Errorf("%s changed, and nobody looks at it", name)
		}
	}
	w.must(w.room.Decline(ctx, "manager-of-ateneu", "ateneu", s.Name, w.service(r).Version))
	if len(w.d.services) != 0 {
		t.Error("it is still there")
	}
}

// The same keys in other spaces are the same keys.
func TestNothingNewIsNotLookedAt(t *testing.T) {
	w := newWorld(t)
	w.token = w.registrar("ateneu", directory.Registrar{Expires: w.now.Add(time.Hour), Limit: 3, Waits: true})
	r := w.registers("jwks", map[string]any{"keys": []any{map[string]any{"kty": "EC"}}})
	w.must(w.room.Approve(t.Context(), "manager-of-ateneu", "ateneu", w.service(r).Name, w.service(r).Version))
	body := strings.Replace(metadata("client_id", r.text("client_id"), "jwks", "K", "grant_types", []string{"authorization_code", "refresh_token"}), `"K"`, "{ \"keys\" :\n[{\"kty\":\"EC\"}] }", 1)
	if put := w.manages("PUT", r, body); put.Code != 200 || w.service(r).State != directory.Active {
		t.Errorf("%d %s", put.Code, put.Body)
	}
}

// Whoever took a token back wants to look at what it registered.
func TestATokenThatWasTakenBack(t *testing.T) {
	w := newWorld(t)
	r := w.registers()
	if w.puts(r, "client_name", "Another"); w.service(r).State != directory.Active {
		t.Fatal("it waits, and nobody said so")
	}
	c := w.d.collectives["ateneu"]
	c.Settings.Registrars = nil
	w.d.collectives["ateneu"] = c
	if w.puts(r, "client_name", "Yet another"); w.service(r).State != directory.PendingApproval {
		t.Error("it does as it likes")
	}
}

// What a manager opened further than software can register, what was registered
// with a token that has run out or whose maker manages no more, and what was
// stopped, changes only before somebody's eyes.
func TestWhatSoftwareDoesNotChangeAlone(t *testing.T) {
	change := func(do func(*directory.Service)) func(*world, reply) {
		return func(w *world, r reply) {
			s := w.service(r)
			do(&s)
			w.d.services[s.ID] = s
		}
	}
	chair := func(do func(*directory.Collective)) func(*world, reply) {
		return func(w *world, _ reply) {
			c := w.d.collectives["ateneu"]
			do(&c)
			w.d.collectives["ateneu"] = c
		}
	}
	for name, c := range map[string]struct {
		before func(*world, reply)
		want   directory.State
	}{
		"as it was registered":      {change(func(*directory.Service) {}), directory.Active},
		"open to everybody":         {change(func(s *directory.Service) { s.Access = directory.AccessPublic }), directory.PendingApproval},
		"open to a group":           {change(func(s *directory.Service) { s.Access = directory.AccessGroup }), directory.PendingApproval},
		"with guests":               {change(func(s *directory.Service) { s.Guests = []directory.CollectiveName{"bressola"} }), directory.PendingApproval},
		"that knows names":          {change(func(s *directory.Service) { s.OIDC.Metadata.SubjectType = "public" }), directory.PendingApproval},
		"with a token that is over": {func(w *world, _ reply) { w.now = w.now.Add(25 * time.Hour) }, directory.PendingApproval},
		"of who manages no more":    {chair(func(c *directory.Collective) { c.Managers = []directory.PersonID{"another"} }), directory.PendingApproval},
		"stopped by an operator":    {change(func(s *directory.Service) { s.State, s.Access = directory.Suspended, directory.AccessPublic }), directory.Suspended},
		"stopped, and open to all": {change(func(s *directory.Service) {
			s.State, s.StoppedBy, s.Access = directory.Suspended, directory.StoppedByManager, directory.AccessPublic
		}), directory.PendingApproval},
		"stopped, as registered": {change(func(s *directory.Service) { s.State, s.StoppedBy = directory.Suspended, directory.StoppedByKeeper }), directory.Suspended},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			r := w.registers()
			c.before(w, r)
			w.puts(r, "redirect_uris", []string{"https://elsewhere.example/cb"})
			if got := w.service(r); got.State != c.want || got.State != directory.Suspended && got.StoppedBy != "" {
				t.Errorf("%s, stopped by %q", got.State, got.StoppedBy)
			}
		})
	}
}

// A token speaks for the manager who made it, as long as they are one.
func TestATokenOfWhoManagesNoMore(t *testing.T) {
	w := newWorld(t)
	w.token = w.registrar("ateneu", directory.Registrar{By: "gone", Expires: w.now.Add(time.Hour), Limit: 3})
	if r := w.registers(); w.service(r).State != directory.PendingApproval {
		t.Error("it opens what it registers")
	}
}

// In a collective that is closed nothing is decided, and nothing changes.
func TestACollectiveThatIsClosed(t *testing.T) {
	w := newWorld(t)
	w.token = w.registrar("ateneu", directory.Registrar{Expires: w.now.Add(time.Hour), Limit: 3, Waits: true})
	r := w.registers()
	c := w.d.collectives["ateneu"]
	c.State = directory.Suspended
	w.d.collectives["ateneu"] = c
	s := w.service(r)
	for _, decide := range []func(context.Context, directory.PersonID, directory.CollectiveName, directory.ServiceName, string) error{w.room.Approve, w.room.Decline} {
		if err := decide(t.Context(), "manager-of-ateneu", "ateneu", s.Name, s.Version); !errors.Is(err, ErrNotThere) {
			t.Errorf("decided: %v", err)
		}
	}
	w.wants(w.manages("PUT", r, metadata("client_id", r.text("client_id"), "client_name", "Another")), 403, accessDenied)
	if got := w.service(r); got.Title != s.Title || got.State != directory.PendingApproval {
		t.Errorf("it is %+v", got)
	}
}

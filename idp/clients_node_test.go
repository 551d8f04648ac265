// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/idptest"
)

const clientsDir = "../testdata/clients"

// nodeModules returns a directory with the scripts of testdata/clients and the
// packages they need, made once for each state of them.
func nodeModules(t *testing.T) string {
	t.Helper()
	idptest.Program(t, "node")
	npm := idptest.Program(t, "npm")
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "clau-test-clients", clientsState(t))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	installNode(t, npm, dir)
	return dir
}

func clientsState(t *testing.T) string {
	t.Helper()
	state := sha256.New()
	for _, name := range []string{"package.json", "package-lock.json", "openid-client.mjs", "receipt.mjs", "node-saml.mjs"} {
		text, err := os.ReadFile(filepath.Join(clientsDir, name))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(state, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(state.Sum(nil)[:8])
}

// installNode installs beside the place and moves there at the end, so that a
// half-done installation is never used.
func installNode(t *testing.T, npm, dir string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "new-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh)
	if err := os.CopyFS(fresh, os.DirFS(clientsDir)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = fresh
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	if err := os.Rename(fresh, dir); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
}

// script is a running client that tells its steps, and asks for a browser.
type script struct {
	t     *testing.T
	in    io.Writer
	steps *bufio.Scanner
}

func runScript(t *testing.T, name string, env ...string) *script {
	t.Helper()
	return talkTo(t, nodeModules(t), env, idptest.Program(t, "node"), name)
}

// talkTo starts a client in whatever language, and ends it with the test.
func talkTo(t *testing.T, dir string, env []string, program string, args ...string) *script {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Stderr = dir, t.Output()
	cmd.Env = append(os.Environ(), env...)
	in, err := cmd.StdinPipe()
	check(t, err)
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	return &script{t: t, in: in, steps: bufio.NewScanner(out)}
}

// next reads the step that the script is expected to have made.
func (s *script) next(step string, into any) {
	s.t.Helper()
	if !s.steps.Scan() {
		s.t.Fatalf("the client stopped before %q", step)
	}
	var said struct{ Step string }
	if err := json.Unmarshal(s.steps.Bytes(), &said); err != nil || said.Step != step {
		s.t.Fatalf("the client is not at %q: %s", step, s.steps.Bytes())
	}
	if err := json.Unmarshal(s.steps.Bytes(), into); err != nil {
		s.t.Fatal(err)
	}
}

func (s *script) back(address string) { fmt.Fprintln(s.in, address) }

// TestOpenIDClient: the npm package openid-client, with its own checks on,
// goes through all that a service does.
func TestOpenIDClient(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) { openIDClient(t, clau, alg) })
	}
}

type said struct {
	Issuer  string
	PKCE    bool
	To      string
	Claims  map[string]any
	Answer  map[string]any
	Refresh bool
	Rotated bool
	Another bool
	Access  bool
	Type    string
	State   string
}

func openIDClient(t *testing.T, clau *idptest.Clau, alg string) {
	const answer, left = "http://127.0.0.1:9/answer", "http://127.0.0.1:9/left" // nobody is there: the browser stops before
	service, secret := idptest.Client("node-"+map[string]string{"RS256": "rs", "ES256": "es", "EdDSA": "ed"}[alg], answer)
	service.OIDC.Metadata.PostLogoutRedirectURIs = []string{left}
	service.OIDC.Metadata.IDTokenAlg = alg
	clau.AddService(t, service)
	browser := idptest.NewBrowser(t)
	anna := idptest.Sits(t, browser)
	client := runScript(t, "openid-client.mjs", "ISSUER="+clau.Issuer, "CLIENT_ID="+string(service.OIDC.ID),
		"CLIENT_SECRET="+secret, "REDIRECT_URI="+answer, "LEFT_URI="+left, "ID_TOKEN_ALG="+alg)

	var s said
	client.next("discovered", &s)
	if s.Issuer != clau.Issuer || !s.PKCE {
		t.Errorf("discovered %+v", s)
	}
	client.next("authorize", &s)
	browser.Catch("http://127.0.0.1:9/")
	anna.Open(s.To)
	anna.LogsIn("anna", idptest.Password)
	client.back(browser.Address())

	client.next("redeemed", &s)
	subject := s.Claims["sub"]
	if !s.Refresh || subject == nil || s.Claims["sid"] == nil {
		t.Errorf("redeemed %+v", s)
	}
	client.next("userinfo", &s)
	if s.Claims["sub"] != subject || s.Claims["preferred_username"] != "anna" || s.Claims["email_verified"] != true {
		t.Errorf("userinfo %v", s.Claims)
	}
	client.next("introspected", &s)
	if s.Answer["active"] != true || s.Answer["sub"] != subject || s.Answer["client_id"] != string(service.OIDC.ID) {
		t.Errorf("introspected %v", s.Answer)
	}
	clau.Clock.Advance(2 * time.Second) // tokens of one second and one state are equal
	client.back("go on")
	client.next("refreshed", &s)
	if s.Claims["sub"] != subject || !s.Rotated || !s.Another {
		t.Errorf("refreshed %+v", s)
	}
	s = said{}
	client.next("machine", &s)
	if s.Type != "bearer" || s.Refresh {
		t.Errorf("client credentials gave %+v", s)
	}
	s = said{Refresh: true, Access: true}
	client.next("revoked", &s)
	if s.Refresh || s.Access {
		t.Errorf("alive after they were given back: %+v", s)
	}
	client.next("leave", &s)
	anna.Open(s.To)
	client.back(browser.Address())
	client.next("left", &s)
	if s.State != "adeu" {
		t.Errorf("left with the state %q", s.State)
	}
}

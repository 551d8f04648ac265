// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/ldapbackend"
)

// Build returns the program clau, built from the tree.
func Build(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clau")
	out, err := exec.Command("go", "build", "-o", path, "commonscloud.coop/clau/cmd/clau").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// Node is a Clau in a process of its own, set up and run as an operator does.
type Node struct {
	Issuer string
	Dir    string
	Logs   *Logs

	*Process

	servers *Servers
	t       testing.TB
	program string
	addr    string
}

// NewNode sets up a Clau below a fresh directory, without starting it: over
// servers, or embedded without them. The settings are lines of TOML.
func NewNode(t testing.TB, program string, servers *Servers, settings string) *Node {
	t.Helper()
	addr := FreeAddr(t)
	n := &Node{Issuer: "http://" + addr, Dir: filepath.Join(t.TempDir(), "clau"), Logs: &Logs{},
		servers: servers, t: t, program: program, addr: addr}
	if servers != nil {
		settings += servers.settings(t)
	}
	n.clau("init", "--issuer", n.Issuer, "--dir", n.Dir)
	text := fmt.Sprintf("issuer = %q\nlisten = %q\nsecret_file = %q\ndata_dir = %q\n%s", n.Issuer, addr, "master.secret", "data", settings)
	must(t, os.WriteFile(n.config(), []byte(text), 0o600))
	return n
}

func (n *Node) config() string { return filepath.Join(n.Dir, "clau.toml") }

// Start runs "clau serve" and waits until it answers.
func (n *Node) Start() {
	n.t.Helper()
	n.Process = Launch(n.t, n.Logs, exec.Command(n.program, "serve", "--config", n.config()))
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		answer, err := http.Get(n.Issuer + "/readyz")
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return
		}
	}
	n.t.Fatalf("clau serve does not answer:\n%s", n.Logs)
}

// Command runs a command of clau on this node, with a text to read, and
// returns what it printed as JSON.
func (n *Node) Command(in string, args ...string) map[string]any {
	n.t.Helper()
	out := n.run(in, append(args, "--config", n.config(), "--json")...)
	said := map[string]any{}
	if len(bytes.TrimSpace(out)) > 0 {
		if err := json.Unmarshal(out, &said); err != nil {
			n.t.Fatalf("clau %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	return said
}

func (n *Node) clau(args ...string) { n.t.Helper(); n.run("", args...) }

func (n *Node) run(in string, args ...string) []byte {
	n.t.Helper()
	cmd := exec.Command(n.program, args...)
	cmd.Stdin = strings.NewReader(in)
	var out, faults bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &faults
	if err := cmd.Run(); err != nil {
		n.t.Fatalf("clau %s: %v\n%s%s", strings.Join(args, " "), err, out.Bytes(), faults.Bytes())
	}
	return out.Bytes()
}

// Clau opens the node's directory, and brings the sample federation into it.
func (n *Node) Clau(t testing.TB) *Clau {
	t.Helper()
	c := n.Open(t)
	c.People = Populate(t, c.Directory)
	return c
}

// Open opens the node's directory while the node runs: an embedded one by its
// socket, as commands do.
func (n *Node) Open(t testing.TB) *Clau {
	t.Helper()
	var d net.Dialer
	config := ldapbackend.Config{Base: EmbeddedBase, Dial: func(ctx context.Context) (net.Conn, error) {
		return d.DialContext(ctx, "unix", filepath.Join(n.Dir, "data", "directory.sock"))
	}}
	if n.servers != nil {
		config = n.servers.LDAP.Config()
	}
	backend, err := ldapbackend.Open(config)
	must(t, err)
	t.Cleanup(func() { backend.Close() })
	return &Clau{Issuer: n.Issuer, Directory: backend, Logs: n.Logs}
}

// Import fills the embedded directory of a node that does not run.
func (n *Node) Import(file string) {
	n.t.Helper()
	n.clau("directory", "import", file, "--config", n.config())
}

// EmbeddedBase is the suffix of an embedded directory where none is set.
const EmbeddedBase = "dc=clau"

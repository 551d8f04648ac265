// SPDX-License-Identifier: AGPL-3.0-or-later

package slapdtest

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/schema"
)

// DefaultBase is the suffix of a server that [Start] makes.
const DefaultBase = "dc=clau,dc=example"

// Passwords of the accounts of a test server.
const (
	SystemPassword = "test-only-system"
	AdminPassword  = "test-only-admin"
)

// Server is a running slapd.
type Server struct {
	Base string

	t    testing.TB
	dir  string
	ldap string // host:port
	tls  string // host:port
	pki  authority
	cmd  *exec.Cmd
	gone chan struct{} // closed when cmd has ended
}

// Start runs a server with the suffix [DefaultBase] until the test ends. Where
// slapd is not installed, the test is skipped.
func Start(t testing.TB) *Server { return StartBase(t, DefaultBase) }

// StartBase is Start with another suffix.
func StartBase(t testing.TB, base string) *Server {
	t.Helper()
	access, err := schema.Access(base, "{1}mdb")
	if err != nil {
		t.Fatal(err)
	}
	return StartPrepared(t, base, schema.OpenLDAP(), access)
}

// StartPrepared is StartBase with LDIF for cn=config of another Clau: what it
// printed as schema, and as access rules of the database "{1}mdb".
func StartPrepared(t testing.TB, base, types, access string) *Server {
	t.Helper()
	for _, name := range []string{"slapd", "slapadd", "ldapadd", "ldapmodify"} {
		if _, err := lookPath(name); err != nil {
			t.Skip(name + " is not installed")
		}
	}
	dir, err := os.MkdirTemp("", "clau-slapd-") // t.TempDir is too long for a Unix socket
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Base: base, t: t, dir: dir, pki: newAuthority(t)}
	t.Cleanup(func() {
		s.Stop()
		_ = os.RemoveAll(dir)
	})
	s.prepare()
	s.first()
	s.load(types, access)
	return s
}

// first starts the server on ports of its own. What was free a moment ago may
// be somebody else's now; then it tries others.
func (s *Server) first() {
	s.t.Helper()
	for range 5 {
		s.ldap, s.tls = freePort(s.t), freePort(s.t)
		if s.launch() {
			return
		}
	}
	s.t.Fatal("slapd does not start")
}

// Config returns how Clau reaches the server: by LDAPS, as cn=idp.
func (s *Server) Config() ldapbackend.Config {
	return ldapbackend.Config{
		URLs:         []string{s.LDAPS()},
		TLS:          s.ClientTLS(),
		Base:         s.Base,
		BindDN:       "cn=idp,ou=system," + s.Base,
		BindPassword: SystemPassword,
		Timeout:      5 * time.Second,
	}
}

// LDAPS returns the URL of the port that speaks TLS from the first byte.
func (s *Server) LDAPS() string { return "ldaps://" + s.tls }

// LDAP returns the URL of the port that offers StartTLS.
func (s *Server) LDAP() string { return "ldap://" + s.ldap }

// Socket returns the URL of the Unix socket.
func (s *Server) Socket() string { return "ldapi://" + url.PathEscape(s.path("ldapi")) }

// ClientTLS trusts the throwaway authority of the server.
func (s *Server) ClientTLS() *tls.Config {
	return &tls.Config{RootCAs: s.pki.pool, MinVersion: tls.VersionTLS12}
}

// Admin is a connection with all rights, for what a test prepares.
func (s *Server) Admin() *ldap.Conn {
	s.t.Helper()
	return s.As("cn=admin,"+s.Base, AdminPassword)
}

// As is a connection of whoever has that name and password.
func (s *Server) As(dn, password string) *ldap.Conn {
	s.t.Helper()
	conn, err := ldap.DialURL(s.LDAPS(), ldap.DialWithTLSConfig(s.ClientTLS()))
	if err != nil {
		s.t.Fatal(err)
	}
	conn.SetTimeout(5 * time.Second)
	if err := conn.Bind(dn, password); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Restart starts the server again, after [Server.Stop] or instead of it, and
// waits until it answers.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	if !s.launch() {
		s.t.Fatal("slapd does not start again")
	}
}

func (s *Server) launch() bool {
	s.t.Helper()
	listen := fmt.Sprintf("%s ldap://%s/ ldaps://%s/", s.Socket(), s.ldap, s.tls)
	slapd, _ := lookPath("slapd")
	s.cmd = exec.Command(slapd, "-d", "0", "-F", s.path("config"), "-h", listen)
	s.gone = make(chan struct{})
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func(cmd *exec.Cmd, gone chan struct{}) {
		_ = cmd.Wait()
		close(gone)
	}(s.cmd, s.gone)
	return s.answers()
}

// answers waits for the socket, which nobody else can have. The server opens all its
// ports before it serves any.
func (s *Server) answers() bool {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		conn, err := ldap.DialURL(s.Socket())
		if err == nil {
			conn.SetTimeout(5 * time.Second)
			_, err = conn.WhoAmI(nil)
			_ = conn.Close()
		}
		if err == nil {
			return true
		}
		select {
		case <-s.gone:
			return false
		case <-time.After(10 * time.Millisecond):
		}
	}
	return false
}

// Stop ends the server. It may be stopped twice.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	s.Thaw()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.gone:
	case <-time.After(3 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.gone
	}
	s.cmd = nil
}

// Freeze makes the server hang with its connections open, until [Server.Thaw].
// It returns when every thread has stopped: the signal alone takes its time.
func (s *Server) Freeze() {
	s.t.Helper()
	_ = s.cmd.Process.Signal(syscall.SIGSTOP)
	tasks := fmt.Sprintf("/proc/%d/task/*/stat", s.cmd.Process.Pid)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if stopped(tasks) {
			return
		}
	}
	s.t.Fatal("slapd does not stop")
}

func stopped(tasks string) bool {
	files, _ := filepath.Glob(tasks)
	for _, file := range files {
		stat, err := os.ReadFile(file)
		if err == nil && !strings.Contains(string(stat), ") T ") {
			return false
		}
	}
	return true
}

// Thaw ends a [Server.Freeze].
func (s *Server) Thaw() { _ = s.cmd.Process.Signal(syscall.SIGCONT) }

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

// load does what the manual tells an operator to do.
func (s *Server) load(types, access string) {
	s.t.Helper()
	entries, err := schema.BaseEntries(s.Base)
	if err != nil {
		s.t.Fatal(err)
	}
	password, err := schema.SystemPassword(s.Base, SystemPassword)
	if err != nil {
		s.t.Fatal(err)
	}
	certificate, err := schema.MapIdentity(s.Base, "cn=idp,ou=system")
	if err != nil {
		s.t.Fatal(err)
	}
	admin := []string{"-x", "-D", "cn=admin," + s.Base, "-w", AdminPassword}
	external := []string{"-Q", "-Y", "EXTERNAL"}
	s.apply("ldapadd", external, types)
	s.apply("ldapmodify", external, cheap(access))
	s.apply("ldapmodify", external, certificate)
	s.apply("ldapadd", admin, entries)
	s.apply("ldapmodify", admin, password)
}

// cheap makes a hash cost microseconds.
func cheap(ldif string) string {
	return strings.Replace(ldif, "argon2.so m=19456 t=3 p=1", "argon2.so m=64 t=1 p=1", 1)
}

func (s *Server) apply(tool string, auth []string, ldif string) {
	s.t.Helper()
	cmd := exec.Command(tool, append([]string{"-H", s.Socket()}, auth...)...)
	cmd.Stdin = strings.NewReader(ldif)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s\n%s", tool, err, out, ldif)
	}
}

// lookPath also looks where Debian keeps daemons, which is in no user's PATH.
func lookPath(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/" + name)
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// Configure loads LDIF into cn=config, as whoever owns the server.
func (s *Server) Configure(tool, ldif string) {
	s.t.Helper()
	s.apply(tool, []string{"-Q", "-Y", "EXTERNAL"}, ldif)
}

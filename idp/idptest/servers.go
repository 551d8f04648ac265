// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/redis"
	"commonscloud.coop/clau/idp/store/redistest"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
	"github.com/go-ldap/ldap/v3"
)

// Servers are a real OpenLDAP and a real Redis, which a test can stop.
type Servers struct {
	LDAP  *slapdtest.Server
	Redis *redistest.Server
	Line  *Relay // to Redis
}

// RunServers starts both. Where one is not installed the test is skipped.
func RunServers(t testing.TB) *Servers {
	t.Helper()
	s := &Servers{LDAP: slapdtest.Start(t), Redis: redistest.Start(t)}
	s.Line = NewRelay(t, s.Redis.Addr())
	return s
}

func (s *Servers) open(t testing.TB, c *Clau) (directory.Backend, store.Store) {
	t.Helper()
	config := s.LDAP.Config()
	config.Timeout = 2 * time.Second // so that a test of a hanging server does not hang long
	config.Now, config.Rand, config.Logger = c.Clock.Now, rand.Reader, c.Logs.Logger()
	backend, err := ldapbackend.Open(config)
	must(t, err)
	state, err := redis.Open(context.Background(), "redis://"+s.Line.Addr())
	must(t, err)
	return backend, state
}

// settings are how an operator writes down where the servers are.
func (s *Servers) settings(t testing.TB) string {
	t.Helper()
	password := filepath.Join(t.TempDir(), "ldap.secret")
	must(t, os.WriteFile(password, []byte(slapdtest.SystemPassword+"\n"), 0o600))
	config := s.LDAP.Config()
	return fmt.Sprintf("[directory]\nurls = [%q]\nbase = %q\nbind_dn = %q\nbind_password_file = %q\nca_file = %q\n[state]\nredis_url = %q\n",
		s.LDAP.LDAPS(), config.Base, config.BindDN, password, s.authority(t), "redis://"+s.Redis.Addr())
}

// authority is the file with the certificate of who signed slapd's: it lies
// beside the server's socket.
func (s *Servers) authority(t testing.TB) string {
	t.Helper()
	socket, err := url.PathUnescape(strings.TrimPrefix(s.LDAP.Socket(), "ldapi://"))
	must(t, err)
	return filepath.Join(filepath.Dir(socket), "ca.pem")
}

// SetHash writes the hash of a person's password as it stands.
func (s *Servers) SetHash(t testing.TB, p directory.Person, hash string) {
	t.Helper()
	m := ldap.NewModifyRequest(fmt.Sprintf("clauId=%s,ou=people,%s", p.ID, s.LDAP.Base), nil)
	m.Replace("userPassword", []string{hash})
	must(t, s.LDAP.Admin().Modify(m))
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/store/redistest"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

// The same commands over OpenLDAP and Redis, as an operator has set them up;
// and what is said when one of them is away.
func TestCommandsOverServers(t *testing.T) {
	ldap, redis := slapdtest.Start(t), redistest.Start(t)
	o := newOperator(t, ldap, redis)

	o.does("check")
	o.hears("ok       directory  prepared, below "+slapdtest.DefaultBase, "ok       state      Redis answers")

	o.does("collective", "add", "ateneu", "--title", "Ateneu Popular")
	o.does("person", "add", "nuria", "--name", "Núria Serra", "--mail", "nuria@ateneu.example", "--manager", "ateneu")
	o.does("person", "add", "pau", "--collective", "ateneu")
	o.does("person", "disable", "pau")
	o.does("person", "list")
	o.hears("nuria  Núria Serra  active     ateneu", "pau    pau          suspended  ateneu")
	o.does("service", "add", "forum", "--collective", "ateneu", "--redirect-uri", "https://forum.example/callback")
	o.does("service", "rotate-secret", "forum")
	o.does("keys", "rotate", "--alg", "ES256")
	o.hears("ES256  waiting")
	o.does("check", "--json")
	var v checkView
	if err := json.Unmarshal([]byte(o.out), &v); err != nil || !v.OK {
		t.Errorf("after all that: %v %+v", err, v)
	}

	redis.Stop()
	o.fails("check")
	o.hears("fault    state      Redis does not answer")
	ldap.Stop()
	o.fails("check")
	o.hears("fault    directory  connection:")
	o.fails("person", "list")
	o.hears(`clau: the directory cannot be reached; see "clau check"`)
	for _, word := range []string{"LDAP Result", "dial tcp", "goroutine"} {
		if strings.Contains(o.out, word) {
			t.Errorf("%q is shown to people:\n%s", word, o.out)
		}
	}
}

// operator types commands into one installation.
type operator struct {
	t      *testing.T
	config string
	out    string // all that the last command printed
}

func newOperator(t *testing.T, ldap *slapdtest.Server, redis *redistest.Server) *operator {
	t.Helper()
	o := &operator{t: t, config: filepath.Join(t.TempDir(), "inst", "clau.toml")}
	o.does("init", "--issuer", "http://localhost:8080", "--dir", filepath.Dir(o.config))
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(filepath.Dir(o.config), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := ldap.Config()
	write("ldap.secret", slapdtest.SystemPassword+"\n")
	write("clau.toml", fmt.Sprintf(`
issuer = "http://localhost:8080"
secret_file = "master.secret"
data_dir = "data"
[directory]
urls = [%q]
base = %q
bind_dn = %q
bind_password_file = "ldap.secret"
ca_file = %q
[state]
redis_url = %q
`, ldap.LDAPS(), c.Base, c.BindDN, authority(t, ldap), redis.URL()))
	return o
}

// authority is the certificate of who signed slapd's; it lies beside its socket.
func authority(t *testing.T, ldap *slapdtest.Server) string {
	t.Helper()
	socket, err := url.PathUnescape(strings.TrimPrefix(ldap.Socket(), "ldapi://"))
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(filepath.Dir(socket), "ca.pem")
}

func (o *operator) types(args ...string) int {
	o.t.Helper()
	var printed bytes.Buffer
	a := &app{in: os.Stdin, out: &printed, err: &printed, now: time.Now, rand: rand.Reader}
	if o.config != "" && args[0] != "init" {
		args = append(args, "--config", o.config)
	}
	status := a.run(o.t.Context(), args)
	o.out = printed.String()
	return status
}

func (o *operator) does(args ...string) {
	o.t.Helper()
	if status := o.types(args...); status != 0 {
		o.t.Fatalf("clau %s: exit %d\n%s", strings.Join(args, " "), status, o.out)
	}
}

func (o *operator) fails(args ...string) {
	o.t.Helper()
	if status := o.types(args...); status != 1 {
		o.t.Fatalf("clau %s: exit %d, not 1\n%s", strings.Join(args, " "), status, o.out)
	}
}

func (o *operator) hears(parts ...string) {
	o.t.Helper()
	for _, part := range parts {
		if !strings.Contains(o.out, part) {
			o.t.Errorf("%q is not said:\n%s", part, o.out)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"encoding/base64"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

// What follows runs over this server and over OpenLDAP, and expects the same
// of both: that is what "as OpenLDAP does" means.

// server is either of the two, with the same federation in it.
type server struct {
	name   string
	anyone func() *ldap.Conn
	clau   func() *ldap.Conn
	admin  func() *ldap.Conn // who may undo whatever a test did
}

// accounts have this password on both.
const password = "cap paraula de pas bona"

// programs are accounts that only an administrator makes.
const programs = `
dn: cn=nuvol,cn=readers,ou=system,dc=clau,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: nuvol
userPassword: cap paraula de pas bona
pwdPolicySubentry: cn=services,ou=policies,dc=clau,dc=example

dn: cn=replica,ou=system,dc=clau,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: replica
userPassword: cap paraula de pas bona
pwdPolicySubentry: cn=services,ou=policies,dc=clau,dc=example
`

const (
	reader  = "cn=nuvol,cn=readers,ou=system," + base
	replica = "cn=replica,ou=system," + base
)

// overBoth runs a test over both servers.
func overBoth(t *testing.T, test func(*testing.T, server)) {
	t.Run("embedded", func(t *testing.T) { test(t, embeddedServer(t)) })
	t.Run("slapd", func(t *testing.T) {
		if _, err := exec.LookPath("/usr/sbin/slapd"); err != nil {
			t.Skip("slapd is not installed")
		}
		test(t, openLDAP(t))
	})
}

func embeddedServer(t *testing.T) server {
	s := start(t)
	if err := s.Import(strings.NewReader(programs)); err != nil {
		t.Fatal(err)
	}
	v := server{
		name:   "embedded",
		anyone: func() *ldap.Conn { return dial(t, s) },
		clau:   func() *ldap.Conn { return asIDP(t, s) },
		admin:  func() *ldap.Conn { return asIDP(t, s) },
	}
	v.givePasswords(t)
	t.Cleanup(func() {
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	})
	return v
}

func openLDAP(t *testing.T) server {
	s := slapdtest.Start(t)
	admin := s.Admin()
	for _, add := range parseLDIF(federation + programs) {
		if err := admin.Add(add); err != nil {
			t.Fatal(add.DN, err)
		}
	}
	v := server{name: "slapd", admin: s.Admin}
	v.anyone = func() *ldap.Conn {
		c, err := ldap.DialURL(s.LDAPS(), ldap.DialWithTLSConfig(s.ClientTLS()))
		if err != nil {
			t.Fatal(err)
		}
		c.SetTimeout(20 * time.Second)
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	v.clau = func() *ldap.Conn {
		c := v.anyone()
		if err := c.Bind(idp, slapdtest.SystemPassword); err != nil {
			t.Fatal(err)
		}
		return c
	}
	v.givePasswords(t)
	return v
}

func (v server) givePasswords(t *testing.T) {
	t.Helper()
	c := v.clau()
	for _, dn := range []string{marta, pau, iu} {
		if _, err := c.PasswordModify(ldap.NewPasswordModifyRequest(dn, "", password)); err != nil {
			t.Fatal(err)
		}
	}
}

// as is the connection of an actor: "" is nobody, "idp" is Clau; "idp+<dn>" is
// Clau on behalf of somebody, which the operation must say.
func (v server) as(t *testing.T, dn string) *ldap.Conn {
	t.Helper()
	switch dn {
	case "":
		return v.anyone()
	case idp:
		return v.clau()
	}
	c := v.anyone()
	if err := c.Bind(dn, password); err != nil {
		t.Fatal("bind", dn, err)
	}
	return c
}

func parseLDIF(text string) []*ldap.AddRequest {
	var all []*ldap.AddRequest
	for _, record := range strings.Split(strings.TrimSpace(text), "\n\n") {
		lines := strings.Split(record, "\n")
		add := ldap.NewAddRequest(strings.TrimPrefix(lines[0], "dn: "), nil)
		for _, line := range lines[1:] {
			name, value, _ := strings.Cut(line, ":")
			if b64, ok := strings.CutPrefix(value, ": "); ok {
				b, _ := base64.StdEncoding.DecodeString(b64)
				value = string(b)
			}
			add.Attribute(name, []string{strings.TrimPrefix(value, " ")})
		}
		all = append(all, merge(add))
	}
	return all
}

// merge joins the values of one attribute.
func merge(add *ldap.AddRequest) *ldap.AddRequest {
	merged := ldap.NewAddRequest(add.DN, add.Controls)
	for _, a := range add.Attributes {
		i := slices.IndexFunc(merged.Attributes, func(m ldap.Attribute) bool { return m.Type == a.Type })
		if i < 0 {
			merged.Attributes = append(merged.Attributes, a)
			continue
		}
		merged.Attributes[i].Vals = append(merged.Attributes[i].Vals, a.Vals...)
	}
	return merged
}

// deed is something that a client does; it tells what came of it in a few
// words: the result code, and what was seen.
type deed func(*ldap.Conn) string

func told(err error) string { return fmt.Sprint(codeOf(err)) }

// sees searches and tells the names and attributes that came back.
func sees(in string, scope int, filter string, attributes ...string) deed {
	return func(c *ldap.Conn) string {
		r, err := c.Search(ldap.NewSearchRequest(in, scope, 0, 0, 0, false, filter, attributes, nil))
		out := []string{told(err)}
		if r == nil {
			return out[0]
		}
		var found []string
		for _, e := range r.Entries {
			rdn, _, _ := strings.Cut(e.DN, ",")
			if len(rdn) > 16 {
				rdn = rdn[len(rdn)-4:]
			}
			var names []string
			for _, a := range e.Attributes {
				names = append(names, a.Name)
			}
			slices.Sort(names)
			found = append(found, strings.Join(append([]string{rdn}, names...), " "))
		}
		slices.Sort(found)
		return strings.Join(append(out, found...), " | ")
	}
}

func looks(dn string, attributes ...string) deed {
	return sees(dn, ldap.ScopeBaseObject, "(objectClass=*)", attributes...)
}

func adds(dn string, pairs ...string) deed {
	return func(c *ldap.Conn) string {
		add := ldap.NewAddRequest(dn, nil)
		for i := 0; i < len(pairs); i += 2 {
			add.Attribute(pairs[i], []string{pairs[i+1]})
		}
		return told(c.Add(merge(add)))
	}
}

func changes(dn string, f func(*ldap.ModifyRequest), controls ...ldap.Control) deed {
	return func(c *ldap.Conn) string { return told(c.Modify(modify(dn, f, controls...))) }
}

func setTo(dn, name string, values ...string) deed {
	return changes(dn, func(m *ldap.ModifyRequest) { m.Replace(name, values) })
}

func addTo(dn, name string, values ...string) deed {
	return changes(dn, func(m *ldap.ModifyRequest) { m.Add(name, values) })
}

func takeFrom(dn, name string, values ...string) deed {
	return changes(dn, func(m *ldap.ModifyRequest) { m.Delete(name, values) })
}

func deletes(dn string) deed {
	return func(c *ldap.Conn) string { return told(c.Del(ldap.NewDelRequest(dn, nil))) }
}

func moves(dn, rdn, superior string) deed {
	return func(c *ldap.Conn) string {
		return told(c.ModifyDN(ldap.NewModifyDNRequest(dn, rdn, true, superior)))
	}
}

func compares(dn, name, value string) deed {
	return func(c *ldap.Conn) string {
		ok, err := c.Compare(dn, name, value)
		return fmt.Sprint(told(err), " ", ok)
	}
}

func setsPassword(dn, old, fresh string) deed {
	return func(c *ldap.Conn) string {
		_, err := c.PasswordModify(ldap.NewPasswordModifyRequest(dn, old, fresh))
		return told(err)
	}
}

func binds(dn, password string) deed {
	return func(c *ldap.Conn) string { return told(c.Bind(dn, password)) }
}

// onBehalf is the control by which Clau acts as somebody (RFC 4370).
func onBehalf(dn string) ldap.Control {
	return ldap.NewControlString("2.16.840.1.113730.3.4.18", true, "dn:"+dn)
}

func provided(filter string) ldap.Control {
	p, err := ldap.CompileFilter(filter)
	if err != nil {
		panic(err)
	}
	return ldap.NewControlString("1.3.6.1.1.12", true, string(p.Bytes()))
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend_test

import (
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

// wrong returns the names of what is not as it should be.
func wrong(t *testing.T, findings []ldapbackend.Finding) string {
	t.Helper()
	var names []string
	for _, f := range findings {
		if f.OK {
			continue
		}
		if f.Seen == "" || f.Do == "" {
			t.Errorf("%s: nothing is said of what to do", f.Name)
		}
		t.Log(f.Name, "—", f.Seen, "—", f.Do)
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

func TestAPreparedDirectoryHasNoFindings(t *testing.T) {
	for name, config := range map[string]func(t *testing.T) ldapbackend.Config{
		"slapd": func(t *testing.T) ldapbackend.Config { return slapdtest.Start(t).Config() },
		"embedded": func(t *testing.T) ldapbackend.Config {
			return ldapbackend.Config{Dial: startEmbedded(t).Dial, Base: slapdtest.DefaultBase}
		},
	} {
		t.Run(name, func(t *testing.T) {
			findings := open(t, config(t)).CheckSetup(t.Context())
			if got := wrong(t, findings); got != "" {
				t.Fatal(got)
			}
			if len(findings) < 9 {
				t.Fatalf("only %d things were looked at", len(findings))
			}
		})
	}
}

func TestFindingsNameWhatIsWrong(t *testing.T) {
	server := slapdtest.Start(t)
	admin := server.Admin()
	nobody := "cn=nobody,ou=system," + server.Base
	policy := "cn=default,ou=policies," + server.Base
	idp := "cn=idp,ou=system," + server.Base
	for _, c := range []struct {
		name  string
		spoil func() error
		mend  func() error
		want  string
	}{
		{"no cn=nobody", func() error { return admin.Del(ldap.NewDelRequest(nobody, nil)) }, nil, "unknown logins"},
		{"pwdSafeModify", func() error { return admin.Modify(set(policy, "pwdSafeModify", "TRUE")) },
			func() error { return admin.Modify(set(policy, "pwdSafeModify", "FALSE")) }, "password policy, unknown logins"},
		{"no authzTo", func() error { return admin.Modify(set(idp, "authzTo")) },
			func() error { return admin.Modify(set(idp, "authzTo", "dn.onelevel:ou=people,"+server.Base)) }, "acting for people, unknown logins"},
		{"no policy", func() error { return admin.Del(ldap.NewDelRequest(policy, nil)) }, nil, "password policy, unknown logins"},
		{"no place for who leaves", func() error { return admin.Del(ldap.NewDelRequest("ou=retired,"+server.Base, nil)) },
			func() error { return admin.Add(container("retired", server.Base)) }, "base"},
		{"no keys", func() error { return admin.Del(ldap.NewDelRequest("ou=keys,"+server.Base, nil)) }, nil, "base"},
	} {
		if err := c.spoil(); err != nil {
			t.Fatal(c.name, err)
		}
		if got := wrong(t, open(t, server.Config()).CheckSetup(t.Context())); got != c.want {
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
		if c.mend != nil {
			if err := c.mend(); err != nil {
				t.Fatal(c.name, err)
			}
		}
	}
	wrongPassword := server.Config()
	wrongPassword.BindPassword = "guess"
	if got := wrong(t, open(t, wrongPassword).CheckSetup(t.Context())); got != "connection" {
		t.Error(got)
	}
	stranger := server.Config()
	stranger.BindDN, stranger.BindPassword = "cn=admin,"+server.Base, slapdtest.AdminPassword
	if got := wrong(t, open(t, stranger).CheckSetup(t.Context())); got != "identity" {
		t.Error(got)
	}
	server.Stop()
	if got := wrong(t, open(t, server.Config()).CheckSetup(t.Context())); got != "connection" {
		t.Error(got)
	}
}

// TestUniquenessIsSeenToBeMissing: a directory with everything but the overlay.
func TestUniquenessIsSeenToBeMissing(t *testing.T) {
	server := slapdtest.Start(t)
	server.Configure("ldapmodify", "dn: olcOverlay={2}unique,olcDatabase={1}mdb,cn=config\nchangetype: modify\ndelete: olcUniqueURI\n-\nadd: olcUniqueURI\nolcUniqueURI: ldap:///?clauIssuer?sub\n")
	if got := wrong(t, open(t, server.Config()).CheckSetup(t.Context())); got != "uniqueness, access rules" {
		t.Fatal(got)
	}
}

func set(dn, name string, values ...string) *ldap.ModifyRequest {
	m := ldap.NewModifyRequest(dn, nil)
	m.Replace(name, values)
	return m
}

func container(name, base string) *ldap.AddRequest {
	add := ldap.NewAddRequest("ou="+name+","+base, nil)
	add.Attribute("objectClass", []string{"organizationalUnit"})
	return add
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/ldapbackend/embedded"
	"commonscloud.coop/clau/ldapbackend/schema"
)

func export(t *testing.T, s *embedded.Server) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Export(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExportAndImportAreInverse(t *testing.T) {
	first := start(t)
	if got := setsPassword(pau, "", password)(asIDP(t, first)); got != "0" {
		t.Fatal(got)
	}
	if got := setTo(marta, "displayName", " Martà: «clau» \n")(asIDP(t, first)); got != "0" {
		t.Fatal(got)
	}
	text := export(t, first)
	second, err := embedded.Open(config(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = second.Close() })
	if err := second.Import(strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if again := export(t, second); again != text {
		t.Errorf("exported\n%s\nand again\n%s", text, again)
	}
	if err := second.Check(); err != nil {
		t.Error(err)
	}
	as(t, second, pau, password)
}

func TestImportIsAllOrNothing(t *testing.T) {
	s := start(t)
	before := export(t, s)
	one := "dn: clauId=n1," + people + "\nobjectClass: inetOrgPerson\nobjectClass: clauAccount\nclauId: n1\nclauState: active\ncn: N\nsn: N\n"
	for name, text := range map[string]string{
		"second entry without parent": one + "\ndn: clauId=n2,ou=none," + people + "\nobjectClass: clauRequest\nclauId: n2\n",
		"taken name at login":         one + "uid: marta\n",
		"unknown attribute":           one + "nope: x\n",
		"outside of the base":         "dn: dc=other\nobjectClass: dcObject\ndc: other\n",
		"a change":                    "dn: " + marta + "\nchangetype: delete\n",
		"a file":                      one + "jpegPhoto:< file:///etc/passwd\n",
		"bad base64":                  one + "description:: %%%\n",
		"no entry":                    "objectClass: top\n",
		"no colon":                    one + "nonsense\n",
	} {
		if err := s.Import(strings.NewReader(text)); err == nil {
			t.Errorf("%s: imported", name)
		}
	}
	if export(t, s) != before {
		t.Error("something was left behind")
	}
	if err := s.Import(strings.NewReader("x")); !errors.Is(err, embedded.ErrLDIF) {
		t.Error(err)
	}
}

func TestHashesOfOlderDirectories(t *testing.T) {
	s := start(t)
	// slapd's module writes the two NULs.
	argon := "{ARGON2}$argon2i$v=19$m=7168,t=5,p=1$oiidETUbpefnnR4mc2tLDg$eAChiVdJSZ40U016ozpUbqVeogkA3CIo5Kq0jcTQhmA"
	for stored, want := range map[string]int{
		"{SSHA}":                                 ldap.LDAPResultInvalidCredentials,
		"{SHA}qvTGHdzF6KLavt4PO0gs2a6pQ00=":      0, // "hello"
		"{SSHA}9RGMTTnQwbkzqCi4H5eMhI4pJvJzYWx0": ldap.LDAPResultInvalidCredentials,
		"{CRYPT}x":                               ldap.LDAPResultInvalidCredentials,
		"hello":                                  0,
		argon + "\x00\x00":                       ldap.LDAPResultInvalidCredentials,
		"{ARGON2}$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAA": ldap.LDAPResultInvalidCredentials,
	} {
		text := "dn: cn=old,ou=system," + base + "\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: old\n" +
			"userPassword:: " + base64.StdEncoding.EncodeToString([]byte(stored)) + "\n"
		if err := s.Import(strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		if got := codeOf(dial(t, s).Bind("cn=old,ou=system,"+base, "hello")); got != want {
			t.Errorf("%q: %d, want %d", stored, got, want)
		}
		if strings.Contains(export(t, s), "AAA=\n") || strings.Contains(export(t, s), "userPassword: hello") {
			t.Errorf("%q: kept as it came", stored)
		}
	}
}

// TestMovingToOpenLDAPAndBack loads an export with slapadd, and what slapcat
// makes of it here.
func TestMovingToOpenLDAPAndBack(t *testing.T) {
	for _, tool := range []string{"slapadd", "slapcat"} {
		if _, err := exec.LookPath("/usr/sbin/" + tool); err != nil {
			t.Skip(tool + " is not installed")
		}
	}
	s := start(t)
	c := asIDP(t, s)
	for _, d := range []deed{
		setsPassword(pau, "", password), setTo(pau, "pwdReset", "TRUE"), setTo(iu, "description", "  amb espais  "),
		moves("cn=nuvol,ou=access,"+ateneu, "cn=nuvol2", ""),
	} {
		if got := d(c); got != "0" {
			t.Fatal(got)
		}
	}
	for range 3 {
		bindPolicy(dial(t, s), iu, "dolenta")
	}
	dir := t.TempDir()
	config := slapdFiles(t, dir)
	there := filepath.Join(dir, "there.ldif")
	if err := os.WriteFile(there, []byte(export(t, s)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("/usr/sbin/slapadd", "-f", config, "-l", there).CombinedOutput(); err != nil {
		t.Fatalf("slapadd: %v\n%s", err, out)
	}
	back, err := exec.Command("/usr/sbin/slapcat", "-f", config).Output()
	if err != nil {
		t.Fatal("slapcat:", err)
	}
	other, err := embedded.Open(embedded.Config{Path: filepath.Join(dir, "back.db"), Base: base, Argon2: cheap})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	if err := other.Import(bytes.NewReader(back)); err != nil {
		t.Fatal(err)
	}
	if got := bindPolicy(dial(t, other), pau, password); got != "0 change" {
		t.Error("after the journey:", got)
	}
	was, is := read(t, c, marta, "*", "+"), read(t, asIDP(t, other), marta, "*", "+")
	for _, a := range was.Attributes {
		if a.Name != "hasSubordinates" && strings.Join(a.Values, "|") != strings.Join(is.GetAttributeValues(a.Name), "|") {
			t.Errorf("%s was %q, is %q", a.Name, a.Values, is.GetAttributeValues(a.Name))
		}
	}
}

// slapdFiles makes a configuration that has the schema and an empty database.
func slapdFiles(t *testing.T, dir string) string {
	t.Helper()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := "moduleload back_mdb\nmoduleload ppolicy\n"
	for _, name := range []string{"core", "cosine", "inetorgperson"} {
		text += "include /etc/ldap/schema/" + name + ".schema\n"
	}
	text += "include " + write("clau.schema", slapdSchema()) + "\n"
	text += "database mdb\nsuffix " + base + "\ndirectory " + filepath.Join(dir, "db") + "\noverlay ppolicy\n"
	return write("slapd.conf", text)
}

// slapdSchema is the schema of Clau in the older form of slapd.conf.
func slapdSchema() string {
	text := schema.OpenLDAP()
	var kept []string
	for _, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "dn:") || strings.HasPrefix(line, "objectClass:") || strings.HasPrefix(line, "cn:") {
			continue
		}
		kept = append(kept, line)
	}
	return strings.NewReplacer("olcObjectIdentifier:", "objectidentifier", "olcAttributeTypes:", "attributetype",
		"olcObjectClasses:", "objectclass").Replace(strings.Join(kept, "\n")) + "\n"
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each case is a good file with something changed in it, and what is then said.
func TestFaults(t *testing.T) {
	const good = "issuer = \"https://id.example.coop\"\nsecret_file = \"master.secret\"\ndata_dir = \"data\"\ntrusted_proxies = [\"127.0.0.1\"]\n"
	cases := []struct {
		name string
		text string
		want []string // each is a part of one fault, in order
	}{
		{"nothing is wrong", good, nil},
		{"an empty file", "", []string{"issuer is missing", "secret_file is missing", "data_dir is missing"}},
		{"an unknown key", good + "isuer = \"x\"\n", []string{":5:1: isuer is not a key"}},
		{"two unknown keys and a wrong one", good + "a = 1\n[log]\nlevel = \"loud\"\nb = 2\n",
			[]string{":5:1: a is not", `:7:1: log.level is "loud", and may be debug`, ":8:1: log.b is not"}},
		{"no TOML", good + "listen = \n", []string{":5:", "is not TOML"}},
		{"a number for a text", "issuer = 7\n", []string{":1:", "issuer needs a text in quotes"}},
		{"a text for a list", "trusted_proxies = \"127.0.0.1\"\n", []string{"trusted_proxies needs a list"}},
		{"a text for a bool", "[directory]\nstart_tls = \"yes\"\n", []string{"directory.start_tls needs true or false"}},
		{"http elsewhere", swap(good, "https://id", "http://id"), []string{":1:1: issuer must be https"}},
		{"http that only begins like localhost", swap(good, "https://id.example.coop", "http://localhost.example.coop"), []string{"issuer must be https"}},
		{"http on loopback", swap(good, "https://id.example.coop", "http://127.0.0.1:8080"), nil},
		{"http on loopback, version 6", swap(good, "https://id.example.coop", "http://[::1]:8080"), nil},
		{"another scheme", swap(good, "https:", "ftp:"), []string{"issuer must be https"}},
		{"a slash at the end", swap(good, ".coop", ".coop/"), []string{"slash"}},
		{"an issuer with a query", swap(good, ".coop", ".coop?x"), []string{"query"}},
		{"an issuer with a user", swap(good, "//id", "//me@id"), []string{"user"}},
		{"capitals", swap(good, "id.example", "ID.example"), []string{"lower case"}},
		{"no address", swap(good, "https://id.example.coop", "id.example.coop"), []string{"not a web address"}},
		{"listen without port", good + "listen = \"localhost\"\n", []string{":5:1: listen is not an address"}},
		{"listen with a wild port", good + "listen = \":70000\"\n", []string{"port number"}},
		{"a proxy by name", swap(good, "127.0.0.1", "proxy.example.coop"), []string{":4:1: trusted_proxies has \"proxy.example.coop\""}},
		{"a secret that is not there", swap(good, "master.secret", "lost.secret"), []string{"secret_file names", "no such file"}},
		{"a secret that others may read", swap(good, "master.secret", "open.secret"), []string{"chmod 600"}},
		{"https and nobody to do TLS", swap(good, "trusted_proxies = [\"127.0.0.1\"]", ""), []string{"tls is missing"}},
		{"a certificate without key", good + "[tls]\ncert_file = \"a\"\n", []string{":5:2: tls.key_file is missing"}},
		{"a certificate that is none", good + "[tls]\ncert_file = \"master.secret\"\nkey_file = \"master.secret\"\n", []string{"cannot be used"}},
		{"two ways to TLS", good + "[tls]\ncert_file = \"a\"\nkey_file = \"b\"\n[tls.acme]\naccept_terms = true\n", []string{"cannot be used", "exclude each other"}},
		{"terms not accepted", good + "[tls.acme]\nemail = \"a@example.coop\"\n", []string{"accept_terms must be true"}},
		{"TLS for http", swap(good, "https://id.example.coop", "http://localhost") + "[tls.acme]\naccept_terms = true\n", []string{"for an https issuer"}},
		{"LDAP in clear", good + ldap("ldap://ldap.example.coop", ""), []string{"in clear"}},
		{"LDAP in clear on loopback", good + ldap("ldap://127.0.0.1", ""), nil},
		{"LDAP with StartTLS", good + ldap("ldap://ldap.example.coop", "start_tls = true"), nil},
		{"LDAP over a socket needs no password", good + "[directory]\nurls = [\"ldapi:///run/ldapi\"]\nbase = \"dc=coop\"\n", nil},
		{"LDAP without anything", good + "[directory]\nurls = [\"ldaps://ldap.example.coop\"]\n",
			[]string{"base is missing", "bind_dn is missing", "bind_password_file is missing"}},
		{"LDAP by another scheme", good + ldap("http://ldap.example.coop", ""), []string{"must begin with ldaps://"}},
		{"a base that is none", good + "[directory]\nbase = \"example.coop\"\n", []string{"directory.base cannot be the root"}},
		{"roots that are none", good + ldap("ldaps://l.example.coop", "ca_file = \"master.secret\""), []string{"holds no certificate"}},
		{"StartTLS with the embedded directory", good + "[directory]\nstart_tls = true\n", []string{"urls names none"}},
		{"Redis with its password", good + "[state]\nredis_url = \"redis://me:secret@host\"\n", []string{"holds a password"}},
		{"Redis in every form", good + "[state]\nredis_url = \"redis+cluster://me@a:1,b:2\"\n", nil},
		{"not Redis", good + "[state]\nredis_url = \"postgres://host\"\n", []string{"must begin with one of"}},
		{"mail with its password", good + "[mail]\nsmtp_url = \"smtp://me:secret@host\"\nfrom = \"a@b.coop\"\n", []string{"holds a password"}},
		{"mail without sender", good + "[mail]\nsmtp_url = \"smtp://host\"\n", []string{"mail.from is missing"}},
		{"aliases in no domain", good + "[mail]\nalias_domain = \"nowhere\"\n", []string{"not the name of a domain"}},
		{"a contact with more than the address", "contact = \"Ada <a@b.coop>\"\n" + good, []string{"not an address of mail"}},
		{"a contact", "contact = \"a@b.coop\"\n" + good, nil},
		{"a sender that is none", good + "[mail]\nfrom = \"me\"\n", []string{"not a mail address"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := loadText(t, c.text)
			if len(c.want) == 0 {
				if err != nil {
					t.Fatalf("a good file was refused:\n%v", err)
				}
				return
			}
			rest := fmt.Sprint(err)
			for _, part := range c.want {
				_, after, found := strings.Cut(rest, part)
				if !found {
					t.Fatalf("%q is not said, or not in order:\n%v", part, err)
				}
				rest = after
			}
		})
	}
}

func swap(text, old, new string) string { return strings.Replace(text, old, new, 1) }

func ldap(url, more string) string {
	return "[directory]\nurls = [\"" + url + "\"]\nbase = \"dc=coop\"\nbind_dn = \"cn=idp,dc=coop\"\nbind_password_file = \"master.secret\"\n" + more + "\n"
}

func loadText(t *testing.T, text string) error {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "master.secret", "x")
	write(t, dir, "open.secret", "x")
	if err := os.Chmod(filepath.Join(dir, "open.secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "clau.toml", text)
	_, err := Load(filepath.Join(dir, "clau.toml"))
	return err
}

func TestAFileThatIsNotThereIsAFault(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "clau.toml"))
	var faults Faults
	if !errors.As(err, &faults) || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("got %v", err)
	}
}

func TestSecretsAreReadWithoutTheirNewline(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "s", "two words \n")
	if got := secret(dir, "s"); got != "two words " {
		t.Errorf("got %q", got)
	}
}

// Whatever is in the file, reading it ends in settings or in faults with
// positions inside the file.
func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte("issuer = 'x'\n[tls]\na.b.c = {d = [1]}\n"))
	f.Add([]byte("[[tls]]\n[tls.acme]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, faults := parse("f", t.TempDir(), text)
		for _, fault := range faults {
			if fault.Line > strings.Count(string(text), "\n")+1 || fault.Problem == "" {
				t.Errorf("%q: %+v", text, fault)
			}
		}
	})
}

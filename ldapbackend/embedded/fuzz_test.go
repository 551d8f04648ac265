// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/ldapbackend/embedded"
)

// FuzzSearch evaluates any filter over the federation: the server answers, and
// a filter with its negation never gives more than everything.
func FuzzSearch(f *testing.F) {
	s := start(f)
	c := asIDP(f, s)
	for _, text := range []string{"(uid=marta)", "(&(objectClass=person)(!(cn=p*a)))", "(|(clauExpires>=2026010100Z)(member=" + marta + "))", "(cn:dn:=x)"} {
		f.Add(text)
	}
	all := len(find(f, c, base, ldap.ScopeWholeSubtree, "(&)", "1.1"))
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := ldap.CompileFilter(text); err != nil {
			return
		}
		yes, err1 := c.Search(ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, 0, 0, 0, false, text, []string{"1.1"}, nil))
		no, err2 := c.Search(ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, 0, 0, 0, false, "(!"+text+")", []string{"1.1"}, nil))
		if err1 != nil || err2 != nil {
			c = asIDP(f, s) // deeper than allowed: the connection is gone
			return
		}
		if len(yes.Entries)+len(no.Entries) > all {
			t.Errorf("%q matches %d, its negation %d of %d", text, len(yes.Entries), len(no.Entries), all)
		}
	})
}

// FuzzConnection sends any bytes after a bind. Others are served all the same.
func FuzzConnection(f *testing.F) {
	s := start(f)
	f.Add([]byte("\x30\x05\x02\x01\x02\x42\x00"))
	f.Add([]byte(deepSearch(3)))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := s.Dial(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		go func() {
			_, _ = c.Write(b)
			time.Sleep(time.Millisecond)
			_ = c.Close()
		}()
		answers, _ := io.ReadAll(c)
		for r := bytes.NewReader(answers); r.Len() > 0; {
			if _, err := ber.ReadPacket(r); err != nil {
				t.Fatalf("answered with nonsense: %x", answers)
			}
		}
	})
}

// FuzzImport reads any text: it is imported whole or not at all.
func FuzzImport(f *testing.F) {
	s, err := embedded.Open(config(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Add("dn: ou=x," + base + "\nobjectClass: organizationalUnit\nou: x\n")
	f.Add("version: 1\n\n# comment\n continued\ndn:: b3U9eCxkYz1jbGF1LGRjPWV4YW1wbGU=\nobjectClass: organizationalUnit\nou: \n x\n")
	f.Add("dn: " + base + "\nchangetype: delete\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 || strings.Contains(text, "userPassword") {
			return // hashing is slow, and not what is looked for
		}
		err := s.Import(strings.NewReader(text))
		if broken := s.Check(); broken != nil {
			t.Fatalf("%v after %v", broken, err)
		}
	})
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"path/filepath"
	"strings"
	"testing"

	"commonscloud.coop/clau/ldapbackend/embedded/tree"
)

// TestAnOlderFileGetsWhatIsNew: a branch that a later Clau has learnt of is
// made, and what was there stays as somebody changed it.
func TestAnOlderFileGetsWhatIsNew(t *testing.T) {
	c := Config{Path: filepath.Join(t.TempDir(), "directory.db"), Base: "dc=clau,dc=example", Argon2: Argon2{Memory: 64, Time: 1, Threads: 1}}
	s := opened(t, c)
	changed := "dn: ou=people,dc=clau,dc=example\nobjectClass: organizationalUnit\nou: people\ndescription: La nostra gent\n"
	if err := s.Import(strings.NewReader(changed)); err != nil {
		t.Fatal(err)
	}
	err := s.store.Write(t.Context(), func(w *tree.Write) error {
		e, err := w.At(s.dn(t, "ou=retired,dc=clau,dc=example"))
		if err != nil {
			return err
		}
		return w.Delete(e)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, c)
	err = s.store.View(func(r *tree.Read) error {
		retired, err := r.At(s.dn(t, "ou=retired,dc=clau,dc=example"))
		if err != nil || retired == nil {
			t.Errorf("%v, %v", retired, err)
		}
		people, err := r.At(s.dn(t, "ou=people,dc=clau,dc=example"))
		if err != nil || people.First(s.schema.Attribute("description")) != "La nostra gent" {
			t.Errorf("%v, %v", people, err)
		}
		return r.Check()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T, c Config) *Server {
	t.Helper()
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func (s *Server) dn(t *testing.T, text string) []string {
	t.Helper()
	dn, err := s.schema.ParseDN(text)
	if err != nil {
		t.Fatal(err)
	}
	return dn.Path()
}

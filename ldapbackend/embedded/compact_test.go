// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/ldapbackend/embedded"
)

// TestNothingIsLeftOfWhoWasErased: neither the words of an entry, nor in the
// indexes, nor in the log of changes.
func TestNothingIsLeftOfWhoWasErased(t *testing.T) {
	var path string
	s := start(t, func(c *embedded.Config) { path = c.Path })
	c := asIDP(t, s)
	for i := range 50 {
		dn := fmt.Sprintf("clauId=canary-%d,%s", i, people)
		add := adds(dn, "objectClass", "inetOrgPerson", "objectClass", "clauAccount", "clauId", fmt.Sprintf("canary-%d", i),
			"clauState", "active", "cn", "Canary", "sn", "Canary", "uid", fmt.Sprintf("canary-%d", i), "mail", fmt.Sprintf("canary-%d@example.org", i))
		if got := add(c); got != "0" {
			t.Fatal(got)
		}
		if got := addTo("cn=members,"+ateneu, "member", dn)(c); got != "0" {
			t.Fatal(got)
		}
		if got := takeFrom("cn=members,"+ateneu, "member", dn)(c); got != "0" {
			t.Fatal(got)
		}
		if got := deletes(dn)(c); got != "0" {
			t.Fatal(got)
		}
	}
	if traces(t, path) == 0 {
		t.Fatal("the file forgets by itself: this test shows nothing")
	}
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := traces(t, path); n > 0 {
		t.Errorf("%d traces are left", n)
	}
	if got := read(t, c, marta, "displayName").GetAttributeValue("displayName"); got != "Marta Soler" {
		t.Error(got)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func traces(t *testing.T, path string) int {
	t.Helper()
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(bytes.ToLower(all), []byte("canary"))
}

// TestCompactingUnderLoad: people come and are read while the file is exchanged
// again and again, and none is lost.
func TestCompactingUnderLoad(t *testing.T) {
	c := config(t)
	s, err := embedded.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Import(strings.NewReader(federation)); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	var mu sync.Mutex
	var lived []string
	var busy sync.WaitGroup
	for worker := range 4 {
		conn := asIDP(t, s)
		busy.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-over:
					return
				default:
				}
				id := fmt.Sprintf("compactingw%d.%d", worker, i)
				if what, err := live(conn, id); err != nil {
					t.Errorf("%s: %s: %v", id, what, err)
					return
				}
				mu.Lock()
				lived = append(lived, id)
				mu.Unlock()
			}
		})
	}
	for range 20 {
		if err := s.Compact(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Millisecond)
	}
	close(over)
	busy.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(t.Context()); err == nil {
		t.Error("compacted after the end")
	}
	if len(lived) < 20 {
		t.Errorf("only %d lives were lived", len(lived))
	}
	for _, id := range lived {
		survived(t, c.Path, id)
	}
}

// TestWhoFollowsGoesOnAfterCompacting: a watch that stands hears of what comes
// after, and one that has seen all resumes where it was.
func TestWhoFollowsGoesOnAfterCompacting(t *testing.T) {
	s := start(t)
	c := asIDP(t, s)
	before := read(t, c, base, "contextCSN").GetAttributeValue("contextCSN")
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := read(t, c, base, "contextCSN").GetAttributeValue("contextCSN"); after != before {
		t.Errorf("contextCSN was %s and is %s", before, after)
	}
	stream := c.Syncrepl(t.Context(), ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, 0, 0, 0, false, "(objectClass=*)", []string{"1.1"}, nil),
		16, ldap.SyncRequestModeRefreshOnly, []byte("rid=000,csn="+before), false)
	entries := 0
	for stream.Next() {
		if stream.Entry() != nil {
			entries++
		}
	}
	if err := stream.Err(); err != nil || entries != 0 {
		t.Errorf("%d entries come again, %v", entries, err)
	}
}

func TestAHalfWrittenCopyIsIgnored(t *testing.T) {
	c := config(t)
	open := func() *embedded.Server {
		t.Helper()
		s, err := embedded.Open(c)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	if err := s.Import(strings.NewReader(federation)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.Path+".new", []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = open()
	defer s.Close()
	if got := read(t, asIDP(t, s), marta, "uid").GetAttributeValue("uid"); got != "marta" {
		t.Error(got)
	}
	if _, err := os.Stat(c.Path + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Error("the rest of it lies about: ", err)
	}
	for range 2 {
		if _, err := embedded.Open(c); !errors.Is(err, embedded.ErrInUse) {
			t.Errorf("opened twice: %v", err)
		}
		if err := s.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkCompact(b *testing.B) {
	s := start(b)
	c := asIDP(b, s)
	for i := range 5000 {
		if got := adds(fmt.Sprintf("clauId=p%d,%s", i, people), "objectClass", "inetOrgPerson", "objectClass", "clauAccount",
			"clauId", fmt.Sprintf("p%d", i), "clauState", "active", "cn", "x", "sn", "x", "uid", fmt.Sprintf("p%d", i))(c); got != "0" {
			b.Fatal(got)
		}
	}
	for b.Loop() {
		if err := s.Compact(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

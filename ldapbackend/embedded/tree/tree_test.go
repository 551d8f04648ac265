// SPDX-License-Identifier: AGPL-3.0-or-later

package tree_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/tree"
)

const base = "dc=clau,dc=example"

func open(t testing.TB, now func() time.Time) *tree.Store {
	t.Helper()
	schema, err := model.NewSchema("olcAttributeTypes: ( 1.2.3 NAME 'clauExpires' EQUALITY generalizedTimeMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 )")
	if err != nil {
		t.Fatal(err)
	}
	dn, err := schema.ParseDN(base)
	if err != nil {
		t.Fatal(err)
	}
	s, err := tree.Open(tree.Config{Path: filepath.Join(t.TempDir(), "tree.db"), Schema: schema, Base: dn, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.View(func(r *tree.Read) error { return r.Check() }); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func entry(s *tree.Store, dn string, pairs ...string) *model.Entry {
	name, err := s.Schema.ParseDN(dn)
	if err != nil {
		panic(err)
	}
	e := &model.Entry{DN: name.String(), Path: name.Path()}
	for i := 0; i < len(pairs); i += 2 {
		a := s.Schema.Attribute(pairs[i])
		e.Set(a, append(e.Get(a), pairs[i+1])...)
	}
	return e
}

func add(t testing.TB, s *tree.Store, dn string, pairs ...string) {
	t.Helper()
	err := s.Write(context.Background(), func(w *tree.Write) error { return w.Add(entry(s, dn, pairs...), nil) })
	if err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s *tree.Store, f func(*tree.Read)) {
	t.Helper()
	if err := s.View(func(r *tree.Read) error { f(r); return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestPlacesAndScopes(t *testing.T) {
	s := open(t, time.Now)
	for _, dn := range []string{base, "ou=a," + base, "ou=b,ou=a," + base, "ou=c,ou=b,ou=a," + base, "ou=ab," + base, "ou=b," + base} {
		add(t, s, dn)
	}
	view(t, s, func(r *tree.Read) {
		a := entry(s, "ou=a,"+base).Path
		all, more := r.Subtree(a, 10)
		if len(all) != 3 || more {
			t.Errorf("subtree %v %v", all, more)
		}
		if some, more := r.Subtree(a, 2); len(some) != 2 || !more {
			t.Errorf("limited %v %v", some, more)
		}
		children, _ := r.Children(entry(s, base).Path, 10)
		if len(children) != 3 {
			t.Errorf("children %v", children)
		}
		if !r.HasChildren(a) || r.HasChildren(entry(s, "ou=ab,"+base).Path) {
			t.Error("who has children")
		}
	})
}

func TestRangesOfTime(t *testing.T) {
	s := open(t, time.Now)
	add(t, s, base)
	for i, at := range []string{"20261101000000Z", "20261101000000.5Z", "20261101000001Z", "20261201000000Z"} {
		add(t, s, fmt.Sprintf("ou=%d,%s", i, base), "clauExpires", at)
	}
	view(t, s, func(r *tree.Read) {
		a := s.Schema.Attribute("clauExpires")
		for _, row := range []struct {
			from, to string
			want     int
		}{
			{"", "20261101000000Z", 1}, {"", "20261101000000.5Z", 2}, {"20261101000000.2Z", "", 3},
			{"20261101000001Z", "20261101000001Z", 1}, {"", "", 4}, {"20270101000000Z", "", 0},
		} {
			if ids, _ := r.Range(a, row.from, row.to, 10); len(ids) != row.want {
				t.Errorf("from %s to %s: %d, want %d", row.from, row.to, len(ids), row.want)
			}
		}
	})
}

func TestLongValuesHaveIndexesToo(t *testing.T) {
	s := open(t, time.Now)
	long := strings.Repeat("x", 5000)
	add(t, s, base, "cn", long+"a", "cn", long+"b", "cn", "a\x00bcdefgh")
	view(t, s, func(r *tree.Read) {
		cn := s.Schema.Attribute("cn")
		for value, want := range map[string]int{long + "a": 1, long + "b": 1, long: 0, "a": 0} {
			if ids, _ := r.Equal(cn, value, 10); len(ids) != want {
				t.Errorf("%d bytes: %v", len(value), ids)
			}
		}
	})
}

// TestNeighboursSurviveAFailure: of many writes in one commit some fail, some
// halfway through, and one panics. The others are kept, once each.
func TestNeighboursSurviveAFailure(t *testing.T) {
	s := open(t, time.Now)
	add(t, s, base)
	failure := errors.New("changed its mind")
	var all sync.WaitGroup
	for i := range 60 {
		all.Add(1)
		go func() {
			defer all.Done()
			err := s.Write(context.Background(), func(w *tree.Write) error {
				if i%4 == 1 {
					return failure
				}
				if err := w.Add(entry(s, fmt.Sprintf("ou=%d,%s", i, base)), nil); err != nil {
					return err
				}
				switch i % 4 {
				case 2:
					return failure
				case 3:
					panic("on purpose")
				}
				return nil
			})
			if (err == nil) != (i%4 == 0) {
				t.Errorf("write %d: %v", i, err)
			}
		}()
	}
	all.Wait()
	view(t, s, func(r *tree.Read) {
		if children, _ := r.Children(entry(s, base).Path, 100); len(children) != 15 {
			t.Errorf("%d were kept, want 15", len(children))
		}
		if r.Last() != 16 {
			t.Errorf("log has %d changes, want 16", r.Last())
		}
	})
}

func TestTheLogForgetsWhatIsOld(t *testing.T) {
	stands := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	s := open(t, func() time.Time { return stands })
	add(t, s, base)
	var first, second string
	view(t, s, func(r *tree.Read) { first = tree.Cookie(r.CSN()) })
	for range 10 { // many changes in one commit
		err := s.Write(context.Background(), func(w *tree.Write) error {
			for range 1000 {
				old, err := w.At(entry(s, base).Path)
				if err != nil {
					return err
				}
				if err := w.Replace(old, old); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if second == "" {
			view(t, s, func(r *tree.Read) { second = tree.Cookie(r.CSN()) })
			if second <= first {
				t.Error("numbers do not grow while the clock stands")
			}
		}
	}
	view(t, s, func(r *tree.Read) {
		if _, ok := r.Resume(first); ok {
			t.Error("goes on from what is forgotten")
		}
		n, ok := r.Resume(second)
		if !ok || n != 1001 {
			t.Errorf("goes on from %d, %v", n, ok)
		}
		if n, ok := r.Resume(tree.Cookie(r.CSN())); !ok || n != r.Last() {
			t.Error("does not go on from the end")
		}
		for _, cookie := range []string{"", "x", "csn=", "rid=000,csn=99999999999999.000000Z#000000#000#000000"} {
			if _, ok := r.Resume(cookie); ok {
				t.Errorf("goes on from %q", cookie)
			}
		}
		if changes, ok := r.Since(r.Last()-5, 3); !ok || len(changes) != 3 || changes[0].Number != r.Last()-4 {
			t.Errorf("since: %v %v", changes, ok)
		}
		if _, ok := r.Since(0, 3); ok {
			t.Error("the beginning is remembered")
		}
	})
}

func TestWritesOfWhoLeavesAndAfterTheEnd(t *testing.T) {
	s := open(t, time.Now)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Write(gone, func(*tree.Write) error { return nil }); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	add(t, s, base)
}

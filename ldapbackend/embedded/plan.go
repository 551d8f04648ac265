// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"math"

	"commonscloud.coop/clau/ldapbackend/embedded/tree"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// candidates returns the entries that a search must look at. It tries every
// way with a small limit, then with larger ones, and takes the first that
// suffices: a search costs about what its cheapest part costs.
func (s *Server) candidates(r *tree.Read, base []string, op wire.Search) []uint64 {
	if op.Scope == wire.ScopeBase {
		id, _ := r.Find(base)
		return []uint64{id}
	}
	for limit := 32; ; limit *= 16 {
		if limit > 1<<22 {
			limit = math.MaxInt32
		}
		if ids, ok := s.byIndex(r, op.Filter, limit); ok {
			return ids
		}
		list := r.Subtree
		if op.Scope == wire.ScopeOne {
			list = r.Children
		}
		if ids, more := list(base, limit); !more {
			return ids
		}
	}
}

// byIndex returns a superset of what a filter matches; ok is false when no
// index can tell, or there are more than limit.
func (s *Server) byIndex(r *tree.Read, f *wire.Filter, limit int) (ids []uint64, ok bool) {
	switch f.Kind {
	case wire.And:
		for _, sub := range f.Subs {
			if ids, ok := s.byIndex(r, sub, limit); ok {
				return ids, true
			}
		}
		return nil, false
	case wire.Or:
		return s.union(r, f.Subs, limit)
	case wire.Equal, wire.Approximate, wire.AtLeast, wire.AtMost:
		return s.byValue(r, f, limit)
	}
	return nil, false
}

func (s *Server) union(r *tree.Read, subs []*wire.Filter, limit int) ([]uint64, bool) {
	var all []uint64
	seen := map[uint64]bool{}
	for _, sub := range subs {
		ids, ok := s.byIndex(r, sub, limit)
		if !ok {
			return nil, false
		}
		for _, id := range ids {
			if !seen[id] {
				seen[id] = true
				all = append(all, id)
			}
		}
	}
	return all, true
}

func (s *Server) byValue(r *tree.Read, f *wire.Filter, limit int) ([]uint64, bool) {
	a := s.schema.Attribute(f.Name)
	if a == nil {
		return nil, true // undefined for every entry
	}
	value, err := s.schema.Normalize(a, f.Value)
	if err != nil {
		return nil, true
	}
	var ids []uint64
	more := true
	switch {
	case !s.store.Indexed(a) || value == "top" && a == s.types.objectClass:
		return nil, false
	case f.Kind == wire.Equal || f.Kind == wire.Approximate:
		ids, more = r.Equal(a, value, limit)
	case !s.store.Ranged(a):
		return nil, false
	case f.Kind == wire.AtLeast:
		ids, more = r.Range(a, value, "", limit)
	case f.Kind == wire.AtMost:
		ids, more = r.Range(a, "", value, limit)
	}
	return ids, !more
}

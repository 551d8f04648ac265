// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"slices"
	"strings"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/tree"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// The pseudo-attributes of [right].
const (
	theEntry    = "entry"
	theChildren = "children"
)

func compile(rules []rule) []rule {
	for i := range rules {
		r := &rules[i]
		at, open := strings.CutSuffix(r.at, "**")
		if at = strings.TrimSuffix(at, "/"); at != "" {
			r.place = strings.Split(at, "/")
		}
		r.open = open
		for _, part := range strings.Fields(r.when) {
			name, values, _ := strings.Cut(part, "=")
			r.conditions = append(r.conditions, condition{name, strings.Split(values, "|")})
		}
		if r.values != "" {
			r.only = strings.Split(r.values, "|")
		}
		if r.attrs == "" {
			continue
		}
		r.names = map[string]bool{}
		for _, name := range strings.Fields(r.attrs) {
			r.names[name] = true
		}
	}
	return rules
}

// fits reports whether a rule speaks of entries at a path below the base.
func (r *rule) fits(path []string) bool {
	if len(path) < len(r.place) || len(path) > len(r.place) && !r.open {
		return false
	}
	for i, want := range r.place {
		prefix, wild := strings.CutSuffix(want, "*")
		if path[i] != want && !(wild && strings.HasPrefix(path[i], prefix)) {
			return false
		}
	}
	return true
}

// speaks reports whether a rule is about an attribute, or the writing of a value
// of it; value is nil when all of it is meant.
func (r *rule) speaks(attr string, value *string) bool {
	if r.names != nil && !r.names[attr] {
		return false
	}
	return r.only == nil || value != nil && containsFold(r.only, *value)
}

func containsFold(list []string, value string) bool {
	return slices.ContainsFunc(list, func(v string) bool { return strings.EqualFold(v, value) })
}

// access decides for one identity within one view of the tree.
type access struct {
	*Server
	read    *tree.Read
	who     identity
	real    identity        // whose connection it is
	manages map[string]bool // what was found, by DN of the collective
}

func (q *request) access(r *tree.Read) *access {
	return &access{Server: q.Server, read: r, who: q.who, real: q.conn.who, manages: map[string]bool{}}
}

// entryAccess is access to one entry: the rules that speak of it.
type entryAccess struct {
	*access
	entry *model.Entry
	path  []string // below the base
	rules []*rule
}

func (a *access) to(e *model.Entry) *entryAccess {
	path, _ := a.store.Relative(e.Path)
	ea := &entryAccess{access: a, entry: e, path: path, rules: make([]*rule, 0, 16)}
	for i := range a.rules {
		r := &a.rules[i]
		if r.fits(path) && a.meets(r, e) {
			ea.rules = append(ea.rules, r)
		}
	}
	return ea
}

func (a *access) meets(r *rule, e *model.Entry) bool {
	for _, c := range r.conditions {
		attribute := a.schema.Attribute(c.name)
		held := func(v string) bool { return containsFold(c.values, v) }
		if attribute == a.types.objectClass {
			held = func(string) bool { return a.hasClass(e, c.values[0]) }
		}
		if !slices.ContainsFunc(e.Get(attribute), held) {
			return false
		}
	}
	return true
}

func (s *Server) hasClass(e *model.Entry, class string) bool {
	wanted := s.schema.Class(class)
	for _, name := range e.Get(s.types.objectClass) {
		if s.schema.Class(name).Is(wanted) {
			return true
		}
	}
	return false
}

// may reports whether all of a right is given on an attribute as a whole.
func (ea *entryAccess) may(attr string, need right) bool {
	return ea.rights(attr, nil)&need == need
}

// mayValue reports whether all of a right is given on a value.
func (ea *entryAccess) mayValue(attr, value string, need right) bool {
	return ea.rights(attr, &value)&need == need
}

func (ea *entryAccess) rights(attr string, value *string) right {
	for _, r := range ea.rules {
		if !r.speaks(attr, value) {
			continue
		}
		if r.voice != nothing && value != nil && ea.isOwn(*value) && ea.isWho(managers) {
			return r.voice
		}
		if given, done := ea.given(r); done {
			return given
		}
	}
	return nothing
}

// given is what a rule gives the asker; done is false when others decide.
func (ea *entryAccess) given(r *rule) (given right, done bool) {
	for _, g := range r.by {
		if ea.isWho(g.to) {
			return g.right, g.right != onward
		}
	}
	return nothing, !r.pass
}

// demand refuses with insufficientAccess unless all of a right is given. An
// entry of which not even the existence may be known is said not to exist.
func (ea *entryAccess) demand(attr string, need right) error {
	if ea.may(attr, need) {
		return nil
	}
	if !ea.may(theEntry, mayDisclose) {
		return wire.Errorf(wire.NoSuchObject, "")
	}
	return wire.Errorf(wire.InsufficientAccess, "no access to %s", attr)
}

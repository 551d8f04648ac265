// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
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

// access decides for one identity within one view of the tree.
type access struct {
	*Server
	read    *tree.Read
	who     identity
	manages map[string]bool // what was found, by DN of the collective
}

func (q *request) access(r *tree.Read) *access {
	return &access{Server: q.Server, read: r, who: q.who, manages: map[string]bool{}}
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
	ea := &entryAccess{access: a, entry: e, path: path, rules: make([]*rule, 0, 8)}
	for i := range a.rules {
		r := &a.rules[i]
		if r.fits(path) && a.meets(r, e) {
			ea.rules = append(ea.rules, r)
		}
	}
	return ea
}

func (a *access) meets(r *rule, e *model.Entry) bool {
	return r.state == "" || strings.EqualFold(e.First(a.types.state), r.state)
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

// may reports whether all of a right is given on an attribute.
func (ea *entryAccess) may(attr string, need right) bool {
	return ea.rights(attr)&need == need
}

func (ea *entryAccess) rights(attr string) right {
	for _, r := range ea.rules {
		if r.names != nil && !r.names[attr] {
			continue
		}
		for _, g := range r.by {
			if ea.isWho(g.to) {
				return g.right
			}
		}
		if !r.pass {
			return nothing
		}
	}
	return nothing
}

func (ea *entryAccess) isWho(w who) bool {
	switch w {
	case anyone:
		return true
	case anonymous:
		return ea.who.anonymous()
	case users:
		return !ea.who.anonymous()
	case self:
		return ea.who.is(ea.path...)
	case owner:
		return len(ea.path) > 1 && ea.who.is(ea.path[:2]...)
	case managers:
		return len(ea.path) > 1 && isPerson(ea.who.path) && ea.managesAt(ea.entry.Path[:ea.below+2])
	case vouchers:
		return isPerson(ea.who.path) && ea.managesPrimary()
	case readers:
		return ea.who.isReader()
	case idpAccount:
		return ea.who.isIDP()
	case replica:
		return ea.who.isReplica()
	}
	return false
}

func (ea *entryAccess) managesPrimary() bool {
	value := ea.entry.First(ea.types.primary)
	if value == "" {
		return false
	}
	dn, err := ea.schema.ParseDN(value)
	return err == nil && ea.managesAt(dn.Path())
}

// managesAt reports whether the identity is a clauManager of the collective at
// a path from the root.
func (a *access) managesAt(path []string) bool {
	key := strings.Join(path, "\x00")
	if known, ok := a.manages[key]; ok {
		return known
	}
	e, err := a.read.At(path)
	found := err == nil && e != nil && a.hasClass(e, "clauCollectiveUnit") &&
		a.schema.Index(a.types.manager, e.Get(a.types.manager), a.who.norm) >= 0
	a.manages[key] = found
	return found
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

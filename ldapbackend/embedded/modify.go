// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"math/big"
	"slices"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/tree"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// modify changes an entry (RFC 4511 section 4.6).
func (q *request) modify(op wire.Modify) error {
	dn, err := q.schema.ParseDN(op.DN)
	if err != nil {
		return err
	}
	changes, err := q.checkChanges(op.Changes)
	if err != nil {
		return err
	}
	hashed, err := q.hashAll(newPasswords(changes, q.types.password))
	if err != nil {
		return err
	}
	return q.write(func(w *tree.Write) error {
		old, err := q.target(&w.Read, dn)
		if err != nil {
			return err
		}
		m := &modification{request: q, w: w, old: old, e: old.Clone(), ea: q.access(&w.Read).to(old)}
		if err := q.asserted(m.ea); err != nil {
			return err
		}
		for _, c := range changes {
			if err := m.apply(c); err != nil {
				return err
			}
		}
		return m.finish(dn, hashed)
	})
}

// change is one modification with its type, its values checked.
type change struct {
	kind   int
	a      *model.Attribute
	values []string
}

func (q *request) checkChanges(given []wire.Change) ([]change, error) {
	list := make([]change, len(given))
	for i, g := range given {
		a, err := q.writable(g.Name)
		if err != nil {
			return nil, err
		}
		if g.Kind == wire.ChangeAdd && len(g.Values) == 0 || g.Kind == wire.ChangeIncrement && len(g.Values) != 1 {
			return nil, wire.Errorf(wire.ProtocolError, "modify of '%s' with wrong number of values", a.Name)
		}
		values, err := q.schema.CheckValues(a, g.Values)
		if err != nil {
			return nil, err
		}
		list[i] = change{g.Kind, a, values}
	}
	return list, nil
}

func newPasswords(changes []change, password *model.Attribute) []string {
	var all []string
	for _, c := range changes {
		if c.a == password && c.kind != wire.ChangeDelete {
			all = append(all, c.values...)
		}
	}
	return all
}

// modification is a modify under way.
type modification struct {
	*request
	w      *tree.Write
	old, e *model.Entry
	ea     *entryAccess

	// Members are changed apart: those to add and to remove, by normalized DN.
	join, part map[string]string
	touched    map[*model.Attribute]bool
}

func (m *modification) apply(c change) error {
	if err := m.ea.demandWrite(c); err != nil {
		return err
	}
	if m.touched == nil {
		m.touched, m.join, m.part = map[*model.Attribute]bool{}, map[string]string{}, map[string]string{}
	}
	m.touched[c.a] = true
	if m.store.Apart(c.a) {
		return m.applyMembers(c)
	}
	switch c.kind {
	case wire.ChangeAdd:
		return m.add(c)
	case wire.ChangeDelete:
		return m.remove(c)
	case wire.ChangeIncrement:
		return m.increment(c)
	}
	m.e.Set(c.a, c.values...)
	return nil
}

// demandWrite asks for the right that a change needs, of all of the attribute
// and of each value. To replace is to delete all and to add.
func (ea *entryAccess) demandWrite(c change) error {
	if !ea.mayChange(c) {
		return wire.Errorf(wire.InsufficientAccess, "")
	}
	return nil
}

func (ea *entryAccess) mayChange(c change) bool {
	need, whole := mayAdd, false
	switch c.kind {
	case wire.ChangeDelete:
		need, whole = mayDelete, len(c.values) == 0
	case wire.ChangeIncrement:
		if c.values[0] == "1" && ea.may(c.a.Name, mayRaise) {
			return true
		}
		whole = true
	case wire.ChangeReplace:
		whole = true
	}
	if whole && !ea.may(c.a.Name, mayDelete) {
		return false
	}
	return !slices.ContainsFunc(c.values, func(v string) bool { return !ea.mayValue(c.a.Name, v, need) })
}

func (m *modification) add(c change) error {
	have := slices.Clone(m.e.Get(c.a))
	for i, v := range c.values {
		if m.indexOf(c.a, have, v) >= 0 {
			return wire.Errorf(wire.AttributeOrValueExists, "modify/add: %s: value #%d already exists", c.a.Name, i)
		}
	}
	m.e.Set(c.a, append(have, c.values...)...)
	return nil
}

func (m *modification) remove(c change) error {
	have := slices.Clone(m.e.Get(c.a))
	switch {
	case len(c.values) > 0 && !c.a.Kind.Matches():
		return wire.Errorf(wire.InappropriateMatching, "modify/delete: %s: no equality matching rule", c.a.Name)
	case len(have) == 0:
		return wire.Errorf(wire.NoSuchAttribute, "modify/delete: %s: no such attribute", c.a.Name)
	case len(c.values) == 0:
		m.e.Set(c.a)
		return nil
	}
	for _, v := range c.values {
		i := m.indexOf(c.a, have, v)
		if i < 0 {
			return wire.Errorf(wire.NoSuchAttribute, "modify/delete: %s: no such value", c.a.Name)
		}
		have = slices.Delete(have, i, i+1)
	}
	m.e.Set(c.a, have...)
	return nil
}

func (m *modification) indexOf(a *model.Attribute, have []string, value string) int {
	norm, err := m.schema.Normalize(a, value)
	if err != nil {
		return -1
	}
	return m.schema.Index(a, have, norm)
}

// increment adds to every value at once (RFC 4525): counters need no loop of
// read and compare.
func (m *modification) increment(c change) error {
	have := m.e.Get(c.a)
	by, ok := new(big.Int).SetString(c.values[0], 10)
	switch {
	case c.a.Kind != model.Integer || !ok:
		return wire.Errorf(wire.ConstraintViolation, "modify/increment: %s: not an integer", c.a.Name)
	case len(have) == 0:
		return wire.Errorf(wire.NoSuchAttribute, "modify/increment: %s: no such attribute", c.a.Name)
	}
	sums := make([]string, len(have))
	for i, v := range have {
		n, ok := new(big.Int).SetString(v, 10)
		if !ok {
			return wire.Errorf(wire.Other, "modify/increment: %s: not an integer", c.a.Name)
		}
		sums[i] = n.Add(n, by).String()
	}
	m.e.Set(c.a, sums...)
	return nil
}

// finish checks the result and writes it.
func (m *modification) finish(dn model.DN, hashed map[string]string) error {
	if m.touched[m.types.password] {
		state := m.e.First(m.types.reset)
		m.renewed(m.e, m.Now())
		if m.touched[m.types.reset] && state != "" {
			m.e.Set(m.types.reset, state)
		}
	}
	if err := m.checkPasswords(m.w, m.e, hashed); err != nil {
		return err
	}
	if m.touched[m.types.objectClass] && m.schema.Structural(m.e) != m.schema.Structural(m.old) && m.schema.Structural(m.e) != nil {
		return wire.Errorf(wire.ClassModsProhibited, "structural object class modification is not allowed")
	}
	if err := m.checkEntry(&m.w.Read, m.e, dn[0], m.hasMembers()); err != nil {
		return err
	}
	m.reveal(&m.w.Read, wire.OIDPreRead, m.controls.preRead, m.old)
	if err := m.save(); err != nil {
		return err
	}
	m.reveal(&m.w.Read, wire.OIDPostRead, m.controls.postRead, m.e)
	return nil
}

func (m *modification) save() error {
	for _, v := range m.part {
		if err := m.w.RemoveMember(m.old.ID, v); err != nil {
			return err
		}
	}
	for _, v := range m.join {
		if err := m.w.AddMember(m.old.ID, v); err != nil {
			return err
		}
	}
	m.stamp(m.w, m.e)
	return m.w.Replace(m.old, m.e)
}

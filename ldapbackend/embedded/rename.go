// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"slices"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/tree"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// rename gives an entry another name or another place, with all below it
// (RFC 4511 section 4.9).
func (q *request) rename(op wire.ModifyDN) error {
	dn, err := q.schema.ParseDN(op.DN)
	if err != nil {
		return err
	}
	rdn, err := q.schema.ParseRDN(op.NewRDN)
	if err != nil {
		return err
	}
	parent := dn.Parent()
	if op.NewSuperior != nil {
		if parent, err = q.schema.ParseDN(*op.NewSuperior); err != nil {
			return err
		}
	}
	return q.write(func(w *tree.Write) error {
		old, err := q.target(&w.Read, dn)
		if err != nil {
			return err
		}
		move := &moving{request: q, w: w, op: op, old: old, from: dn, to: parent.Child(rdn)}
		if err := move.allowed(parent); err != nil {
			return err
		}
		return move.carry()
	})
}

// moving is a rename under way.
type moving struct {
	*request
	w        *tree.Write
	op       wire.ModifyDN
	old      *model.Entry
	from, to model.DN
}

func (m *moving) allowed(parent model.DN) error {
	a := m.access(&m.w.Read)
	if err := m.mayLeave(a); err != nil {
		return err
	}
	if err := m.asserted(a.to(m.old)); err != nil {
		return err
	}
	if inScope(m.old.Path, wire.ScopeSub, parent.Path()) {
		return wire.Errorf(wire.UnwillingToPerform, "new superior is below the entry")
	}
	above, err := m.target(&m.w.Read, parent)
	if err != nil {
		return err
	}
	if !a.to(above).may(theChildren, mayAdd) {
		return wire.Errorf(wire.InsufficientAccess, "no write access to new superior")
	}
	if _, exists := m.w.Find(m.to.Path()); exists && !slices.Equal(m.to.Path(), m.old.Path) {
		return wire.Errorf(wire.EntryAlreadyExists, "")
	}
	if !m.mayArrive(a) {
		return wire.Errorf(wire.InsufficientAccess, "no write access to entry in its new place")
	}
	return m.mayName(a.to(m.old))
}

// mayArrive: who moves an entry elsewhere might have added it there. (OpenLDAP
// does not ask; the rules for it see to that as well as they can.)
func (m *moving) mayArrive(a *access) bool {
	if m.op.NewSuperior == nil {
		return true
	}
	e := m.old.Clone()
	e.DN, e.Path = m.to.String(), m.to.Path()
	return a.to(e).may(theEntry, mayAdd)
}

// mayLeave: besides removing it from its place, the entry itself is written.
func (m *moving) mayLeave(a *access) error {
	if err := m.mayRemove(a, m.old); err != nil {
		return err
	}
	if !a.to(m.old).may(theEntry, mayWrite) {
		return wire.Errorf(wire.InsufficientAccess, "no write access to entry")
	}
	return nil
}

// mayName asks for the right to write what the new name says and the old said.
func (m *moving) mayName(ea *entryAccess) error {
	if m.to[0].Equal(m.from[0]) {
		return nil
	}
	for _, ava := range m.to[0] {
		if !ea.mayValue(ava.Attribute.Name, ava.Value, mayAdd) {
			return wire.Errorf(wire.InsufficientAccess, "no write access to naming attribute")
		}
	}
	for _, ava := range m.from[0] {
		if m.op.DeleteOldRDN && !ea.mayValue(ava.Attribute.Name, ava.Value, mayDelete) {
			return wire.Errorf(wire.InsufficientAccess, "no write access to naming attribute")
		}
	}
	return nil
}

// carry writes the entry and all below it under their new names.
func (m *moving) carry() error {
	ids, _ := m.w.Subtree(m.old.Path, 1<<31-1)
	m.reveal(&m.w.Read, wire.OIDPreRead, m.controls.preRead, m.old)
	e := m.old.Clone()
	e.DN, e.Path = m.to.String(), m.to.Path()
	m.renameValues(e)
	if err := m.checkEntry(&m.w.Read, e, m.to[0], m.w.HasMembers(e.ID, 0)); err != nil {
		return err
	}
	m.stamp(m.w, e)
	if err := m.w.Replace(m.old, e); err != nil {
		return err
	}
	for _, id := range ids[1:] {
		if err := m.carryChild(id); err != nil {
			return err
		}
	}
	m.reveal(&m.w.Read, wire.OIDPostRead, m.controls.postRead, e)
	return nil
}

// carryChild moves an entry that stands below. It was not itself modified, so
// its timestamps stay.
func (m *moving) carryChild(id uint64) error {
	old, err := m.w.Entry(id)
	if err != nil || old == nil {
		return err
	}
	dn, err := m.schema.ParseDN(old.DN)
	if err != nil {
		return err
	}
	moved := slices.Concat(dn[:len(dn)-len(m.from)], m.to)
	e := old.Clone()
	e.DN, e.Path = moved.String(), moved.Path()
	return m.w.Replace(old, e)
}

// renameValues brings the naming values in line with the name.
func (m *moving) renameValues(e *model.Entry) {
	for _, ava := range m.from[0] {
		keep := slices.ContainsFunc(m.to[0], func(n model.AVA) bool { return n.Attribute == ava.Attribute && n.Value == ava.Value })
		if m.op.DeleteOldRDN && !keep {
			m.dropValue(e, ava)
		}
	}
	for _, ava := range m.to[0] {
		norm, err := m.schema.Normalize(ava.Attribute, ava.Value)
		if err == nil && m.schema.Index(ava.Attribute, e.Get(ava.Attribute), norm) < 0 {
			e.Set(ava.Attribute, append(slices.Clone(e.Get(ava.Attribute)), ava.Value)...)
		}
	}
}

func (m *moving) dropValue(e *model.Entry, ava model.AVA) {
	values := slices.Clone(e.Get(ava.Attribute))
	norm, err := m.schema.Normalize(ava.Attribute, ava.Value)
	if err != nil {
		return
	}
	if i := m.schema.Index(ava.Attribute, values, norm); i >= 0 {
		e.Set(ava.Attribute, slices.Delete(values, i, i+1)...)
	}
}

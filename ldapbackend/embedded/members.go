// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// applyMembers touches only the members that are named, whatever the size of
// the group; to replace or to clear reads them all.
func (m *modification) applyMembers(c change) error {
	if c.kind == wire.ChangeReplace || len(c.values) == 0 {
		return m.replaceMembers(c)
	}
	for i, v := range c.values {
		if err := m.applyMember(c, i, m.norm(c.a, v), v); err != nil {
			return err
		}
	}
	return nil
}

func (m *modification) replaceMembers(c change) error {
	if c.kind == wire.ChangeDelete && !m.hasMembers() {
		return wire.Errorf(wire.NoSuchAttribute, "modify/delete: %s: no such attribute", c.a.Name)
	}
	m.join = map[string]string{}
	for _, v := range m.w.Members(m.old.ID) {
		m.part[m.norm(c.a, v)] = v
	}
	for _, v := range c.values {
		m.addMember(m.norm(c.a, v), v)
	}
	return nil
}

func (m *modification) applyMember(c change, i int, norm, value string) error {
	present := m.isMember(norm)
	switch {
	case c.kind == wire.ChangeAdd && present:
		return wire.Errorf(wire.AttributeOrValueExists, "modify/add: %s: value #%d already exists", c.a.Name, i)
	case c.kind == wire.ChangeDelete && !present:
		return wire.Errorf(wire.NoSuchAttribute, "modify/delete: %s: no such value", c.a.Name)
	case c.kind == wire.ChangeAdd:
		m.addMember(norm, value)
	case c.kind == wire.ChangeDelete:
		m.removeMember(norm, value)
	default:
		return wire.Errorf(wire.ConstraintViolation, "modify/increment: %s: not an integer", c.a.Name)
	}
	return nil
}

func (m *modification) norm(a *model.Attribute, value string) string {
	n, err := m.schema.Normalize(a, value)
	if err != nil {
		return value // cannot be: values were checked
	}
	return n
}

func (m *modification) isMember(norm string) bool {
	if _, joins := m.join[norm]; joins {
		return true
	}
	_, parts := m.part[norm]
	return !parts && m.w.HasMember(m.old.ID, norm)
}

func (m *modification) addMember(norm, value string) {
	if _, parts := m.part[norm]; parts {
		delete(m.part, norm)
		return
	}
	m.join[norm] = value
}

func (m *modification) removeMember(norm, value string) {
	if _, joins := m.join[norm]; joins {
		delete(m.join, norm)
		return
	}
	m.part[norm] = value
}

// hasMembers: those that leave are all in the group now.
func (m *modification) hasMembers() bool {
	return len(m.join) > 0 || m.w.HasMembers(m.old.ID, len(m.part))
}

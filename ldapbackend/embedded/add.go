// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"fmt"
	"slices"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/tree"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// add makes an entry (RFC 4511 section 4.7).
func (q *request) add(op wire.Add) error {
	dn, err := q.schema.ParseDN(op.DN)
	if err != nil {
		return err
	}
	if _, inside := q.store.Relative(dn.Path()); !inside || len(dn) == 0 {
		return wire.Errorf(wire.NoSuchObject, "")
	}
	draft, err := q.draft(dn, op.Attributes)
	if err != nil {
		return err
	}
	hashed, err := q.hashAll(draft.Get(q.types.password))
	if err != nil {
		return err
	}
	members := draft.Get(q.types.member)
	draft.Set(q.types.member)
	return q.write(func(w *tree.Write) error {
		e := draft.Clone()
		if err := q.mayAdd(w, dn, e, members); err != nil {
			return err
		}
		if err := q.checkPasswords(w, e, hashed); err != nil {
			return err
		}
		if err := q.complete(w, e); err != nil {
			return err
		}
		if err := q.checkEntry(&w.Read, e, dn[0], len(members) > 0); err != nil {
			return err
		}
		if err := w.Add(e, members); err != nil {
			return err
		}
		q.reveal(&w.Read, wire.OIDPostRead, q.controls.postRead, e)
		return nil
	})
}

// draft is the entry as the client wants it.
func (q *request) draft(dn model.DN, attributes []wire.Attribute) (*model.Entry, error) {
	e := &model.Entry{DN: dn.String(), Path: dn.Path()}
	for _, given := range attributes {
		a, err := q.writable(given.Name)
		if err != nil {
			return nil, err
		}
		if e.Get(a) != nil {
			return nil, wire.Errorf(wire.AttributeOrValueExists, "attribute '%s' provided more than once", a.Name)
		}
		values, err := q.schema.CheckValues(a, given.Values)
		if err != nil {
			return nil, err
		}
		e.Set(a, values...)
	}
	return e, nil
}

// writable finds a type that clients may write.
func (q *request) writable(name string) (*model.Attribute, error) {
	a := q.schema.Attribute(name)
	switch {
	case a == nil:
		return nil, wire.Errorf(wire.UndefinedType, "%s: attribute type undefined", safeName(name))
	case a.ReadOnly:
		return nil, wire.Errorf(wire.ConstraintViolation, "%s: no user modification allowed", a.Name)
	}
	return a, nil
}

// mayAdd asks for the right to put an entry below its parent, and to write what
// is in it.
func (q *request) mayAdd(w *tree.Write, dn model.DN, e *model.Entry, members []string) error {
	if _, exists := w.Find(e.Path); exists {
		return wire.Errorf(wire.EntryAlreadyExists, "")
	}
	parent, err := q.target(&w.Read, dn.Parent())
	if err != nil {
		return err
	}
	a := q.access(&w.Read)
	ea := a.to(e)
	if !a.to(parent).may(theChildren, mayAdd) || !ea.may(theEntry, mayAdd) {
		return wire.Errorf(wire.InsufficientAccess, "no write access to entry or its parent")
	}
	for _, content := range append(slices.Clone(e.Values), model.Values{Attribute: q.types.member, All: members}) {
		if err := ea.demandWrite(change{wire.ChangeAdd, content.Attribute, content.All}); err != nil {
			return err
		}
	}
	return q.asserted(ea)
}

// complete adds what the server writes.
func (q *request) complete(w *tree.Write, e *model.Entry) error {
	id, err := q.newUUID()
	if err != nil {
		return err
	}
	e.Set(q.types.entryUUID, id)
	e.Set(q.types.creator, q.who.dn)
	e.Set(q.types.created, w.Now().UTC().Format(timeLayout))
	if c := q.schema.Structural(e); c != nil {
		e.Set(q.types.structuralClass, c.Name)
	}
	q.stamp(w, e)
	return nil
}

// newUUID makes a random UUID (RFC 9562 section 5.4).
func (s *Server) newUUID() (string, error) {
	var b [16]byte
	if err := s.hasher.fill(b[:]); err != nil {
		return "", err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

// checkEntry holds a new or changed entry against schema, constraints and
// uniqueness.
func (s *Server) checkEntry(r *tree.Read, e *model.Entry, rdn model.RDN, members bool) error {
	var also []*model.Attribute
	if members {
		also = append(also, s.types.member)
	}
	if err := s.schema.Check(e, rdn, also...); err != nil {
		return err
	}
	if err := s.constrain(e); err != nil {
		return err
	}
	return s.checkUnique(r, e)
}

// hashAll hashes the passwords that came in clear. It takes long, and is done
// before the write has its turn.
func (q *request) hashAll(passwords []string) (map[string]string, error) {
	hashed := map[string]string{}
	for _, p := range passwords {
		if _, _, already := schemeOf(p); already {
			hashed[p] = trimHash(p)
			continue
		}
		h, err := q.hasher.hash(q.ctx, p)
		if err != nil {
			return nil, hashRefusal(err)
		}
		hashed[p] = h
	}
	return hashed, nil
}

// checkPasswords holds the passwords in hashed against the policy, and puts
// their hashes in place of them.
func (q *request) checkPasswords(w *tree.Write, e *model.Entry, hashed map[string]string) error {
	if len(hashed) == 0 {
		return nil
	}
	p, err := q.policyOf(&w.Read, e)
	if err != nil {
		return err
	}
	var values []string
	for _, v := range e.Get(q.types.password) {
		h, given := hashed[v]
		if !given {
			values = append(values, v)
			continue
		}
		if reason := p.accepts(v); reason >= 0 {
			q.policyError(reason)
			return wire.Errorf(wire.ConstraintViolation, "Password fails quality checking policy")
		}
		values = append(values, h)
	}
	e.Set(q.types.password, values...)
	if len(values) > 0 {
		e.Set(q.types.changed, q.Now().UTC().Format(timeLayout))
	}
	return nil
}

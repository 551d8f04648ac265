// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"slices"
	"strings"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/tree"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// write changes the tree on behalf of the asker. f may run more than once; what
// it adds to the answer counts only from the last time.
func (q *request) write(f func(*tree.Write) error) error {
	if q.who.anonymous() {
		return wire.Errorf(wire.StrongerAuthRequired, "modifications require authentication")
	}
	return q.store.Write(q.ctx, func(w *tree.Write) error {
		q.answers = nil
		return f(w)
	})
}

// asserted refuses the write unless the assertion control holds (RFC 4528).
func (q *request) asserted(ea *entryAccess) error {
	if q.controls.assertion != nil && ea.match(q.controls.assertion) != isTrue {
		return wire.Errorf(wire.AssertionFailed, "")
	}
	return nil
}

// reveal answers a pre- or post-read control (RFC 4527) with what the asker may
// read of the entry.
func (q *request) reveal(r *tree.Read, oid string, names []string, e *model.Entry) {
	if names == nil {
		return
	}
	ea := q.access(r).to(e)
	if ea.may(theEntry, mayRead) {
		q.answers = append(q.answers, wire.ReadControl(oid, ea.show(names, false)))
	}
}

// delete removes an entry without children (RFC 4511 section 4.8).
func (q *request) delete(op wire.Delete) error {
	dn, err := q.schema.ParseDN(op.DN)
	if err != nil {
		return err
	}
	return q.write(func(w *tree.Write) error {
		e, err := q.target(&w.Read, dn)
		if err != nil {
			return err
		}
		a := q.access(&w.Read)
		if err := q.mayRemove(a, e); err != nil {
			return err
		}
		if err := q.asserted(a.to(e)); err != nil {
			return err
		}
		if w.HasChildren(e.Path) {
			return wire.Errorf(wire.NotAllowedOnNonLeaf, "subordinate objects must be deleted first")
		}
		q.reveal(&w.Read, wire.OIDPreRead, q.controls.preRead, e)
		return w.Delete(e)
	})
}

// mayRemove asks for the right to take an entry from below its parent.
func (q *request) mayRemove(a *access, e *model.Entry) error {
	if len(e.Path) == q.below {
		return wire.Errorf(wire.UnwillingToPerform, "the base cannot be removed")
	}
	parent, err := a.read.At(e.Path[:len(e.Path)-1])
	if err != nil {
		return err
	}
	if parent == nil || !a.to(parent).may(theChildren, mayDelete) || !a.to(e).may(theEntry, mayDelete) {
		return wire.Errorf(wire.InsufficientAccess, "no write access to entry or its parent")
	}
	return nil
}

// compare answers a CompareRequest (section 4.10).
func (q *request) compare(op wire.Compare) error {
	dn, err := q.schema.ParseDN(op.DN)
	if err != nil {
		return err
	}
	a := q.schema.Attribute(op.Name)
	if a == nil {
		return wire.Errorf(wire.UndefinedType, "%s: attribute type undefined", safeName(op.Name))
	}
	if _, err := q.schema.Normalize(a, op.Value); err != nil {
		return wire.Errorf(wire.InvalidSyntax, "value is not valid")
	}
	return q.store.View(func(r *tree.Read) error {
		e, err := q.target(r, dn)
		if err != nil {
			return err
		}
		ea := q.access(r).to(e)
		if err := q.asserted(ea); err != nil {
			return err
		}
		if err := ea.demand(a.Name, mayCompare); err != nil {
			return err
		}
		if !ea.present(a) {
			return wire.Errorf(wire.NoSuchAttribute, "")
		}
		switch ea.equal(a, op.Value) {
		case isTrue:
			return wire.Errorf(wire.CompareTrue, "")
		case isFalse:
			return wire.Errorf(wire.CompareFalse, "")
		}
		return wire.Errorf(wire.InappropriateMatching, "")
	})
}

// stamp notes who changed an entry, and when (RFC 4512 section 3.4). What is
// kept of the erased it brings in order, as olcSortVals does: that of its coming
// would show what was one person's.
func (q *request) stamp(w *tree.Write, e *model.Entry) {
	e.Set(q.types.reserved, slices.Sorted(slices.Values(e.Get(q.types.reserved)))...)
	e.Set(q.types.entryCSN, w.Stamp())
	e.Set(q.types.modified, w.Now().UTC().Format(timeLayout))
	e.Set(q.types.modifier, q.who.dn)
}

// safeName cuts what a client called an attribute to what can be shown.
func safeName(name string) string {
	if len(name) > 64 {
		name = name[:64]
	}
	return strings.ToValidUTF8(name, "?")
}

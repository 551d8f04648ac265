// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"strings"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/tree"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// passwordModify sets a password (RFC 3062). It returns the response's value,
// which is nil unless the password was made up here.
func (q *request) passwordModify(value []byte) ([]byte, error) {
	if q.who.anonymous() {
		return nil, wire.Errorf(wire.StrongerAuthRequired, "only authenticated users may change passwords")
	}
	op, err := wire.DecodePasswordModify(value)
	if err != nil {
		return nil, wire.Errorf(wire.ProtocolError, "malformed password modify request")
	}
	dn, err := q.passwordOf(op.User)
	if err != nil {
		return nil, err
	}
	if op.HasOld {
		if err := q.proveOld(dn, op.Old); err != nil {
			return nil, err
		}
	}
	var generated []byte
	if op.New == "" {
		if op.New, err = q.hasher.generate(); err != nil {
			return nil, err
		}
		generated = wire.GeneratedPassword(op.New)
	}
	return generated, q.setPassword(dn, op)
}

func (q *request) passwordOf(user string) (model.DN, error) {
	if user == "" {
		user = q.who.dn
	}
	return q.schema.ParseDN(strings.TrimPrefix(user, "dn:"))
}

// proveOld verifies the old password. It is the same question as a bind, and
// counts as one, or it would be a way around the lock.
func (q *request) proveOld(dn model.DN, old string) error {
	refused := wire.Errorf(wire.UnwillingToPerform, "unwilling to verify old password")
	found, err := q.account(dn)
	if err != nil {
		return err
	}
	if found.entry == nil || found.hashes == nil || found.locked(q.Now()) {
		return refused
	}
	right, err := q.hasher.verify(q.ctx, found.hashes, old)
	if err != nil {
		return hashRefusal(err)
	}
	if right {
		return nil
	}
	if err := q.noteFailure(found.entry.Path); err != nil {
		return err
	}
	return refused
}

func (q *request) setPassword(dn model.DN, op wire.PasswordModify) error {
	hashed, err := q.hasher.hash(q.ctx, op.New)
	if err != nil {
		return hashRefusal(err)
	}
	err = q.write(func(w *tree.Write) error {
		old, err := q.target(&w.Read, dn)
		if err != nil {
			return err
		}
		if err := q.mayChange(w, old, op); err != nil {
			return err
		}
		e := old.Clone()
		e.Set(q.types.password, hashed)
		q.renewed(e, q.Now())
		q.stamp(w, e)
		return w.Replace(old, e)
	})
	if err == nil && q.conn.mustChange && q.identityOf(dn).norm == q.conn.who.norm {
		q.conn.mustChange = false
	}
	return err
}

// mayChange holds the asker against the access rules, and the new password
// against the policy of the entry.
func (q *request) mayChange(w *tree.Write, e *model.Entry, op wire.PasswordModify) error {
	rights := q.access(&w.Read).to(e)
	if !rights.may(q.types.password.Name, mayWrite) {
		return wire.Errorf(wire.InsufficientAccess, "")
	}
	p, err := q.policyOf(&w.Read, e)
	switch {
	case err != nil:
		return err
	case rights.isWho(self) && p.noUserChange:
		q.policyError(wire.ChangeNotAllowed)
		return wire.Errorf(wire.InsufficientAccess, "User alteration of password is not allowed")
	case p.safeModify && !op.HasOld:
		return wire.Errorf(wire.InsufficientAccess, "Must supply old password to be changed as well as new one")
	}
	if reason := p.accepts(op.New); reason >= 0 {
		q.policyError(reason)
		return wire.Errorf(wire.ConstraintViolation, "Password fails quality checking policy")
	}
	return nil
}

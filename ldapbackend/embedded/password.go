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
	var reason wire.PolicyError
	err = q.store.Write(q.ctx, func(w *tree.Write) error {
		reason = -1
		old, err := q.target(&w.Read, dn)
		if err != nil {
			return err
		}
		rights := q.access(&w.Read).to(old)
		if !rights.may(q.types.password.Name, mayWrite) {
			return wire.Errorf(wire.InsufficientAccess, "")
		}
		p, err := q.policyOf(&w.Read, old)
		if err != nil {
			return err
		}
		if reason, err = q.judgeNew(p, rights, op); err != nil {
			return err
		}
		e := old.Clone()
		e.Set(q.types.password, hashed)
		q.renewed(e, q.Now())
		q.stamp(w, e)
		return w.Replace(old, e)
	})
	if reason >= 0 {
		q.policyError(reason)
	}
	if err == nil && q.conn.mustChange && q.identityOf(dn).norm == q.conn.who.norm {
		q.conn.mustChange = false
	}
	return err
}

func (q *request) judgeNew(p policy, rights *entryAccess, op wire.PasswordModify) (wire.PolicyError, error) {
	own := rights.isWho(self)
	switch {
	case own && p.noUserChange:
		return wire.ChangeNotAllowed, wire.Errorf(wire.InsufficientAccess, "User alteration of password is not allowed")
	case p.safeModify && !op.HasOld:
		return -1, wire.Errorf(wire.InsufficientAccess, "Must supply old password to be changed as well as new one")
	}
	if reason := p.accepts(op.New); reason >= 0 {
		return reason, wire.Errorf(wire.ConstraintViolation, "Password fails quality checking policy")
	}
	return -1, nil
}

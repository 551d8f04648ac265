// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"errors"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/tree"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

func wrongPassword() error { return &wire.Error{Code: wire.InvalidCredentials} }

// bind proves who is on the connection (RFC 4513). Whatever fails leaves it
// anonymous.
func (q *request) bind(op wire.Bind) error {
	q.conn.who, q.conn.mustChange = identity{}, false
	q.who = identity{} // rules see a bind as made by nobody
	if op.Version != 3 {
		return wire.Errorf(wire.ProtocolError, "only protocol version 3 is spoken")
	}
	switch {
	case op.Mechanism == "EXTERNAL":
		return q.bindExternal(op)
	case op.Mechanism != "":
		return wire.Errorf(wire.AuthMethodNotSupported, "SASL mechanism is not known")
	case op.Name == "" && op.Password == "":
		return nil
	case op.Password == "":
		// Many programs take this for a successful login (RFC 4513 section 5.1.2).
		return wire.Errorf(wire.UnwillingToPerform, "unauthenticated bind (DN with no password) disallowed")
	}
	return q.bindSimple(op)
}

func (q *request) bindExternal(op wire.Bind) error {
	if !q.conn.trusted || op.Credentials != "" && op.Credentials != q.idp().authzID() {
		return wire.Errorf(wire.InappropriateAuth, "no identity from outside")
	}
	q.conn.who = q.idp()
	return nil
}

// bindSimple costs the same whether the name exists or not, so that the time
// of the answer does not tell.
func (q *request) bindSimple(op wire.Bind) error {
	dn, err := q.schema.ParseDN(op.Name)
	if err != nil {
		return err
	}
	found, err := q.account(dn)
	if err != nil {
		return err
	}
	if found.entry == nil || found.hashes == nil {
		if err := q.hasher.pretend(q.ctx, op.Password); err != nil {
			return hashRefusal(err)
		}
		return wrongPassword()
	}
	if found.locked(q.Now()) {
		q.policyError(wire.AccountLocked)
		return wrongPassword()
	}
	right, err := q.hasher.verify(q.ctx, found.hashes, op.Password)
	if err != nil {
		return hashRefusal(err)
	}
	if !right {
		return errors.Join(q.noteFailure(found.entry.Path), wrongPassword())
	}
	outcome, err := q.noteSuccess(found)
	if err != nil {
		return err
	}
	q.policy(outcome.Policy)
	if outcome.refused {
		return wrongPassword()
	}
	q.conn.who = q.identityOf(dn)
	q.conn.mustChange = outcome.Error == wire.ChangeAfterReset
	return nil
}

// account is an entry with its password and the policy that it stands under.
type account struct {
	*Server
	entry  *model.Entry
	hashes []string // nil: no password, or not to be verified by this client
	rules  policy
}

func (q *request) account(dn model.DN) (account, error) {
	found := account{Server: q.Server}
	err := q.store.View(func(r *tree.Read) error {
		e, err := r.At(dn.Path())
		if err != nil || e == nil {
			return err
		}
		found.entry = e
		if q.access(r).to(e).may(q.types.password.Name, mayAuth) {
			found.hashes = e.Get(q.types.password)
		}
		found.rules, err = q.policyOf(r, e)
		return err
	})
	return found, err
}

func hashRefusal(err error) error {
	if errors.Is(err, errTooMany) {
		return wire.Errorf(wire.Busy, "too many logins at once")
	}
	return err
}

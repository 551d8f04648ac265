// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"context"
	"errors"

	"commonscloud.coop/clau/ldapbackend/embedded/tree"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// request is one operation under way.
type request struct {
	*Server
	conn     *conn
	ctx      context.Context
	id       int
	op       any
	who      identity
	sent     []wire.Control // as they came
	controls controls
	answers  []wire.Control // to go with the result
}

func (c *conn) request(ctx context.Context, m wire.Message) *request {
	return &request{Server: c.server, conn: c, ctx: ctx, id: m.ID, op: m.Op, who: c.who, sent: m.Controls}
}

// perform does an operation and sends its result.
func (c *conn) perform(q *request) {
	kind, answered := wire.ResultOf(q.op)
	result, err := q.guarded()
	if !answered || q.ctx.Err() != nil {
		return
	}
	result.Kind = kind
	if err != nil {
		result.Error = *q.refusal(err)
	}
	c.send(q.id, result, q.answers...)
}

// guarded turns a panic into an error: one bad request must not end the
// service of all.
func (q *request) guarded() (result wire.Result, err error) {
	defer func() {
		if r := recover(); r != nil {
			q.Logger.Error("ldap operation panicked", "panic", r)
			err = wire.Errorf(wire.Other, "internal error")
		}
	}()
	if err := q.parseControls(); err != nil {
		return wire.Result{}, err
	}
	return q.dispatch()
}

func (q *request) dispatch() (wire.Result, error) {
	if bind, ok := q.op.(wire.Bind); ok {
		return wire.Result{}, q.bind(bind)
	}
	if err := q.mayProceed(); err != nil {
		return wire.Result{}, err
	}
	switch op := q.op.(type) {
	case wire.Search:
		return wire.Result{}, q.search(op)
	case wire.Compare:
		return wire.Result{}, q.compare(op)
	case wire.Add:
		return wire.Result{}, q.add(op)
	case wire.Modify:
		return wire.Result{}, q.modify(op)
	case wire.Delete:
		return wire.Result{}, q.delete(op)
	case wire.ModifyDN:
		return wire.Result{}, q.rename(op)
	case wire.Extended:
		return q.extended(op)
	}
	return wire.Result{}, wire.Errorf(wire.ProtocolError, "unknown operation")
}

// mayProceed refuses everything but a change of password to who must do that
// first (draft-behera-ldap-password-policy-10 section 8.1).
func (q *request) mayProceed() error {
	if !q.conn.mustChange {
		return nil
	}
	if op, ok := q.op.(wire.Extended); ok && (op.OID == wire.OIDPasswordModify || op.OID == wire.OIDWhoAmI) {
		return nil
	}
	q.policyError(wire.ChangeAfterReset)
	return wire.Errorf(wire.InsufficientAccess, "Operations are restricted to bind/unbind/abandon/StartTLS/modify password")
}

// refusal is what the client reads of an error. What is not meant for it is
// logged and told as "internal error".
func (q *request) refusal(err error) *wire.Error {
	var refused *wire.Error
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, tree.ErrClosed):
		return wire.Errorf(wire.Unavailable, "server is closing")
	case errors.Is(err, context.Canceled):
		return wire.Errorf(wire.Other, "abandoned")
	}
	q.Logger.Error("ldap operation failed", "error", err)
	return wire.Errorf(wire.Other, "internal error")
}

func (q *request) extended(op wire.Extended) (wire.Result, error) {
	switch op.OID {
	case wire.OIDWhoAmI:
		return wire.Result{Value: []byte(q.who.authzID())}, nil
	case wire.OIDPasswordModify:
		generated, err := q.passwordModify(op.Value)
		return wire.Result{Value: generated}, err
	}
	return wire.Result{}, wire.Errorf(wire.ProtocolError, "unsupported extended operation")
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"slices"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/tree"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// Limits for everybody but Clau and replicas, as olcSizeLimit sets them.
const (
	softLimit = 200
	hardLimit = 500
)

// chunk is how many candidates one transaction looks at. Answers are sent
// between transactions, so that a slow client holds none open.
const chunk = 128

// search answers a SearchRequest (RFC 4511 section 4.5).
func (q *request) search(op wire.Search) error {
	dn, err := q.schema.ParseDN(op.Base)
	if err != nil {
		return err
	}
	if len(dn) == 0 && op.Scope == wire.ScopeBase {
		return q.rootDSE(op)
	}
	if q.controls.sync != nil {
		return q.sync(op, dn)
	}
	limit, err := q.limitOf(op)
	if err != nil {
		return err
	}
	return q.answerSearch(op, dn, limit)
}

// limitOf is how many entries the client can have. Asking for more than the
// administrator allows is refused, as in slapd.
func (q *request) limitOf(op wire.Search) (int, error) {
	unlimited := q.who.isIDP() || q.who.isReplica()
	switch {
	case unlimited && op.SizeLimit == 0:
		return 1<<31 - 1, nil
	case unlimited:
		return op.SizeLimit, nil
	case op.SizeLimit > hardLimit:
		return 0, wire.Errorf(wire.AdminLimitExceeded, "")
	case op.SizeLimit == 0:
		return softLimit, nil
	}
	return op.SizeLimit, nil
}

func (q *request) answerSearch(op wire.Search, dn model.DN, limit int) error {
	run := &searching{request: q, op: op, base: dn.Path(), left: limit, page: -1}
	err := q.store.View(func(r *tree.Read) error { return run.begin(r, dn) })
	if err != nil {
		return err
	}
	if q.controls.paged != nil {
		if err := run.turnPage(); err != nil {
			return err
		}
	}
	for len(run.todo) > 0 && run.page != 0 {
		if err := run.step(); err != nil {
			return err
		}
	}
	run.closePage()
	return nil
}

// searching is a search under way.
type searching struct {
	*request
	op   wire.Search
	base []string
	todo []uint64 // candidates still to be looked at
	left int      // entries that may still be sent
	page int      // entries that fit on this page; -1: no pages
}

// begin finds the base and the candidates.
func (run *searching) begin(r *tree.Read, dn model.DN) error {
	base, err := run.target(r, dn)
	if err != nil {
		return err
	}
	ea := run.access(r).to(base)
	if err := ea.demand(theEntry, maySearch); err != nil {
		return err
	}
	if run.controls.assertion != nil && ea.match(run.controls.assertion) != isTrue {
		return wire.Errorf(wire.AssertionFailed, "")
	}
	run.todo = run.candidates(r, run.base, run.op)
	return nil
}

// step looks at some candidates and sends what matches.
func (run *searching) step() error {
	if err := run.ctx.Err(); err != nil {
		return err
	}
	var out []byte
	var stop error
	err := run.store.View(func(r *tree.Read) error {
		a := run.access(r)
		for n := 0; n < chunk && len(run.todo) > 0 && run.page != 0; n++ {
			e, err := r.Entry(run.todo[0])
			if err != nil {
				return err
			}
			ea, ok := run.found(a, e)
			if ok && run.left == 0 {
				stop = wire.Errorf(wire.SizeLimitExceeded, "")
				return nil
			}
			run.todo = run.todo[1:]
			if !ok {
				continue
			}
			run.left--
			if run.page > 0 {
				run.page--
			}
			out = append(out, wire.Encode(run.id, ea.show(run.op.Attributes, run.op.TypesOnly))...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(out) > 0 {
		if err := run.conn.write(out); err != nil {
			return err
		}
	}
	return stop
}

// found reports whether an entry is in scope, matches, and may be seen.
func (run *searching) found(a *access, e *model.Entry) (*entryAccess, bool) {
	if e == nil || !inScope(run.base, run.op.Scope, e.Path) {
		return nil, false
	}
	ea := a.to(e)
	return ea, ea.match(run.op.Filter) == isTrue && ea.may(theEntry, mayRead)
}

func inScope(base []string, scope int, path []string) bool {
	if len(path) < len(base) || !slices.Equal(path[:len(base)], base) {
		return false
	}
	switch scope {
	case wire.ScopeBase:
		return len(path) == len(base)
	case wire.ScopeOne:
		return len(path) == len(base)+1
	}
	return true
}

// target finds the entry of an operation. If there is none, the answer names
// the deepest entry above that may be known of.
func (q *request) target(r *tree.Read, dn model.DN) (*model.Entry, error) {
	e, err := r.At(dn.Path())
	if err != nil || e != nil {
		return e, err
	}
	missing := wire.Errorf(wire.NoSuchObject, "")
	for parent := dn.Parent(); len(parent) > 0; parent = parent.Parent() {
		above, err := r.At(parent.Path())
		if err != nil {
			return nil, err
		}
		if above != nil {
			if q.access(r).to(above).may(theEntry, mayDisclose) {
				missing.Matched = above.DN
			}
			break
		}
	}
	return nil, missing
}

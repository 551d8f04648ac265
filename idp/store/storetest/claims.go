// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"strings"

	"commonscloud.coop/clau/idp/store"
)

func writeNewOnlyOnce(r *run) {
	answer := func(value string) store.Op { return store.Put{Key: "answer:1", Value: []byte(value), TTL: long} }
	r.wantError("first WriteNew", r.WriteNew(r.ctx, "replay:1", []byte("a"), long, answer("a")), nil)
	r.wantError("second WriteNew", r.WriteNew(r.ctx, "replay:1", []byte("b"), long, answer("b")), store.ErrExists)
	r.wantValue("replay:1", "a")
	r.wantValue("answer:1", "a")
	r.putRecord("replay:2", "s", "d", long)
	r.wantError("WriteNew on a record", r.WriteNew(r.ctx, "replay:2", []byte("b"), long, answer("b")), store.ErrExists)
	r.join("replay:3", "m", long)
	r.wantError("WriteNew on a set", r.WriteNew(r.ctx, "replay:3", []byte("b"), long, answer("b")), store.ErrExists)
	r.wantValue("answer:1", "a")
	r.wantError("WriteNew of the claim alone", r.WriteNew(r.ctx, "replay:4", nil, long), nil)
	r.wantError("PutNew of what was claimed", r.PutNew(r.ctx, "replay:4", nil, long), store.ErrExists)
}

func writeNewEveryOp(r *run) {
	r.put("a:touched", "t", long)
	r.put("a:deleted", "d", long)
	r.put("a:renewed", "d\x00", long)
	r.put("a:changed", "d", long)
	r.join("a:left", "m", long)
	r.join("a:left", "n", long)
	r.put("a:overwritten", "a value", long)
	err := r.WriteNew(r.ctx, "replay:1", []byte("a"), long,
		store.Put{Key: "a:1", Value: []byte("any \x00\xff bytes"), TTL: long},
		store.PutRecord{Key: "a:2", Record: store.Record{State: "s", Data: []byte("d\x00")}, TTL: long},
		store.Touch{Key: "a:touched", TTL: short},
		store.Touch{Key: "a:absent", TTL: long},
		store.Renew{Key: "a:renewed", Old: []byte("d\x00"), Value: []byte("e"), TTL: long},
		store.Renew{Key: "a:changed", Old: []byte("c"), Value: []byte("e"), TTL: long},
		store.Join{Key: "a:joined", Member: "m", TTL: short},
		store.Join{Key: "a:joined", Member: "n", TTL: long},
		store.Join{Key: "a:overwritten", Member: "m", TTL: long},
		store.Leave{Key: "a:left", Member: "m"},
		store.Leave{Key: "a:1", Member: "m"},
		store.Delete{Key: "a:deleted"},
		store.Put{Key: "a:again", Value: []byte("1"), TTL: long},
		store.Put{Key: "a:again", Value: []byte("2"), TTL: long},
	)
	r.wantError("WriteNew", err, nil)
	r.wantValue("a:1", "any \x00\xff bytes")
	r.wantRecord("a:2", "s", "d\x00")
	r.wantGone("a:absent")
	r.wantValue("a:renewed", "e")
	r.wantValue("a:changed", "d")
	r.wantMembers("a:overwritten", "m")
	r.wantMembers("a:left", "n")
	r.wantGone("a:deleted")
	r.wantValue("a:again", "2")
	r.advance(past)
	r.wantGone("a:touched")
	r.wantMembers("a:joined", "m", "n")
}

func writeNewAfterExpiry(r *run) {
	r.wantError("WriteNew", r.WriteNew(r.ctx, "replay:1", []byte("a"), short), nil)
	r.advance(past)
	r.wantError("WriteNew after expiry", r.WriteNew(r.ctx, "replay:1", []byte("b"), short), nil)
	r.wantValue("replay:1", "b")
	r.advance(past)
	r.wantGone("replay:1")
}

func writeNewChecks(r *run) {
	good := store.Put{Key: "a:1", TTL: long}
	for what, bad := range map[string]store.Op{
		"a key with a space": store.Put{Key: "a: 1", TTL: long},
		"too long a member":  store.Join{Key: "a:2", Member: strings.Repeat("m", store.MemberMax+1), TTL: long},
	} {
		if r.WriteNew(r.ctx, "replay:1", nil, long, good, bad) == nil {
			r.Errorf("%s was written", what)
		}
	}
	if r.WriteNew(r.ctx, "replay 1", nil, long, good) == nil {
		r.Error("a claim of no key was made")
	}
	r.wantGone("replay:1")
	r.wantGone("a:1")
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import (
	"bytes"
	"strings"

	"commonscloud.coop/clau/idp/store"
)

func valueIsRead(r *run) {
	r.put("session:1", "Ada", long)
	r.wantValue("session:1", "Ada")
	r.wantValue("session:1", "Ada")
}

func valueOfAnyBytes(r *run) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	values := map[string]string{
		"bytes:empty":   "",
		"bytes:zero":    "\x00",
		"bytes:every":   string(all),
		"bytes:lines":   "a\r\nb\n",
		"bytes:number":  "41",
		"bytes:big":     strings.Repeat(string(all), 256), // 64 KiB
		"bytes:unicode": "Núria, la clau és teva",
	}
	for key, value := range values {
		r.put(key, value, long)
		r.wantValue(key, value)
		r.putRecord("r"+key, value, value, long)
		r.wantRecord("r"+key, value, value)
		if len(value) > store.MemberMax {
			if r.Write(r.ctx, store.Join{Key: "s" + key, Member: value, TTL: long}) == nil {
				r.Fatal("a member longer than MemberMax was taken")
			}
			continue
		}
		r.join("s"+key, value, long)
		r.wantMembers("s"+key, value)
	}
	for key, value := range values {
		got, err := r.Take(r.ctx, key)
		if err != nil || string(got) != value {
			r.Fatalf("Take(%q) = %s, %v", key, brief(string(got)), err)
		}
		r.wantError("Swap", r.Swap(r.ctx, key, []byte(value), nil, long), store.ErrNotFound)
		record, won, err := r.Advance(r.ctx, "r"+key, value, "\x00next\xff")
		if err != nil || !won || string(record.Data) != value {
			r.Fatalf("Advance(%q) = %v, %v, %v", key, brief(string(record.Data)), won, err)
		}
		r.wantRecord("r"+key, "\x00next\xff", value)
	}
}

func bytesAreCopied(r *run) {
	mine := []byte("first")
	r.write(store.Put{Key: "copy:1", Value: mine, TTL: long})
	copy(mine, "XXXXX")
	r.wantValue("copy:1", "first")
	got, err := r.Get(r.ctx, "copy:1")
	r.wantError("Get", err, nil)
	copy(got, "YYYYY")
	again, err := r.Get(r.ctx, "copy:1")
	if err != nil || !bytes.Equal(again, []byte("first")) {
		r.Fatalf("Get = %q, %v after the caller wrote into what it was given", again, err)
	}
}

func putWritesOver(r *run) {
	r.put("session:1", "Ada", short)
	r.put("session:1", "Grace", long)
	r.wantValue("session:1", "Grace")
	r.advance(past)
	r.wantValue("session:1", "Grace")
	r.put("session:1", "Joan", short)
	r.advance(past)
	r.wantGone("session:1")
}

func valueExpires(r *run) {
	r.put("session:1", "Ada", short)
	r.put("session:2", "Grace", long)
	r.advance(past)
	r.wantGone("session:1")
	r.wantValue("session:2", "Grace")
}

func readingDoesNotProlong(r *run) {
	r.put("session:1", "Ada", short)
	r.advance(short / 2)
	if _, err := r.Get(r.ctx, "session:1"); err != nil {
		r.wantError("Get", err, store.ErrNotFound) // a slow machine
	}
	r.advance(past - short/2)
	r.wantGone("session:1")
}

func touchChangesLife(r *run) {
	r.put("session:1", "Ada", short)
	r.put("session:2", "Grace", long)
	r.putRecord("code:1", "fresh", "x", short)
	r.join("set:1", "a", short)
	r.write(
		store.Touch{Key: "session:1", TTL: long},
		store.Touch{Key: "session:2", TTL: short},
		store.Touch{Key: "code:1", TTL: long},
		store.Touch{Key: "set:1", TTL: long},
	)
	r.advance(past)
	r.wantValue("session:1", "Ada")
	r.wantGone("session:2")
	r.wantRecord("code:1", "fresh", "x")
	r.wantMembers("set:1", "a")
}

func touchDoesNotRevive(r *run) {
	r.put("session:1", "Ada", short)
	r.advance(past)
	r.write(store.Touch{Key: "session:1", TTL: long}, store.Touch{Key: "session:2", TTL: long})
	r.wantGone("session:1")
	r.wantGone("session:2")
	r.wantError("PutNew", r.PutNew(r.ctx, "session:2", []byte("x"), long), nil)
}

func renewReplacesWhatItKnows(r *run) {
	r.put("session:1", "Ada", short)
	r.put("session:2", "Grace", long)
	r.putRecord("code:1", "fresh", "Ada", long)
	r.join("set:1", "Ada", long)
	r.write(
		store.Renew{Key: "session:1", Old: []byte("Ada"), Value: []byte("Ada, later"), TTL: long},
		store.Renew{Key: "session:2", Old: []byte("Ada"), Value: []byte("Ada, later"), TTL: short},
		store.Renew{Key: "code:1", Old: []byte("Ada"), Value: []byte("x"), TTL: long},
		store.Renew{Key: "set:1", Old: []byte("Ada"), Value: []byte("x"), TTL: long},
	)
	r.advance(past)
	r.wantValue("session:1", "Ada, later")
	r.wantValue("session:2", "Grace")
	r.wantRecord("code:1", "fresh", "Ada")
	r.wantMembers("set:1", "Ada")
}

func renewDoesNotRevive(r *run) {
	r.put("session:1", "Ada", short)
	r.advance(past)
	r.put("session:2", "Ada", long)
	renew := func(key string) store.Op {
		return store.Renew{Key: key, Old: []byte("Ada"), Value: []byte("Ada, later"), TTL: long}
	}
	r.write(store.Delete{Key: "session:2"}, renew("session:1"), renew("session:2"), renew("session:3"))
	r.wantError("WriteNew", r.WriteNew(r.ctx, "replay:1", nil, long, renew("session:1"), renew("session:2")), nil)
	r.wantGone("session:1")
	r.wantGone("session:2")
	r.wantGone("session:3")
	empty := store.Renew{Key: "session:4", Value: []byte("x"), TTL: long}
	r.write(empty) // an empty value is not one that is not there
	r.wantGone("session:4")
}

func deleteRemoves(r *run) {
	r.put("x:value", "Ada", long)
	r.putRecord("x:record", "fresh", "x", long)
	r.join("x:set", "a", long)
	r.join("x:set", "b", long)
	for range 3 {
		if _, err := r.Count(r.ctx, "x:counter", long); err != nil {
			r.Fatal(err)
		}
	}
	keys := []string{"x:value", "x:record", "x:set", "x:counter", "x:absent"}
	for _, key := range keys {
		r.write(store.Delete{Key: key})
		r.wantGone(key)
	}
	r.join("x:set", "c", long)
	r.wantMembers("x:set", "c")
	n, err := r.Count(r.ctx, "x:counter", long)
	if err != nil || n != 1 {
		r.Fatalf("Count after Delete = %d, %v; want 1", n, err)
	}
}

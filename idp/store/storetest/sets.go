// SPDX-License-Identifier: AGPL-3.0-or-later

package storetest

import "commonscloud.coop/clau/idp/store"

func setHoldsMembers(r *run) {
	r.join("sessions:ada", "s1", long)
	r.join("sessions:ada", "s2", long)
	r.join("sessions:ada", "s2", long)
	r.join("sessions:grace", "s3", long)
	r.wantMembers("sessions:ada", "s1", "s2")
	r.write(store.Leave{Key: "sessions:ada", Member: "s1"}, store.Leave{Key: "sessions:ada", Member: "s9"})
	r.wantMembers("sessions:ada", "s2")
	r.wantMembers("sessions:grace", "s3")
}

func setAbsent(r *run) {
	got, err := r.Members(r.ctx, "sessions:nobody")
	if err != nil || len(got) != 0 {
		r.Fatalf("Members = %q, %v", got, err)
	}
}

func joinNeverShortens(r *run) {
	r.join("sessions:ada", "s1", long)
	r.join("sessions:ada", "s2", short)
	r.join("sessions:ada", "s1", short)
	r.advance(past)
	r.wantMembers("sessions:ada", "s1", "s2")
}

func joinProlongs(r *run) {
	r.join("sessions:ada", "s1", short)
	r.join("sessions:ada", "s2", long)
	r.advance(past)
	r.wantMembers("sessions:ada", "s1", "s2")
}

func setExpires(r *run) {
	r.join("sessions:ada", "s1", short)
	r.join("sessions:ada", "s2", short)
	r.advance(past)
	r.wantGone("sessions:ada")
	r.join("sessions:ada", "s3", short)
	r.wantMembers("sessions:ada", "s3")
	r.advance(past)
	r.wantGone("sessions:ada")
}

func setEmptiedIsGone(r *run) {
	r.join("sessions:ada", "s1", long)
	r.write(store.Leave{Key: "sessions:ada", Member: "s1"})
	r.wantGone("sessions:ada")
	r.join("sessions:ada", "s2", short) // the life of the old set must not be inherited
	r.advance(past)
	r.wantGone("sessions:ada")
	r.wantError("PutNew", r.PutNew(r.ctx, "sessions:ada", nil, long), nil)
}

func kindsOverwrite(r *run) {
	put := map[string]func(key string){
		"value":  func(key string) { r.put(key, "v", long) },
		"record": func(key string) { r.putRecord(key, "s", "d", long) },
		"set":    func(key string) { r.join(key, "m", long) },
	}
	want := map[string]func(key string){
		"value":  func(key string) { r.wantValue(key, "v") },
		"record": func(key string) { r.wantRecord(key, "s", "d") },
		"set":    func(key string) { r.wantMembers(key, "m") },
	}
	for first := range put {
		for second := range put {
			key := "kind:" + first + "-" + second
			put[first](key)
			put[second](key)
			want[second](key)
		}
		key := "kind:count-" + first
		if _, err := r.Count(r.ctx, key, long); err != nil {
			r.Fatal(err)
		}
		put[first](key)
		want[first](key)
		_, err := r.Count(r.ctx, key, long)
		r.wantError("Count of a "+first, err, store.ErrConflict)
		want[first](key)
	}
}

func kindsAreApart(r *run) {
	r.put("k:value", "v", long)
	r.putRecord("k:record", "", "d", long)
	r.join("k:set", "m", long)
	if _, err := r.Count(r.ctx, "k:counter", long); err != nil {
		r.Fatal(err)
	}
	for _, key := range []string{"k:record", "k:set", "k:counter"} {
		_, err := r.Get(r.ctx, key)
		r.wantError("Get "+key, err, store.ErrNotFound)
		_, err = r.Take(r.ctx, key)
		r.wantError("Take "+key, err, store.ErrNotFound)
		r.wantError("Swap "+key, r.Swap(r.ctx, key, nil, nil, long), store.ErrNotFound)
	}
	for _, key := range []string{"k:value", "k:set", "k:counter"} {
		_, err := r.Record(r.ctx, key)
		r.wantError("Record "+key, err, store.ErrNotFound)
		_, _, err = r.Advance(r.ctx, key, "", "x")
		r.wantError("Advance "+key, err, store.ErrNotFound)
	}
	for _, key := range []string{"k:value", "k:record", "k:counter"} {
		r.wantMembers(key)
		r.write(store.Leave{Key: key, Member: "m"})
	}
	r.wantValue("k:value", "v")
	r.wantRecord("k:record", "", "d")
	r.wantMembers("k:set", "m")
	if n, err := r.Count(r.ctx, "k:counter", long); err != nil || n != 2 {
		r.Fatalf("Count = %d, %v; asking for another kind must not touch it", n, err)
	}
}

func keysAreApart(r *run) {
	keys := []string{"k:a", "k:ab", "k:A", "k:a!", "k:a~", "k:a:b", "l:a", "K:a"}
	for _, key := range keys {
		r.join(key, "of "+key, long)
	}
	r.join("k:a", "", long)
	r.wantMembers("k:a", "of k:a", "")
	r.write(store.Delete{Key: "k:a"})
	for _, key := range keys[1:] {
		r.wantMembers(key, "of "+key)
	}
}

func keysAreChecked(r *run) {
	long201 := make([]byte, store.KeyMax+1)
	for i := range long201 {
		long201[i] = 'k'
	}
	r.put(string(long201[1:]), "the longest key", long)
	r.wantValue(string(long201[1:]), "the longest key")
	for _, key := range []string{"", "a b", "a\x00b", "a\nb", "à", string(long201)} {
		for what, err := range everyMethod(r.ctx, r.Store, key) {
			if err == nil {
				r.Errorf("%s took the key %q", what, key)
			}
		}
	}
}

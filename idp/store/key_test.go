// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import (
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	for key, good := range map[string]bool{
		"session:1":                   true,
		"x":                           true,
		"a:!~{}[]*?":                  true,
		strings.Repeat("k", KeyMax):   true,
		strings.Repeat("k", KeyMax+1): false,
		"":                            false,
		"a b":                         false,
		"a\x00b":                      false,
		"a\x7f":                       false,
		"clé":                         false,
		"a\n":                         false,
	} {
		if err := CheckKey(key); (err == nil) != good {
			t.Errorf("CheckKey(%q) = %v", key, err)
		}
		for _, op := range []Op{Put{Key: key}, PutRecord{Key: key}, Touch{Key: key}, Join{Key: key}, Leave{Key: key}, Delete{Key: key}} {
			if err := CheckOp(op); (err == nil) != good {
				t.Errorf("CheckOp(%T of %q) = %v", op, key, err)
			}
		}
	}
	if CheckOp(nil) == nil {
		t.Error("no op at all was taken")
	}
	if CheckOp(Join{Key: "k", Member: strings.Repeat("m", MemberMax+1)}) == nil {
		t.Error("too long a member was taken")
	}
}

// What is wrong with a key is told without telling the key: it may hold the
// digest of a secret.
func TestFaultDoesNotShowTheKey(t *testing.T) {
	if err := CheckKey("hunter2 " + strings.Repeat("x", 10)); strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
}

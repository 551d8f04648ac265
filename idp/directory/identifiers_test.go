// SPDX-License-Identifier: AGPL-3.0-or-later

package directory_test

import (
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
)

func TestWhatCanNameACollective(t *testing.T) {
	for name, valid := range map[string]bool{
		"ateneu": true, "la-bressola": true, "a1": true, strings.Repeat("a", 32): true,
		"": false, "a": false, "Ateneu": false, "-ateneu": false, "la--bressola": false, "admin": false, strings.Repeat("a", 33): false,
		"return": false, "password": false, "prove": false, "application": false, // pages beside /join/{collective}
	} {
		if got := directory.CollectiveName(name).Valid(); got != valid {
			t.Errorf("%q: %v", name, got)
		}
	}
	if !directory.Handle("return").Valid() {
		t.Error("somebody may be called return")
	}
}

// "<collective>.<role>" is a group, in lists that are divided at commas or spaces.
func TestWhatCanBeARole(t *testing.T) {
	for role, valid := range map[string]bool{
		"editor": true, "board-2": true, "a_b": true, "admin": true, strings.Repeat("a", directory.RoleMax): true,
		"": false, "a.b": false, "a,b": false, "a b": false, "Editor": false, "à": false, "a\n": false, strings.Repeat("a", directory.RoleMax+1): false,
	} {
		if got := directory.ValidRole(role); got != valid {
			t.Errorf("%q: %v", role, got)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package account_test

import (
	"slices"
	"testing"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// recorded reports whether something that happened to somebody is in the audit.
func recorded(clau *idptest.Clau, kind audit.Kind, id directory.PersonID) bool {
	return slices.ContainsFunc(clau.Audit.Events(), func(e audit.Event) bool { return e.Kind == kind && e.Person == id })
}

// now reads a person from the directory.
func (v visitor) now() directory.Person {
	v.t.Helper()
	return personNow(v.t, v.clau, v.id)
}

func personNow(t *testing.T, clau *idptest.Clau, id directory.PersonID) directory.Person {
	t.Helper()
	p, err := clau.Directory.Person(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

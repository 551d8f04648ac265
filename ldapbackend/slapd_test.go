// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend_test

import (
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/directory/directorytest"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

// TestSlapd runs the contract over a real OpenLDAP.
func TestSlapd(t *testing.T) {
	server := slapdtest.Start(t)
	directorytest.Run(t, func(t *testing.T) directory.Backend {
		return open(t, server.Config())
	})
}

func open(t testing.TB, config ldapbackend.Config) *ldapbackend.Backend {
	t.Helper()
	b, err := ldapbackend.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/directory/directorytest"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/embedded"
)

// TestContract runs what every directory must do over this server.
func TestContract(t *testing.T) {
	s, err := embedded.Open(config(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Check(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	directorytest.Run(t, func(t *testing.T) directory.Backend {
		b, err := ldapbackend.Open(ldapbackend.Config{Dial: s.Dial, Base: base})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() })
		return b
	})
}

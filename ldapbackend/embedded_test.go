// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend_test

import (
	"path/filepath"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/directory/directorytest"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/embedded"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

// TestEmbedded runs the same contract over the server in the same process.
func TestEmbedded(t *testing.T) {
	server := startEmbedded(t)
	directorytest.Run(t, func(t *testing.T) directory.Backend {
		return open(t, ldapbackend.Config{Dial: server.Dial, Base: slapdtest.DefaultBase})
	})
}

func startEmbedded(t testing.TB) *embedded.Server {
	t.Helper()
	server, err := embedded.Open(embedded.Config{
		Path:   filepath.Join(t.TempDir(), "directory.db"),
		Base:   slapdtest.DefaultBase,
		Argon2: embedded.Argon2{Memory: 64, Time: 1, Threads: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package consent_test

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

func writeGolden(t *testing.T, file string, a *txtar.Archive, got string) {
	t.Helper()
	a.Files = append(a.Files[:1], txtar.File{Name: "want", Data: []byte(got)})
	if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import "testing"

// themes that the tests share in shape, each its own.
func newThemes(t testing.TB) *Themes {
	t.Helper()
	all, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestNew(t *testing.T) { newThemes(t) }

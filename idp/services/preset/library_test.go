// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import "testing"

func TestX(t *testing.T) {
	l, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	t.Log(l.Names())
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"testing"

	"commonscloud.coop/clau/idp"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// TestWithoutAMailServerNothingPromisesMail: what needs a letter is not offered,
// and what needs none works.
func TestWithoutAMailServerNothingPromisesMail(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{Configure: func(c *idp.Config) { c.Mailless = true }})
	someone := idptest.Sits(t, idptest.NewBrowser(t))

	someone.Open(clau.Issuer + "/recover")
	someone.IsAt(clau.Issuer + "/recover/code")

	strict := []byte(`{"version":1,"anonymous":false}`)
	check(t, clau.Directory.ChangeCollective(t.Context(), directory.System(), "horta", directory.CollectiveChange{Policy: &strict}))
	someone.Open(clau.Issuer + "/join/horta")
	someone.Sees("no-mail")

	someone.Open(clau.Issuer + "/join/ateneu") // which takes people whom only it vouches for
	someone.SeesElement("#handle")
	if someone.Has("#mail") {
		t.Error("an address is asked for, which nobody can prove")
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"testing"

	"commonscloud.coop/clau/idp/idptest"
)

// TestKilled: the process is killed in the middle of sign-ons, and started
// again. Who was logging in goes on where they were, who was inside stays, and
// what was spent stays spent.
func TestKilled(t *testing.T) {
	node := idptest.NewNode(t, idptest.Build(t), nil, "")
	node.Start()
	clau := node.Clau(t)
	c := midFlow(t, clau, "")
	spent, verifier := inside{clau: clau, service: c.forum, browser: c.plain}.code(t)
	if a := c.forum.Redeem(spent, verifier); a.Fault() != "" {
		t.Fatalf("redeem: %s", a.Body)
	}
	used := c.inside.Token.RefreshToken
	a := c.forum.Refresh(used)
	if a.Fault() != "" {
		t.Fatalf("refresh: %s", a.Body)
	}
	c.inside.Token.RefreshToken, c.inside.Token.AccessToken = a.Text("refresh_token"), a.Text("access_token")

	revoked := revokedToken(t, clau, c)

	node.Kill()
	node.Start()

	c.goesOn(t)
	if a := c.forum.Redeem(spent, verifier); a.Fault() != "invalid_grant" {
		t.Errorf("a spent code after a restart: %d %s", a.Status, a.Body)
	}
	if c.forum.Lives(revoked) || c.forum.Refresh(revoked).Fault() != "invalid_grant" {
		t.Error("a token that was given back lives again after a restart")
	}
	node.Logs.Hides(t, map[string]string{"a panic": "panic:", "a password": idptest.Password})
}

// revokedToken is a refresh token that was given back.
func revokedToken(t *testing.T, clau *idptest.Clau, c *caught) string {
	t.Helper()
	in := inside{clau: clau, service: c.forum, browser: c.plain}
	code, verifier := in.code(t)
	token := c.forum.Redeem(code, verifier).Text("refresh_token")
	if a := c.forum.Revoke(token); token == "" || a.Status != 200 {
		t.Fatalf("revoke %q: %d %s", token, a.Status, a.Body)
	}
	return token
}

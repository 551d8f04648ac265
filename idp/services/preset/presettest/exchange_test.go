// SPDX-License-Identifier: AGPL-3.0-or-later

package presettest

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/preset"
)

// TestEveryPresetHasAnExchange, and the two agree.
func TestEveryPresetHasAnExchange(t *testing.T) {
	library, err := preset.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range library.All() {
		e, err := Load(p.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		if (e.Authorize != nil) != (p.OIDC != nil) || (e.AuthnReq != nil) != (p.SAML != nil) || (e.Connect != nil) != (p.Discourse != nil) {
			t.Errorf("%s does not speak %s", p.Name, p.Protocol())
		}
		if closes := e.Logout.Takes != "none"; closes != (p.Logout == preset.LogoutCloses) {
			t.Errorf("%s takes log-outs by %s, and the preset says %s", p.Name, e.Logout.Takes, p.Logout)
		}
		if o := p.OIDC; o != nil {
			agreeOnClient(t, p.Name, e, *o)
		}
	}
	if _, err := Load("nothing"); err == nil {
		t.Error("what nobody knows was known")
	}
}

func agreeOnClient(t *testing.T, name string, e Exchange, o preset.OIDC) {
	t.Helper()
	if strings.Contains(e.Token.Auth, "post") != (o.AuthMethod == "client_secret_post") {
		t.Errorf("%s proves itself by %s, and is registered for %s", name, e.Token.Auth, o.AuthMethod)
	}
	if e.Authorize.PKCE == "none" && !o.PKCEOptional {
		t.Errorf("%s does no PKCE, and is refused without", name)
	}
	if e.Token.Refresh != o.Refresh {
		t.Errorf("%s refreshes: %t, registered: %t", name, e.Token.Refresh, o.Refresh)
	}
	if onlyID := slices.Equal(e.Who.From, []string{"id_token"}); onlyID && !o.ClaimsInIDToken {
		t.Errorf("%s reads the ID token alone, and nothing stands in it", name)
	}
	if o.Bridge == "" && (e.Authorize.Parameters["prompt"] == "consent") != o.PromptStored {
		t.Errorf("%s and prompt=consent", name)
	}
	if e.Authorize.PKCE == "none" && o.Bridge == directory.BridgePhabricator && e.Authorize.Parameters["scope"] != "" {
		t.Errorf("%s asks for scopes", name)
	}
}

// TestRequestsAreMade as the application makes them.
func TestRequestsAreMade(t *testing.T) {
	run := Run{
		ClientID: "app", Secret: "s+e/c", Redirect: "https://app.example/cb", Scopes: "openid profile",
		Authorize: "https://id.example/authorize", Token: "https://id.example/token", Who: "https://id.example/userinfo",
		Nonce: "n", Verifier: strings.Repeat("v", 43), Code: "c", AccessToken: "t&t",
	}
	odoo, err := Load("odoo")
	if err != nil {
		t.Fatal(err)
	}
	to, err := odoo.AuthorizeURL(run)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(to)
	if q := u.Query(); q.Get("state") != odoo.State() || q.Get("code_challenge_method") != "S256" || q.Get("scope") != "openid profile" {
		t.Errorf("odoo asks %s", to)
	}
	request, err := odoo.TokenRequest(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if id, secret, _ := request.BasicAuth(); id != "app" || secret != "s%2Be%2Fc" {
		t.Errorf("odoo proves itself as %s %s", id, secret)
	}
	if err := request.ParseForm(); err != nil || request.Form.Get("client_id") != "app" || request.Form.Get("client_secret") != "" {
		t.Errorf("odoo sends %v", request.Form)
	}
	phabricator, err := Load("phabricator")
	if err != nil {
		t.Fatal(err)
	}
	who, err := phabricator.WhoRequest(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if who.URL.Query().Get("access_token") != "t&t" || who.Header.Get("Authorization") != "" || who.Header.Get("User-Agent") != "" {
		t.Errorf("phabricator asks %v %v", who.URL, who.Header)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"maps"
	"net/http"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

// reads looks for who núria is in the places where the application looks, in
// its order, and holds what is there against what it makes use of.
func (a *presetApp) reads(got tokens) {
	a.t.Helper()
	found := map[string]any{}
	for _, from := range a.does.Who.From {
		ask := a.asksWho
		if from == "id_token" {
			ask = a.proves
		}
		said := ask(got)
		if before, ok := found["sub"]; ok && said["sub"] != before {
			a.t.Errorf("sub is %v in one place, and %v in another", before, said["sub"])
		}
		maps.Copy(found, said)
	}
	for _, name := range a.does.Who.Claims {
		if v, ok := found[name]; !ok || v == nil || v == "" || v == 0.0 {
			a.t.Errorf("%s looks for %s in %v, and finds %v", a.preset.Title, name, a.does.Who.From, found)
		}
	}
	for _, pair := range a.does.Who.Types {
		if name, kind, _ := strings.Cut(pair, ":"); !isOfType(found[name], kind) {
			a.t.Errorf("%s is %#v, and %s insists on %s", name, found[name], a.preset.Title, kind)
		}
	}
	a.isNuria(found)
	for _, name := range []string{"phid", "sub"} {
		if who, ok := found[name].(string); ok {
			a.knows(who)
		}
	}
}

// isNuria: what the application reads is true.
func (a *presetApp) isNuria(found map[string]any) {
	a.t.Helper()
	for name, want := range map[string]any{
		"name": "Núria Ñandú", "realName": "Núria Ñandú", "given_name": "Núria", "family_name": "Ñandú",
		"email": "nuria@exemple.coop", "primaryEmail": "nuria@exemple.coop", "email_verified": true,
		"preferred_username": "nuria", "userName": "nuria", "username": "nuria", "locale": "ca", "language": "ca",
	} {
		if got, ok := found[name]; ok && got != want {
			a.t.Errorf("%s is %v", name, got)
		}
	}
	if groups, ok := found["groups"].([]any); ok && (len(groups) != 1 || groups[0] != "ateneu") {
		a.t.Errorf("groups are %v", groups)
	}
}

// proves verifies the ID token with a library that is not ours, by the
// algorithm that the application knows. Where it also asks userinfo, nothing
// stands in the token that would fill a cookie.
func (a *presetApp) proves(got tokens) map[string]any {
	a.t.Helper()
	provider, err := oidc.NewProvider(a.t.Context(), a.clau.Issuer)
	check(a.t, err)
	verifier := provider.Verifier(&oidc.Config{
		ClientID: got.run.ClientID, SupportedSigningAlgs: []string{a.preset.OIDC.Alg}, Now: a.clau.Clock.Now,
	})
	token, err := verifier.Verify(a.t.Context(), got.IDToken)
	check(a.t, err)
	claims := claimsOf(a.t, got.IDToken)
	_, asked := a.does.Authorize.Parameters["nonce"]
	if asked && !got.renewed && token.Nonce != got.run.Nonce {
		a.t.Errorf("the nonce is %q", token.Nonce)
	}
	if _, ok := claims["aud"].(string); !ok {
		a.t.Errorf("aud is %v", claims["aud"])
	}
	if _, there := claims["email"]; there != a.preset.OIDC.ClaimsInIDToken {
		a.t.Errorf("the ID token holds %v", claims)
	}
	return claims
}

func (a *presetApp) asksWho(got tokens) map[string]any {
	a.t.Helper()
	got.run.AccessToken = got.AccessToken
	request, err := a.does.WhoRequest(a.t.Context(), got.run)
	check(a.t, err)
	said := map[string]any{}
	a.asksJSON(request, http.StatusOK, &said)
	if result, ok := said["result"].(map[string]any); ok { // Conduit's envelope
		return result
	}
	return said
}

func isOfType(v any, kind string) bool {
	switch v := v.(type) {
	case string:
		return kind == "string"
	case bool:
		return kind == "bool"
	case []any:
		return kind == "array"
	case float64:
		return kind == "int" && v == float64(int64(v)) && v < 1<<53
	}
	return false
}

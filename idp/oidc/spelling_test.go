// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/signon"
)

func quirk(change func(*directory.ClientMetadata)) func(*directory.OIDCClient) {
	return func(c *directory.OIDCClient) { change(&c.Metadata) }
}

// Scopes as services really send them: only the one with the quirk is understood.
func TestScopesInOddSpellings(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.register("survey", quirk(func(m *directory.ClientMetadata) { m.CommaScopes = true }))
	w.register("silent", quirk(func(m *directory.ClientMetadata) { m.DefaultScopes = []string{"openid", "email"} }))
	w.login()
	for _, c := range []struct{ client, scope, want string }{
		{"survey", "openid,profile,email", "openid profile email"},
		{"survey", "openid, profile email", "openid profile email"},
		{"survey", "", ""},
		{"shop", "openid,profile", ""},
		{"silent", "", "openid email"},
		{"silent", " ", "openid email"},
		{"silent", "openid profile", "openid profile"},
		{"silent", "unknown", ""},
		{"shop", "", ""},
	} {
		if got := w.signsOn(c.client, "scope", c.scope).text("scope"); got != c.want {
			t.Errorf("%s sent %q and was granted %q", c.client, c.scope, got)
		}
	}
	q := asked("silent", "scope", "")
	q["scope"] = []string{"", "openid"}
	if got := w.answered(w.authorize(q)).Get("error"); got != invalidRequest {
		t.Errorf("two scopes: %q", got)
	}
}

// Groups are written the same way in every place, and people are asked about
// them only where they are told.
func TestGroupsInTheFormatOfTheClient(t *testing.T) {
	for format, want := range map[directory.GroupFormat]string{
		"": `["coop"]`, directory.GroupsCSV: `"coop"`, directory.GroupsSpace: `"coop"`,
		directory.GroupsObjects: `[{"displayName":"coop","gid":"coop"}]`, directory.GroupsNone: `null`,
	} {
		w := newWorld(t)
		w.register("shop", quirk(func(m *directory.ClientMetadata) { m.GroupFormat, m.ClaimsInIDToken = format, true }))
		w.login()
		tokens := w.signsOn("shop", "scope", "openid groups")
		places := map[string]got{
			"id_token": w.claims(tokens.text("id_token")), "userinfo": w.json(w.userinfo(tokens.text("access_token"))),
			"introspection": w.json(w.post("/introspect", url.Values{"token": {tokens.text("access_token")}}, as("shop", secret))),
		}
		for place, claims := range places {
			if got, _ := json.Marshal(claims["groups"]); string(got) != want {
				t.Errorf("%q in %s: %s", format, place, got)
			}
		}
		if asked := slices.Contains(w.doorman.last.Need, release.Groups); asked == (format == directory.GroupsNone) {
			t.Errorf("%q: people are asked: %v", format, asked)
		}
	}
}

// A list that is asked for is there, also when nothing is in it.
func TestListsWithNothingInThem(t *testing.T) {
	w := newWorld(t)
	w.register("shop", quirk(func(m *directory.ClientMetadata) { m.ClaimsInIDToken = true }))
	w.people.change(func(d *people) { d.standing = directory.Standing{} })
	w.login()
	tokens := w.signsOn("shop", "scope", "openid groups roles collectives")
	for place, claims := range map[string]got{"id_token": w.claims(tokens.text("id_token")), "userinfo": w.json(w.userinfo(tokens.text("access_token")))} {
		for _, name := range []string{"groups", "roles", "collectives"} {
			if list, ok := claims[name].([]any); !ok || len(list) != 0 {
				t.Errorf("%s in %s is %v", name, place, claims[name])
			}
		}
	}
}

// What a program of our own reads: where somebody belongs, what they may do
// here, and their language in the spelling of Nextcloud.
func TestRolesCollectivesAndLanguage(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.people.change(func(d *people) {
		d.person.Language = "pt-BR"
		d.standing.Access = []directory.Access{{Collective: "coop", Service: "service-shop", Role: "editor"}, {Collective: "coop", Service: "service-x", Role: "boss"}}
	})
	w.login()
	info := w.json(w.userinfo(w.signsOn("shop", "scope", "openid roles collectives nextcloud").text("access_token")))
	raw, _ := json.Marshal(map[string]any{"roles": info["roles"], "collectives": info["collectives"], "language": info["language"], "locale": info["locale"]})
	if string(raw) != `{"collectives":[{"name":"coop","role":"editor"}],"language":"pt_BR","locale":null,"roles":["editor"]}` {
		t.Errorf("%s", raw)
	}
}

// Jitsi asks for consent each time; only where it is said so is that a wish and
// no order.
func TestConsentAskedForEachTime(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.register("jitsi", quirk(func(m *directory.ClientMetadata) { m.PromptStored = true }))
	w.doorman.refuse = signon.AccessDenied
	for client, again := range map[string]bool{"shop": true, "jitsi": false} {
		if w.authorize(asked(client, "prompt", "consent")); w.doorman.last.Again != again {
			t.Errorf("%s: asked again: %v", client, w.doorman.last.Again)
		}
	}
	if w.authorize(asked("jitsi", "prompt", "login consent")); !w.doorman.last.Fresh {
		t.Error("the log-in that was asked for is left out")
	}
}

// Moodle knows a session at log-out by the session_state of the log-in.
func TestSessionState(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.register("moodle", quirk(func(m *directory.ClientMetadata) { m.SessionState = true }))
	w.login()
	params := w.answered(w.authorize(asked("moodle")))
	sid := w.claims(w.redeems("moodle", params.Get("code")).text("id_token")).text("sid")
	if params.Get("session_state") != sid || sid == "" {
		t.Errorf("session_state %q, sid %q", params.Get("session_state"), sid)
	}
	if w.answered(w.authorize(asked("shop"))).Has("session_state") {
		t.Error("it is told to who did not ask")
	}
	if w.answered(w.authorize(asked("moodle", "prompt", "none login"))).Has("session_state") {
		t.Error("it is told with an error")
	}
}

// A resource server decides by groups; a mail server knows mailboxes, and reads
// no lists (what it was told of the token: TestIntrospection).
func TestIntrospectionForProgramsThatDecide(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	token := w.signsOn("shop", "scope", "openid profile email groups roles").text("access_token")
	about := w.json(w.post("/introspect", url.Values{"token": {token}}, as("shop", secret)))
	raw, _ := json.Marshal([]any{about["username"], about["groups"], about["roles"], about["aud"]})
	if string(raw) != `["mireia",["coop"],[],"shop"]` {
		t.Errorf("%s", raw)
	}
}

// A client of a bridge is nobody at these doors, whatever it shows, and what it
// got before it became one is over.
func TestAClientOfABridgeGetsNothing(t *testing.T) {
	w := newWorld(t)
	before := w.register("phab")
	w.login()
	tokens := w.signsOn("phab")
	code := w.code(asked("phab"))
	before.OIDC.Metadata.Bridge = directory.BridgePhabricator
	w.people.change(func(d *people) { d.services[before.ID] = before })

	if rec := w.authorize(asked("phab")); rec.Code != http.StatusBadRequest || rec.Header().Get("Location") != "" {
		t.Errorf("authorize: %d to %q", rec.Code, rec.Header().Get("Location"))
	}
	token := url.Values{"token": {tokens.text("access_token")}}
	for name, rec := range map[string]*httptest.ResponseRecorder{
		"code": w.post("/token", redemption("phab", code), as("phab", secret)), "refresh": w.refreshes("phab", tokens.text("refresh_token")),
		"itself": w.post("/token", credentials4(), as("phab", secret)), "introspection": w.post("/introspect", token, as("phab", secret)),
		"revocation": w.post("/revoke", token, as("phab", secret)),
	} {
		t.Run(name, func(t *testing.T) { w.t = t; w.wants(rec, 401, invalidClient) })
	}
	w.t = t
	w.wants(w.userinfo(tokens.text("access_token")), 401, invalidToken)
}

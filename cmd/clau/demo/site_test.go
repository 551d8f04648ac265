// SPDX-License-Identifier: AGPL-3.0-or-later

package demo

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func (w *world) enters() {
	w.t.Helper()
	w.setOut()
	if answer := w.comeBack(nil); answer.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("not let in: %s %s", answer.Status, body(w.t, answer))
	}
	if !w.inside() {
		w.t.Fatal("let in, and still outside")
	}
}

func (w *world) inside() bool {
	w.t.Helper()
	return strings.Contains(body(w.t, w.get("/")), `id="greeting"`)
}

func body(t *testing.T, answer *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What a service should ask with, and what it must show.
func TestLoginAsksAsItShould(t *testing.T) {
	w := newWorld(t)
	w.setOut()
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(w.asked.Get(name)) < 43 {
			t.Errorf("%s is %q", name, w.asked.Get(name))
		}
	}
	if w.asked.Get("code_challenge_method") != "S256" || w.asked.Get("response_type") != "code" {
		t.Errorf("asked with %v", w.asked)
	}
	w.comeBack(nil)
	if len(w.posted.Get("code_verifier")) < 43 {
		t.Error("the code was redeemed without its verifier")
	}
	page := body(t, w.get("/"))
	if !strings.Contains(page, "Núria &lt;b&gt;Serra&lt;/b&gt;") {
		t.Error("a claim is not shown as text")
	}
	for _, secret := range []string{">access<", ">refresh<"} {
		if strings.Contains(page, secret) {
			t.Errorf("the page shows %s", secret)
		}
	}
}

// Whatever is wrong with an answer, nobody gets in by it.
func TestAnswersThatAreRefused(t *testing.T) {
	cases := []struct {
		name    string
		before  func(w *world)
		changes url.Values
	}{
		{"another state", nil, url.Values{"state": {"another"}}},
		{"no state", nil, url.Values{"state": {""}}},
		{"another issuer in the answer", nil, url.Values{"iss": {"https://evil.example"}}},
		{"no issuer in the answer", nil, url.Values{"iss": {""}}},
		{"an error", nil, url.Values{"error": {"access_denied"}, "error_description": {"<script>"}}},
		{"another nonce", func(w *world) { w.idToken = map[string]any{"nonce": "another"} }, nil},
		{"no nonce", func(w *world) { w.idToken = map[string]any{"nonce": nil} }, nil},
		{"an id_token for somebody else", func(w *world) { w.idToken = map[string]any{"aud": "nuvol"} }, nil},
		{"an id_token of another issuer", func(w *world) { w.idToken = map[string]any{"iss": "https://evil.example"} }, nil},
		{"an id_token that ended", func(w *world) { w.idToken = map[string]any{"exp": time.Now().Add(-time.Hour).Unix()} }, nil},
		{"an access token that is not the id_token's", func(w *world) { w.idToken = map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"} }, nil},
		{"userinfo of somebody else", func(w *world) { w.info = map[string]any{"sub": "sub-2"} }, nil},
		{"no token at all", func(w *world) { w.refused = true }, nil},
		{"another browser", func(w *world) { w.browser = newBrowser(w.t) }, nil},
		{"an answer that was used", func(w *world) { w.comeBack(nil); w.post("/logout", nil) }, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.setOut()
			if c.before != nil {
				c.before(w)
			}
			answer := w.comeBack(c.changes)
			if text := body(t, answer); answer.StatusCode < 400 || strings.Contains(text, "<script>") {
				t.Errorf("%s %s", answer.Status, text)
			}
			if w.inside() {
				t.Error("somebody got in")
			}
		})
	}
}

// When Clau cannot be reached the service says so, and asks again the next time.
func TestClauIsAway(t *testing.T) {
	w := newWorld(t)
	w.silent = true
	if answer := w.get("/login"); answer.StatusCode != http.StatusBadGateway {
		t.Errorf("got %s", answer.Status)
	}
	w.silent = false
	w.enters()
}

func TestRefreshEndsTheVisitWhenClauSaysNo(t *testing.T) {
	w := newWorld(t)
	w.enters()
	w.post("/refresh", nil)
	if w.posted.Get("grant_type") != "refresh_token" || !strings.Contains(body(t, w.get("/")), "1 time") {
		t.Errorf("not refreshed: %v", w.posted)
	}
	w.refused = true
	if answer := w.post("/refresh", nil); answer.StatusCode != http.StatusForbidden {
		t.Errorf("got %s", answer.Status)
	}
	if w.inside() {
		t.Error("still inside")
	}
}

func TestLogoutGoesOnToClau(t *testing.T) {
	w := newWorld(t)
	w.enters()
	where, err := w.post("/logout", nil).Location()
	if err != nil {
		t.Fatal(err)
	}
	q := where.Query()
	if where.Path != "/logout" || q.Get("id_token_hint") == "" || q.Get("post_logout_redirect_uri") != w.site.URL+"/" {
		t.Errorf("went on to %s", where)
	}
	if w.inside() {
		t.Error("still inside")
	}
}

// A logout token ends the visit that it names, and nothing that looks like one
// does (OpenID Connect Back-Channel Logout section 2.6).
func TestBackchannelLogout(t *testing.T) {
	event := map[string]any{logoutEvent: map[string]any{}}
	right := func(more map[string]any) map[string]any {
		claims := map[string]any{"jti": "1", "sub": "sub-1", "sid": "sid-1", "events": event}
		for name, value := range more {
			claims[name] = value
		}
		return claims
	}
	cases := []struct {
		name   string
		typ    string
		claims map[string]any
		ends   bool
	}{
		{"of this session", "logout+jwt", right(nil), true},
		{"of all sessions of the subject", "logout+jwt", right(map[string]any{"sid": nil}), true},
		{"of another session", "logout+jwt", right(map[string]any{"sid": "sid-2"}), false},
		{"of another subject", "logout+jwt", right(map[string]any{"sid": nil, "sub": "sub-2"}), false},
		{"an id_token", "JWT", right(map[string]any{"events": nil, "nonce": "n"}), false},
		{"with a nonce", "logout+jwt", right(map[string]any{"nonce": "n"}), false},
		{"of another event", "logout+jwt", right(map[string]any{"events": map[string]any{"other": map[string]any{}}}), false},
		{"that names nobody", "logout+jwt", right(map[string]any{"sub": nil, "sid": nil}), false},
		{"for another service", "logout+jwt", right(map[string]any{"aud": "nuvol"}), false},
		{"of another issuer", "logout+jwt", right(map[string]any{"iss": "https://evil.example"}), false},
		{"that ended", "logout+jwt", right(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}), false},
		{"without a number", "logout+jwt", right(map[string]any{"jti": nil}), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.enters()
			w.post("/backchannel-logout", url.Values{"logout_token": {w.sign(c.typ, c.claims)}})
			if w.inside() == c.ends {
				t.Errorf("the visit ended: %v, wanted %v", !c.ends, c.ends)
			}
		})
	}
}

func TestLogoutTokensAreGoodOnce(t *testing.T) {
	w := newWorld(t)
	w.enters()
	token := w.sign("logout+jwt", map[string]any{"jti": "1", "sid": "sid-1", "events": map[string]any{logoutEvent: map[string]any{}}})
	if answer := w.post("/backchannel-logout", url.Values{"logout_token": {token}}); answer.StatusCode != http.StatusOK {
		t.Fatalf("the first time: %s", answer.Status)
	}
	w.enters()
	if answer := w.post("/backchannel-logout", url.Values{"logout_token": {token}}); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("the second time: %s", answer.Status)
	}
	if !w.inside() {
		t.Error("an old token ended a new visit")
	}
}

// A token with anything changed in it is refused, whatever was changed.
func TestBentLogoutTokens(t *testing.T) {
	w := newWorld(t)
	w.enters()
	token := w.sign("logout+jwt", map[string]any{"jti": "1", "sid": "sid-1", "events": map[string]any{logoutEvent: map[string]any{}}})
	for i := 0; i < len(token)-1; i += 7 { // the last letter has bits that mean nothing
		bent := token[:i] + string(rune(token[i]^1)) + token[i+1:]
		for _, bad := range []string{bent, token[:i]} {
			if answer := w.post("/backchannel-logout", url.Values{"logout_token": {bad}}); answer.StatusCode != http.StatusBadRequest {
				t.Fatalf("bent at %d: %s", i, answer.Status)
			}
		}
	}
	if !w.inside() {
		t.Error("a bent token ended the visit")
	}
}

func TestVisitsAreBounded(t *testing.T) {
	now := time.Now()
	v := newVisits(func() time.Time { return now })
	for i := range visitMax + 50 {
		now = now.Add(time.Millisecond)
		v.put(strings.Repeat("k", i+1), visit{begun: now})
	}
	if len(v.byKey) > visitMax {
		t.Errorf("%d visits are kept", len(v.byKey))
	}
	if _, ok := v.get("k"); ok {
		t.Error("the oldest was not the one to go")
	}
	v.put("x", visit{begun: now})
	now = now.Add(visitLife + time.Second)
	if _, ok := v.get("x"); ok {
		t.Error("a visit never ends")
	}
}

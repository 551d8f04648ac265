// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/session"
)

const shopBye = "https://shop.example/bye"

// leaving is a world in which the person is signed on to the shop.
func leaving(t *testing.T) (w *world, s session.Session, hint string) {
	w = newWorld(t)
	w.register("shop")
	w.register("other")
	s = w.login()
	return w, s, w.signsOn("shop").text("id_token")
}

func (w *world) alive(s session.Session) bool {
	w.t.Helper()
	_, err := w.manager.Load(w.t.Context(), s.Key)
	if err != nil && !errors.Is(err, session.ErrNone) {
		w.t.Fatal(err)
	}
	return err == nil
}

func goodbye(pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "/logout?" + q.Encode()
}

// A hint that fits the session is proof enough: no question, and back to the service.
func TestLogoutWithAHint(t *testing.T) {
	w, s, hint := leaving(t)
	rec := w.browse(goodbye("id_token_hint", hint, "post_logout_redirect_uri", shopBye, "state", `a/b=c&"{`))
	if got := w.answered(rec); got.Get("state") != `a/b=c&"{` || !strings.HasPrefix(rec.Header().Get("Location"), shopBye+"?state=") {
		t.Errorf("gone to %q", rec.Header().Get("Location"))
	}
	if w.alive(s) {
		t.Error("the session lives")
	}
	if !strings.HasPrefix(rec.Header().Get("Set-Cookie"), "clau_session=;") {
		t.Error("the browser keeps the cookie")
	}
	if got := w.answered(w.authorize(asked("shop", "prompt", "none"))).Get("error"); got != loginRequired {
		t.Errorf("afterwards: %q", got)
	}
}

// A hint issued to another device of the same person ends this browser's
// session, and not that device's.
func TestLogoutWithAHintOfAnotherDevice(t *testing.T) {
	w, first, hint := leaving(t)
	second := w.login()
	w.browse(goodbye("id_token_hint", hint, "post_logout_redirect_uri", shopBye))
	if w.alive(second) || !w.alive(first) {
		t.Errorf("this device %v, the other %v", w.alive(second), w.alive(first))
	}
}

// Without a browser, the hint's own session is ended; also with an old hint.
func TestLogoutWithoutABrowser(t *testing.T) {
	for _, wait := range []time.Duration{0, 6 * time.Hour} {
		w, s, hint := leaving(t)
		w.clock.Advance(wait)
		w.cookie = ""
		rec := w.browse(goodbye("id_token_hint", hint, "post_logout_redirect_uri", shopBye))
		if rec.Header().Get("Location") != shopBye || w.alive(s) {
			t.Errorf("gone to %q, session lives: %v", rec.Header().Get("Location"), w.alive(s))
		}
	}
}

// Whatever is doubtful is asked, and nothing is gone to.
func TestDoubtfulLogoutsAreAsked(t *testing.T) {
	for name, make := range map[string]func(hint string) []string{
		"nothing":        func(string) []string { return nil },
		"state only":     func(string) []string { return []string{"state", "x"} },
		"no hint":        func(string) []string { return []string{"post_logout_redirect_uri", shopBye, "state", "x"} },
		"client_id only": func(string) []string { return []string{"client_id", "shop", "post_logout_redirect_uri", shopBye} },
		"hint of alg none": func(h string) []string {
			return []string{"id_token_hint", unsigned(h), "post_logout_redirect_uri", shopBye}
		},
		"altered hint":        func(h string) []string { return []string{"id_token_hint", h[:len(h)-4] + "AAAA"} },
		"garbage hint":        func(string) []string { return []string{"id_token_hint", "x"} },
		"another client's id": func(h string) []string { return []string{"id_token_hint", h, "client_id", "other"} },
		"unknown client":      func(string) []string { return []string{"client_id", "nobody"} },
		"unregistered address": func(h string) []string {
			return []string{"id_token_hint", h, "post_logout_redirect_uri", shopBye + "x"}
		},
		"query added": func(h string) []string {
			return []string{"id_token_hint", h, "post_logout_redirect_uri", shopBye + "?a=b"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, s, hint := leaving(t)
			rec := w.browse(goodbye(make(hint)...))
			if rec.Code != 200 || rec.Header().Get("Location") != "" || !w.alive(s) {
				t.Fatalf("%d to %q, session lives: %v", rec.Code, rec.Header().Get("Location"), w.alive(s))
			}
			page := rec.Body.String()
			if !strings.Contains(page, `id="logout-confirm"`) {
				t.Fatal("nothing is asked")
			}
			rec = w.confirm(inputs(page))
			if w.alive(s) {
				t.Error("confirmed, and the session lives")
			}
			if want := map[bool]string{true: shopBye}[name == "client_id only"]; rec.Header().Get("Location") != want {
				t.Errorf("gone to %q", rec.Header().Get("Location"))
			}
			if rec.Code == 200 && !strings.Contains(rec.Body.String(), "The shop") {
				t.Error("the page does not say what the shop answered")
			}
		})
	}
}

func (w *world) confirm(form url.Values) *httptest.ResponseRecorder {
	return w.post("/logout", form, func(r *http.Request) { r.Header.Set("Cookie", w.cookie) })
}

// A hint ends the session that its service knows by that sid, and no other.
func TestLogoutByASIDOfAnotherService(t *testing.T) {
	for name, change := range map[string]func(shop, other got){
		"another service's sid": func(shop, other got) { shop["sid"] = other["sid"] },
		"another person's":      func(shop, _ got) { shop["sub"] = "somebody" },
		"unknown":               func(shop, _ got) { shop["sid"] = "x" },
		"none":                  func(shop, _ got) { delete(shop, "sid") },
	} {
		w, s, hint := leaving(t)
		shop := w.peek(hint)
		change(shop, w.peek(w.signsOn("other").text("id_token")))
		forged, err := w.ring.Sign("RS256", "JWT", shop)
		w.must(err)
		w.cookie = ""
		if w.browse(goodbye("id_token_hint", forged)); !w.alive(s) {
			t.Errorf("%s sid ended the session", name)
		}
	}
}

// Another person's hint proves nothing about who sits here.
func TestLogoutWithAnotherPersonsHint(t *testing.T) {
	w, s, hint := leaving(t)
	w.people.change(func(d *people) { d.person.Seed = []byte("somebody else") })
	rec := w.browse(goodbye("id_token_hint", hint))
	if !w.alive(s) || !strings.Contains(rec.Body.String(), `id="logout-confirm"`) {
		t.Error("ended without a question")
	}
}

// Nobody else's page can answer the question.
func TestConfirmationsAreForOneSession(t *testing.T) {
	w, first, _ := leaving(t)
	theirs := inputs(w.browse("/logout").Body.String())
	second := w.login()
	for name, form := range map[string]url.Values{
		"another session's": theirs, "made up": {"confirmation": {"AAAA"}}, "none": {"confirmation": {""}},
		"a token": {"confirmation": {w.signsOn("shop").text("refresh_token")}},
	} {
		if rec := w.confirm(form); rec.Header().Get("Location") != "" || !w.alive(second) || !w.alive(first) {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
	mine := inputs(w.browse("/logout").Body.String())
	w.clock.Advance(31 * time.Minute)
	if w.confirm(mine); !w.alive(second) {
		t.Error("an old confirmation was taken")
	}
}

// A form on the service's page comes without our cookie: the browser is asked
// once more, in a way that brings it.
func TestLogoutByPost(t *testing.T) {
	w, s, hint := leaving(t)
	form := url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {shopBye}, "state": {"x"}, "extra": {"y"}}
	rec := w.post("/logout", form, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	if !w.alive(s) || !strings.HasPrefix(rec.Header().Get("Location"), "/logout?") || strings.Contains(rec.Header().Get("Location"), "extra") {
		t.Fatalf("gone to %q", rec.Header().Get("Location"))
	}
	if rec = w.browse(rec.Header().Get("Location")); rec.Header().Get("Location") != shopBye+"?state=x" || w.alive(s) {
		t.Errorf("gone to %q", rec.Header().Get("Location"))
	}
	w, s, hint = leaving(t)
	form.Set("id_token_hint", hint)
	if rec := w.confirm(form); rec.Header().Get("Location") != shopBye+"?state=x" || w.alive(s) {
		t.Errorf("with the cookie: %q", rec.Header().Get("Location"))
	}
}

func TestLogoutOfNobody(t *testing.T) {
	w, _, _ := leaving(t)
	w.cookie = ""
	for _, target := range []string{"/logout", goodbye("client_id", "shop", "post_logout_redirect_uri", shopBye)} {
		if rec := w.browse(target); rec.Code != 200 || rec.Header().Get("Location") != "" {
			t.Errorf("%s: %d to %q", target, rec.Code, rec.Header().Get("Location"))
		}
	}
}

// ear is a service that hears back-channel log-outs.
type ear struct {
	*httptest.Server
	status int
	heard  []url.Values
	kinds  []string
}

func newEar(t *testing.T) *ear {
	e := &ear{status: 200}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(raw))
		e.heard, e.kinds = append(e.heard, form), append(e.kinds, r.Method+" "+r.Header.Get("Content-Type"))
		if e.status == 302 {
			w.Header().Set("Location", e.URL+"/elsewhere")
		}
		w.WriteHeader(e.status)
	}))
	t.Cleanup(e.Close)
	return e
}

// OpenID Connect Back-Channel Logout section 2.4, token and delivery.
func TestBackChannelLogout(t *testing.T) {
	ear := newEar(t)
	w := newWorld(t)
	w.register("shop", func(c *directory.OIDCClient) { c.Metadata.BackchannelLogoutURI = ear.URL + "/bcl" })
	s := w.login()
	id := w.peek(w.signsOn("shop").text("id_token"))
	outcomes, err := w.room.End(t.Context(), s.Key)
	if err != nil || len(outcomes) != 1 || outcomes[0].Status != logout.Done || len(ear.heard) != 1 {
		t.Fatalf("%v %v %v", outcomes, err, ear.heard)
	}
	if ear.kinds[0] != "POST application/x-www-form-urlencoded" || len(ear.heard[0]) != 1 {
		t.Errorf("%v %v", ear.kinds, ear.heard)
	}
	token := ear.heard[0].Get("logout_token")
	if _, _, err := w.ring.Verify(token, keys.Expect{Typ: []string{"logout+jwt"}, Issuer: "https://id.example", Audience: "shop"}); err != nil {
		t.Fatal(err)
	}
	said := w.peek(token)
	if said["sub"] != id["sub"] || said["sid"] != id["sid"] || said["nonce"] != nil || said["jti"] == nil || said["aud"] != "shop" ||
		said["exp"].(float64)-said["iat"].(float64) != 120 || w.part(token, 0)["alg"] != "RS256" {
		t.Errorf("%v", said)
	}
	events, _ := said["events"].(map[string]any)
	if event, ok := events[logoutEvent].(map[string]any); !ok || len(event) != 0 {
		t.Errorf("events %v", said["events"])
	}
}

func TestWhatAServiceAnswersToALogout(t *testing.T) {
	ear := newEar(t)
	w := newWorld(t)
	w.register("shop", func(c *directory.OIDCClient) { c.Metadata.BackchannelLogoutURI = ear.URL })
	w.register("deaf")
	to := logout.Participant{Protocol: "oidc", Service: "service-shop", Subject: "s", SID: "sid"}
	for status, good := range map[int]bool{200: true, 204: true, 302: false, 400: false, 500: false} {
		ear.status = status
		if err := w.p.Deliver(t.Context(), to); (err == nil) != good || errors.Is(err, logout.ErrUnsupported) {
			t.Errorf("%d: %v", status, err)
		}
	}
	if n := len(ear.heard); n != 5 {
		t.Errorf("%d requests: a redirect was followed", n)
	}
	for _, service := range []directory.ServiceID{"service-deaf", "nobody"} {
		to.Service = service
		if err := w.p.Deliver(t.Context(), to); !errors.Is(err, logout.ErrUnsupported) {
			t.Errorf("%s: %v", service, err)
		}
	}
	w.people.change(func(d *people) { d.down = directory.ErrUnavailable })
	if err := w.p.Deliver(t.Context(), to); err == nil || errors.Is(err, logout.ErrUnsupported) {
		t.Errorf("with the directory down: %v", err)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

func TestRefreshKeepsWhoAndHow(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	first := w.signsOn("shop", "scope", "openid profile email groups", "max_age", "3600")
	w.clock.Advance(time.Hour)
	rec := w.refreshes("shop", first.text("refresh_token"))
	second := w.json(rec)
	if rec.Code != http.StatusOK || second.text("refresh_token") == first.text("refresh_token") || second["expires_in"] != 600.0 {
		t.Fatalf("%d %v", rec.Code, second)
	}
	before, after := w.peek(first.text("id_token")), w.claims(second.text("id_token"))
	for _, name := range []string{"iss", "sub", "aud", "sid", "acr", "auth_time"} {
		if before[name] == nil || before[name] != after[name] {
			t.Errorf("%s was %v and is %v", name, before[name], after[name])
		}
	}
	if after["amr"] == nil || after["nonce"] != nil || after["iat"] == before["iat"] {
		t.Errorf("id_token %v", after)
	}
	if w.userinfo(second.text("access_token")).Code != http.StatusOK {
		t.Error("the new access token is not good")
	}
}

// The scope may narrow, for this access token and not for the next refresh.
func TestRefreshNarrows(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	first := w.signsOn("shop")
	w.wants(w.refreshes("shop", first.text("refresh_token"), "scope", "openid groups"), 400, invalidScope)
	second := w.json(w.refreshes("shop", first.text("refresh_token"), "scope", "openid email"))
	info := w.json(w.userinfo(second.text("access_token")))
	if second.text("scope") != "openid email" || info["name"] != nil || info["email"] == nil {
		t.Errorf("%v %v", second, info)
	}
	third := w.json(w.refreshes("shop", second.text("refresh_token")))
	if third.text("scope") != "openid profile email" {
		t.Errorf("the grant itself was narrowed: %v", third)
	}
}

// The answer got lost: within the grace the same successor is given again.
func TestALostAnswerIsGivenAgain(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	first := w.signsOn("shop").text("refresh_token")
	second := w.json(w.refreshes("shop", first)).text("refresh_token")
	w.clock.Advance(30 * time.Second)
	if again := w.json(w.refreshes("shop", first)).text("refresh_token"); again != second {
		t.Fatalf("another successor: %q", again)
	}
	if w.refreshes("shop", second).Code != http.StatusOK {
		t.Error("the successor does not work")
	}
	// Now the successor was used: whoever shows the first one stole it.
	w.wants(w.refreshes("shop", first), 400, invalidGrant)
}

func TestAnOldRefreshTokenEndsAll(t *testing.T) {
	for name, misuse := range map[string]func(w *world, first, second string){
		"after the grace": func(w *world, _, _ string) { w.clock.Advance(31 * time.Second) },
		"after the successor was used": func(w *world, _, second string) {
			w.refreshes("shop", second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.register("shop")
			w.login()
			first := w.signsOn("shop")
			second := w.json(w.refreshes("shop", first.text("refresh_token")))
			misuse(w, first.text("refresh_token"), second.text("refresh_token"))
			w.wants(w.refreshes("shop", first.text("refresh_token")), 400, invalidGrant)
			if e := w.audit.last(); e.Reason != "refresh-used-twice" {
				t.Errorf("recorded %+v", e)
			}
			w.wants(w.refreshes("shop", second.text("refresh_token")), 400, invalidGrant)
			w.wants(w.userinfo(second.text("access_token")), 401, invalidToken)
			w.wants(w.userinfo(first.text("access_token")), 401, invalidToken)
		})
	}
}

// Two hundred at once get one and the same successor, and it works.
func TestTwoHundredRefreshesAtOnce(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	first := w.signsOn("shop").text("refresh_token")
	var mu sync.Mutex
	seen := map[string]int{}
	w.all(200, func() {
		next := w.json(w.refreshes("shop", first)).text("refresh_token")
		mu.Lock()
		defer mu.Unlock()
		seen[next]++
	})
	if len(seen) != 1 || seen[""] != 0 {
		t.Fatalf("successors: %d different, %d refused", len(seen), seen[""])
	}
	for next := range seen {
		if w.refreshes("shop", next).Code != http.StatusOK {
			t.Error("the successor does not work")
		}
	}
}

// Without a grace exactly one of them wins, and the rest end it.
func TestTwoHundredRefreshesWithoutGrace(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.RefreshGrace = -1 })
	w.register("shop")
	w.login()
	first := w.signsOn("shop").text("refresh_token")
	var mu sync.Mutex
	var won []string
	w.all(200, func() {
		if rec := w.refreshes("shop", first); rec.Code == http.StatusOK {
			mu.Lock()
			defer mu.Unlock()
			won = append(won, w.json(rec).text("refresh_token"))
		}
	})
	if len(won) != 1 {
		t.Fatalf("%d won", len(won))
	}
	w.wants(w.refreshes("shop", won[0]), 400, invalidGrant)
}

// Every way in which a grant ends, and every door behind which that must be
// known at once (RFC 9700 section 4.14; other providers forgot one each).
func TestEveryEndIsKnownAtEveryDoor(t *testing.T) {
	for name, end := range map[string]func(w *world, session string, tokens got){
		"suspended": func(w *world, _ string, _ got) {
			w.people.change(func(d *people) { d.person.State = directory.Suspended })
		},
		"expired": func(w *world, _ string, _ got) {
			w.people.change(func(d *people) { d.person.Expires = w.clock.Now() })
		},
		"epoch raised": func(w *world, _ string, _ got) { w.people.change(func(d *people) { d.person.Epoch++ }) },
		"new identity": func(w *world, _ string, _ got) {
			w.people.change(func(d *people) { d.person.Seed = []byte("other") })
		},
		"access lost": func(w *world, _ string, _ got) {
			w.people.change(func(d *people) {
				s := d.services["service-shop"]
				s.Access = directory.AccessGroup
				d.services[s.ID] = s
			})
		},
		"service stopped": func(w *world, _ string, _ got) {
			w.people.change(func(d *people) {
				s := d.services["service-shop"]
				s.State = directory.Suspended
				d.services[s.ID] = s
			})
		},
		"another client of the service": func(w *world, _ string, _ got) {
			w.people.change(func(d *people) {
				s := d.services["service-shop"]
				twin := *s.OIDC
				twin.ID = "shop-2"
				s.OIDC = &twin
				d.services[s.ID] = s
			})
		},
		"log-out": func(w *world, session string, _ got) {
			_, err := w.room.End(w.t.Context(), session)
			w.must(err)
		},
		"access token revoked": func(w *world, _ string, tokens got) {
			w.post("/revoke", map[string][]string{"token": {tokens.text("access_token")}}, as("shop", secret))
		},
		"refresh token revoked": func(w *world, _ string, tokens got) {
			w.post("/revoke", map[string][]string{"token": {tokens.text("refresh_token")}, "token_type_hint": {"access_token"}}, as("shop", secret))
		},
	} {
		for _, format := range []string{"opaque", "jwt"} {
			t.Run(name+" "+format, func(t *testing.T) {
				w := newWorld(t)
				w.register("shop", func(c *directory.OIDCClient) { c.Metadata.AccessTokenFormat = format })
				s := w.login()
				tokens := w.signsOn("shop")
				end(w, s.Key, tokens)
				w.wants(w.userinfo(tokens.text("access_token")), 401, invalidToken)
				for _, token := range []string{tokens.text("access_token"), tokens.text("refresh_token")} {
					rec := w.post("/introspect", map[string][]string{"token": {token}}, as("shop", secret))
					if rec.Code != 401 && (rec.Code != http.StatusOK || strings.TrimSpace(rec.Body.String()) != `{"active":false}`) {
						t.Errorf("introspection: %d %s", rec.Code, rec.Body)
					}
				}
				if rec := w.refreshes("shop", tokens.text("refresh_token")); rec.Code != 400 && rec.Code != 401 {
					t.Errorf("refreshed: %d", rec.Code)
				}
			})
		}
	}
}

// offline_access survives the session; what is bound to it does not.
func TestOfflineAccess(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.register("noref", func(c *directory.OIDCClient) { c.Metadata.GrantTypes = []string{"authorization_code"} })
	s := w.login()
	tokens := w.signsOn("shop", "scope", "openid offline_access")
	without := w.signsOn("noref", "scope", "openid offline_access")
	if without["refresh_token"] != nil || without.text("scope") != "openid" {
		t.Errorf("a client without the grant got %v", without)
	}
	_, err := w.room.End(t.Context(), s.Key)
	w.must(err)
	w.clock.Advance(30 * 24 * time.Hour)
	rec := w.refreshes("shop", tokens.text("refresh_token"))
	if rec.Code != http.StatusOK {
		t.Fatalf("answered %d %s", rec.Code, rec.Body)
	}
	next := w.json(rec).text("refresh_token")
	w.clock.Advance(60 * 24 * time.Hour)
	w.wants(w.refreshes("shop", next), 400, invalidGrant)
}

func TestSessionBoundTokensEnd(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	tokens := w.signsOn("shop")
	w.clock.Advance(10 * time.Minute)
	w.wants(w.userinfo(tokens.text("access_token")), 401, invalidToken)
	w.clock.Advance(7 * 24 * time.Hour)
	w.wants(w.refreshes("shop", tokens.text("refresh_token")), 400, invalidGrant)
}

// No access token promises more than its grant has left.
func TestExpiresInIsTrue(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.login()
	token := w.signsOn("shop").text("refresh_token")
	w.clock.Advance(7*24*time.Hour - time.Minute)
	if last := w.json(w.refreshes("shop", token)); last["expires_in"] != 60.0 {
		t.Errorf("expires in %v", last["expires_in"])
	}
}

func TestARefreshTokenIsOneClients(t *testing.T) {
	w := newWorld(t)
	w.register("shop")
	w.register("other")
	w.login()
	token := w.signsOn("shop").text("refresh_token")
	w.wants(w.refreshes("other", token), 400, invalidGrant)
	if w.refreshes("shop", token).Code != http.StatusOK {
		t.Error("another client's attempt spent it")
	}
	w.people.change(func(d *people) { d.services["service-shop"].OIDC.Metadata.GrantTypes = []string{"authorization_code"} })
	w.wants(w.refreshes("shop", token), 400, unauthorizedClient)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// visit is a service of a bridge, with what is needed to go through it.
type visit struct {
	s                directory.Service
	auth, token, who string
	show             func(w *town, address, token string) (int, map[string]any)
}

func visits(w *town) map[string]visit {
	return map[string]visit{
		"phabricator": {
			w.register(directory.BridgePhabricator, "phorge", phorgeBack), phorgeAuth, phorgeToken, phorgeWho,
			func(w *town, address, token string) (int, map[string]any) {
				return w.get(address + "?access_token=" + url.QueryEscape(token))
			},
		},
		"gitlab": {
			w.register(directory.BridgeGitLab, "chat", chatBack), chatAuth, chatToken, chatWho,
			func(w *town, address, token string) (int, map[string]any) {
				return w.get(address, "Authorization", "Bearer "+token)
			},
		},
	}
}

func each(t *testing.T, do func(t *testing.T, w *town, v visit)) {
	for _, kind := range []string{"phabricator", "gitlab"} {
		t.Run(kind, func(t *testing.T) {
			w := start(t)
			do(t, w, visits(w)[kind])
		})
	}
}

// TestACodeIsGoodOnce: of many at once one gets on, and since nobody can tell
// which of them was the thief, its token is good no more either.
func TestACodeIsGoodOnce(t *testing.T) {
	each(t, func(t *testing.T, w *town, v visit) {
		code := w.grab(w.Browser(), v.auth, v.s)
		var won atomic.Int32
		var token atomic.Value
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				status, said := w.post(v.token, redeeming(v.s, code))
				if status == http.StatusOK {
					won.Add(1)
					token.Store(said["access_token"])
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d redeemed one code", won.Load())
		}
		if status, said := v.show(w, v.who, token.Load().(string)); status != http.StatusUnauthorized {
			t.Errorf("and the token told %d %v", status, said)
		}
		if !strings.Contains(w.Audit.String(), "code-used-twice") {
			t.Error("and it was not recorded")
		}
	})
}

// TestATokenIsGoodOnce: it stands in an address, for whoever reads along.
func TestATokenIsGoodOnce(t *testing.T) {
	each(t, func(t *testing.T, w *town, v visit) {
		token := w.token(v.token, v.s, w.grab(w.Browser(), v.auth, v.s))
		if status, said := v.show(w, v.who, token); status != http.StatusOK {
			t.Fatalf("%d %v", status, said)
		}
		if status, said := v.show(w, v.who, token); status != http.StatusUnauthorized || said["id"] != nil || said["result"] != nil {
			t.Errorf("the second time: %d %v", status, said)
		}
	})
}

// TestTimesOfCodesAndTokens: neither lasts.
func TestTimesOfCodesAndTokens(t *testing.T) {
	each(t, func(t *testing.T, w *town, v visit) {
		b := w.Browser()
		code := w.grab(b, v.auth, v.s)
		w.Clock.Advance(5*time.Minute + time.Second)
		status, said := w.post(v.token, redeeming(v.s, code))
		wants(t, "an old code", status, said, http.StatusBadRequest, "invalid_grant")

		token := w.token(v.token, v.s, w.grab(b, v.auth, v.s))
		w.Clock.Advance(time.Minute + time.Second)
		if status, said := v.show(w, v.who, token); status != http.StatusUnauthorized {
			t.Errorf("an old token: %d %v", status, said)
		}
	})
}

// TestWhatEndsAGrant: whatever ends a sign-on, the code and the token of it are
// good for nothing from then on.
func TestWhatEndsAGrant(t *testing.T) {
	for name, end := range map[string]func(w *town, v visit){
		"log-out": func(w *town, _ visit) {
			sessions, err := w.Sessions.Of(w.T.Context(), "mireia")
			w.Must(err)
			for _, s := range sessions {
				_, err := w.Logout.End(w.T.Context(), s.Key)
				w.Must(err)
			}
		},
		"log-out everywhere": func(w *town, _ visit) {
			_, err := w.Logout.EndPerson(w.T.Context(), "mireia")
			w.Must(err)
		},
		"stopped, where the directory has not heard of it": func(w *town, v visit) {
			_, err := w.Logout.Stop(w.T.Context(), "mireia", v.s.ID)
			w.Must(err)
		},
		"stopped on the person's page": func(w *town, v visit) {
			w.Town.StopConsent("mireia", v.s.ID)
			_, err := w.Logout.Stop(w.T.Context(), "mireia", v.s.ID)
			w.Must(err)
		},
		"consent withdrawn in the directory alone": func(w *town, v visit) { w.Town.StopConsent("mireia", v.s.ID) },
		"suspended": func(w *town, _ visit) {
			w.Town.SetPerson("mireia", func(p *directory.Person) { p.State = directory.Suspended })
		},
		"all grants voided": func(w *town, _ visit) {
			w.Town.SetPerson("mireia", func(p *directory.Person) { p.Epoch++ })
		},
		"left the collective": func(w *town, _ visit) { w.Town.SetStanding("mireia", directory.Standing{}) },
		"somebody new": func(w *town, _ visit) {
			w.Town.SetPerson("mireia", func(p *directory.Person) { p.Seed = []byte("another seed of thirty-two bytes") })
		},
		"another client id": func(w *town, v visit) {
			c := *v.s.OIDC
			c.ID, v.s.OIDC = "another", &c
			w.Town.SetService(v.s)
		},
		"the service was stopped": func(w *town, v visit) {
			v.s.State = directory.Suspended
			w.Town.SetService(v.s)
		},
		"the service speaks something else": func(w *town, v visit) {
			v.s.OIDC = nil
			w.Town.SetService(v.s)
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *town, v visit) {
				if name == "somebody new" && v.s.OIDC.Metadata.Bridge == directory.BridgeGitLab {
					t.Log("a number is kept with the consent: a new seed leaves it")
					return
				}
				b := w.Browser()
				token := w.token(v.token, v.s, w.grab(b, v.auth, v.s))
				code := w.grab(b, v.auth, v.s)
				end(w, v)
				if status, said := v.show(w, v.who, token); status != http.StatusUnauthorized || said["result"] != nil || said["id"] != nil {
					t.Errorf("the token: %d %v", status, said)
				}
				if status, said := w.post(v.token, redeeming(v.s, code)); status/100 != 4 || said["access_token"] != nil {
					t.Errorf("the code: %d %v", status, said)
				}
			})
		})
	}
}

// TestRedemptionsThatAreRefused, with everything right but one thing.
func TestRedemptionsThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *town, v visit) {
		b := w.Browser()
		for _, c := range []struct {
			name, field, value string
			status             int
			code               string
		}{
			{"another secret", "client_secret", "guessed", http.StatusUnauthorized, "invalid_client"},
			{"no secret", "client_secret", "", http.StatusUnauthorized, "invalid_client"},
			{"another client", "client_id", "client-other", http.StatusUnauthorized, "invalid_client"},
			{"another grant", "grant_type", "password", http.StatusBadRequest, "unsupported_grant_type"},
			{"no code", "code", "", http.StatusBadRequest, "invalid_request"},
			{"a made-up code", "code", "x", http.StatusBadRequest, "invalid_grant"},
			{"another address", "redirect_uri", "https://evil.example/", http.StatusBadRequest, "invalid_grant"},
			{"no address", "redirect_uri", "", http.StatusBadRequest, "invalid_grant"},
		} {
			form := redeeming(v.s, w.grab(b, v.auth, v.s))
			form.Set(c.field, c.value)
			status, said := w.post(v.token, form)
			wants(t, c.name, status, said, c.status, c.code)
		}
		form := redeeming(v.s, w.grab(b, v.auth, v.s))
		form.Add("code", "another")
		status, said := w.post(v.token, form)
		wants(t, "two codes", status, said, http.StatusBadRequest, "invalid_request")

		form = redeeming(v.s, w.grab(b, v.auth, v.s))
		status, said = w.post(v.token, form, "Authorization", "Basic eDp5")
		wants(t, "Basic", status, said, http.StatusBadRequest, "invalid_request")

		status, said = w.post(v.token+"?"+form.Encode(), url.Values{})
		wants(t, "all of it in the address", status, said, http.StatusUnauthorized, "invalid_client")
	})
}

// TestASecretThatIsReplaced: two overlap, and then the older is nothing.
func TestASecretThatIsReplaced(t *testing.T) {
	each(t, func(t *testing.T, w *town, v visit) {
		older := v.s.OIDC.Secrets[0]
		older.Expires = w.Clock.Now().Add(time.Hour)
		c := *v.s.OIDC
		c.Secrets, v.s.OIDC = []directory.ClientSecret{{SHA256: "newer"}, older}, &c
		w.Town.SetService(v.s)
		b := w.Browser()
		w.token(v.token, v.s, w.grab(b, v.auth, v.s))
		w.Clock.Advance(time.Hour)
		status, said := w.post(v.token, redeeming(v.s, w.grab(b, v.auth, v.s)))
		wants(t, "the older one", status, said, http.StatusUnauthorized, "invalid_client")
	})
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	departed "commonscloud.coop/clau/idp/farewell"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/web"
)

// parting is the world with the log-out through the browser wired in.
func parting(t *testing.T, change ...func(*Config)) *world {
	t.Helper()
	w := newWorld(t, change...)
	bye := departed.New(departed.Config{Path: w.p.path, Logout: w.room, Browsers: w.manager, Directory: w.people, Pages: pages()})
	bye.Employ(w.p)
	w.p.c.Farewell = bye
	issuer, err := url.Parse(w.p.c.Issuer)
	w.must(err)
	w.handler, err = web.NewRouter(web.Config{
		Issuer: issuer, Pages: pages(), Logger: slog.New(slog.DiscardHandler), Now: w.clock.Now, Rand: w.p.c.Rand,
		Limits: web.Limits{PerSecond: 1e9, Burst: 1 << 30},
	}, w.p, bye)
	w.must(err)
	return w
}

// walk follows redirects within Clau, and keeps the browser's name.
func (w *world) walk(rec *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	w.t.Helper()
	for range 5 {
		for _, c := range rec.Result().Cookies() {
			if strings.Contains(c.Name, "clau_browser") {
				w.cookie += "; " + c.Name + "=" + c.Value
			}
		}
		to := rec.Header().Get("Location")
		if !strings.HasPrefix(to, "/") {
			return rec
		}
		rec = w.browse(to)
	}
	w.t.Fatal("round and round")
	return nil
}

// The 17 behaviours that services need of an OpenID Provider: the log-out token.
func Test11LogoutToken(t *testing.T) {
	ear := newEar(t)
	w := newWorld(t)
	w.register("shop", func(c *directory.OIDCClient) { c.Metadata.BackchannelLogoutURI = ear.URL })
	s := w.login()
	id := w.peek(w.signsOn("shop").text("id_token"))

	ear.status = http.StatusServiceUnavailable
	outcomes, err := w.room.End(t.Context(), s.Key)
	w.must(err)
	t.Run("a service that does not answer is asked again", func(t *testing.T) {
		if len(outcomes) != 1 || outcomes[0].Status != logout.Retrying {
			t.Fatalf("%+v", outcomes)
		}
		ear.status = http.StatusNoContent
		w.clock.Advance(time.Minute)
		w.must(w.room.Sweep(t.Context()))
		w.must(w.room.Sweep(t.Context()))
		if len(ear.heard) != 2 {
			t.Fatalf("asked %d times", len(ear.heard))
		}
	})
	first, second := w.peek(ear.heard[0].Get("logout_token")), w.peek(ear.heard[1].Get("logout_token"))
	t.Run("typ, events and no nonce", func(t *testing.T) {
		if w.part(ear.heard[1].Get("logout_token"), 0)["typ"] != "logout+jwt" || second["nonce"] != nil {
			t.Errorf("%v", second)
		}
		event, ok := second["events"].(map[string]any)[logoutEvent].(map[string]any)
		if !ok || len(event) != 0 {
			t.Errorf("events %v", second["events"])
		}
	})
	t.Run("sub and sid as in the id_token", func(t *testing.T) {
		if second["sub"] != id["sub"] || second["sid"] != id["sid"] || second["sid"] == nil {
			t.Errorf("%v", second)
		}
	})
	t.Run("two minutes from when it is sent, and a new jti each time", func(t *testing.T) {
		if second["exp"].(float64)-second["iat"].(float64) != 120 || second["iat"] == first["iat"] || second["jti"] == first["jti"] {
			t.Errorf("%v, then %v", first, second)
		}
	})
}

// The same 17: the end-session endpoint.
func Test12EndSession(t *testing.T) {
	t.Run("no query in the advertised address, below the issuer", func(t *testing.T) {
		w := newWorld(t, func(c *Config) { c.Issuer = "https://id.example/clau" })
		at := w.json(w.browse("/clau/.well-known/openid-configuration")).text("end_session_endpoint")
		if at != "https://id.example/clau/logout" {
			t.Error(at)
		}
	})
	t.Run("an address that is not percent-encoded", func(t *testing.T) {
		w, s, hint := leaving(t)
		w.register("shop", func(c *directory.OIDCClient) {
			c.Metadata.PostLogoutRedirectURIs = []string{"https://shop.example/apps/x?y=z"}
		})
		rec := w.browse("/logout?post_logout_redirect_uri=https://shop.example/apps/x?y=z&client_id=shop&id_token_hint=" + hint)
		if rec.Header().Get("Location") != "https://shop.example/apps/x?y=z" || w.alive(s) {
			t.Errorf("gone to %q", rec.Header().Get("Location"))
		}
	})
	t.Run("a hint that expired long ago", func(t *testing.T) {
		w, s, hint := leaving(t)
		w.clock.Advance(7 * time.Hour)
		if w.browse(goodbye("id_token_hint", hint)); w.alive(s) {
			t.Error("the session lives")
		}
	})
	t.Run("with our cookie the cookie's session, whatever device the hint is of", func(t *testing.T) {
		w, first, hint := leaving(t)
		second := w.login()
		if w.browse(goodbye("id_token_hint", hint)); w.alive(second) || !w.alive(first) {
			t.Errorf("this %v, the other %v", w.alive(second), w.alive(first))
		}
	})
	t.Run("with our cookie and somebody else's hint, the person is asked", func(t *testing.T) {
		w, s, hint := leaving(t)
		w.people.change(func(d *people) { d.person.Seed = []byte("another person's seed of 32 bytes") })
		if rec := w.browse(goodbye("id_token_hint", hint)); !w.alive(s) || !strings.Contains(rec.Body.String(), `id="logout-confirm"`) {
			t.Errorf("%d, the session lives: %v", rec.Code, w.alive(s))
		}
	})
	t.Run("without a browser the hint's session", func(t *testing.T) {
		w, s, hint := leaving(t)
		w.cookie = ""
		if w.browse(goodbye("id_token_hint", hint)); w.alive(s) {
			t.Error("the session lives")
		}
	})
	t.Run("without a hint the person is asked, then sent back", func(t *testing.T) {
		w, s, _ := leaving(t)
		rec := w.browse(goodbye("client_id", "shop", "post_logout_redirect_uri", shopBye))
		if !w.alive(s) {
			t.Fatal("nobody was asked")
		}
		if rec = w.confirm(inputs(rec.Body.String())); rec.Header().Get("Location") != shopBye || w.alive(s) {
			t.Errorf("gone to %q", rec.Header().Get("Location"))
		}
	})
	t.Run("only to what is registered", func(t *testing.T) {
		w, _, hint := leaving(t)
		for _, evil := range []string{"https://evil.example/", shopBye + "/", "HTTPS://shop.example/bye", "https://shop.example:443/bye"} {
			if rec := w.browse(goodbye("id_token_hint", hint, "post_logout_redirect_uri", evil)); rec.Header().Get("Location") != "" {
				t.Errorf("gone to %q", rec.Header().Get("Location"))
			}
		}
	})
}

// withFrame registers a service that is told in a frame.
func (w *world) withFrame(id directory.ClientID) {
	w.register(id, func(c *directory.OIDCClient) {
		c.Metadata.FrontchannelLogoutURI = "https://" + string(id) + ".example/logout.php?x=1"
	})
}

func TestFrontChannelLogout(t *testing.T) {
	w := parting(t)
	w.register("shop")
	w.withFrame("school")
	s := w.login()
	hint := w.signsOn("shop").text("id_token")
	school := w.peek(w.signsOn("school").text("id_token"))
	rec := w.walk(w.browse(goodbye("id_token_hint", hint, "post_logout_redirect_uri", shopBye, "state", "st")))
	if w.alive(s) {
		t.Error("the session outlives the way of the browser")
	}
	page := rec.Body.String()
	told := url.Values{"iss": {w.p.c.Issuer}, "sid": {school["sid"].(string)}}
	if !strings.Contains(page, `src="https://school.example/logout.php?x=1&amp;`+strings.ReplaceAll(told.Encode(), "&", "&amp;")+`"`) {
		t.Fatalf("no frame: %s", page)
	}
	if policy := rec.Header().Get("Content-Security-Policy"); !strings.HasSuffix(policy, "; frame-src https://school.example") {
		t.Error(policy)
	}
	on := strings.ReplaceAll(strings.Split(strings.Split(page, `content="4;url=`)[1], `"`)[0], "&amp;", "&")
	if rec = w.browse(on); rec.Header().Get("Location") != shopBye+"?state=st" {
		t.Errorf("%d, gone to %q", rec.Code, rec.Header().Get("Location"))
	}
}

// A service holds the hint of whoever it likes among its people. What it wants to
// read in a browser of its own is where else they are.
func TestAHintShowsNothingOfItsSession(t *testing.T) {
	for as, cookie := range map[string]func(w *world){
		"nobody": func(w *world) { w.cookie = "" },
		"a session long gone": func(w *world) {
			name, _, _ := strings.Cut(w.cookie, "=")
			w.cookie = name + "=" + strings.Repeat("A", 22) + "." + strings.Repeat("A", 43)
		},
	} {
		t.Run(as, func(t *testing.T) {
			w := parting(t)
			w.register("shop", func(*directory.OIDCClient) {})
			w.withFrame("clinic")
			s := w.login()
			hint := w.signsOn("shop").text("id_token")
			sid := w.peek(w.signsOn("clinic").text("id_token"))["sid"].(string)
			cookie(w)
			rec := w.walk(w.browse(goodbye("id_token_hint", hint)))
			if w.alive(s) {
				t.Error("the service may end what it began, and did not")
			}
			for _, said := range []string{"clinic", sid} {
				if strings.Contains(rec.Body.String(), said) || strings.Contains(rec.Header().Get("Content-Security-Policy"), said) {
					t.Errorf("%q is told: %s", said, rec.Body)
				}
			}
			_, told, err := w.room.Last(t.Context(), s.Person)
			if err != nil || len(told) != 2 {
				t.Errorf("the person reads of %+v, %v", told, err)
			}
		})
	}
}

// The registration is asked again at the end: it may have changed on the way.
func TestTheWayBackIsProvenAgain(t *testing.T) {
	w := parting(t)
	w.register("shop")
	w.withFrame("school")
	w.login()
	hint := w.signsOn("shop").text("id_token")
	w.signsOn("school")
	page := w.walk(w.browse(goodbye("id_token_hint", hint, "post_logout_redirect_uri", shopBye))).Body.String()
	w.register("shop", func(c *directory.OIDCClient) { c.Metadata.PostLogoutRedirectURIs = nil })
	on := strings.ReplaceAll(strings.Split(strings.Split(page, `content="4;url=`)[1], `"`)[0], "&amp;", "&")
	rec := w.browse(on)
	if rec.Code != http.StatusOK || rec.Header().Get("Location") != "" || !strings.Contains(rec.Body.String(), "The school") {
		t.Errorf("%d, gone to %q", rec.Code, rec.Header().Get("Location"))
	}
}

// A service that has both channels is told by the one that can be believed; the
// one that asked is not visited, since it sent the browser here.
func TestWhoIsNotVisited(t *testing.T) {
	ear := newEar(t)
	w := parting(t)
	w.withFrame("shop")
	w.register("cloud", func(c *directory.OIDCClient) {
		c.Metadata.BackchannelLogoutURI, c.Metadata.FrontchannelLogoutURI = ear.URL, "https://cloud.example/front"
	})
	w.login()
	hint := w.signsOn("shop").text("id_token")
	w.signsOn("cloud")
	rec := w.browse(goodbye("id_token_hint", hint, "post_logout_redirect_uri", shopBye))
	if rec.Header().Get("Location") != shopBye || len(ear.heard) != 1 {
		t.Errorf("%d to %q, told %d times", rec.Code, rec.Header().Get("Location"), len(ear.heard))
	}
}

func TestFrontChannelInDiscovery(t *testing.T) {
	w := newWorld(t)
	said := w.json(w.browse("/.well-known/openid-configuration"))
	if said["frontchannel_logout_supported"] != true || said["frontchannel_logout_session_supported"] != true {
		t.Errorf("%v", said)
	}
	to := logout.Participant{Protocol: "oidc", Service: "service-school", SID: "sid"}
	w.withFrame("school")
	if err := w.p.Deliver(t.Context(), to); err != logout.ErrBrowser {
		t.Errorf("delivered behind the scenes: %v", err)
	}
	w.register("school")
	if _, err := w.p.Lead(t.Context(), to, "r"); err != logout.ErrUnsupported {
		t.Errorf("an address that was taken back: %v", err)
	}
	to.Service = "nobody"
	if _, err := w.p.Lead(t.Context(), to, "r"); err != logout.ErrUnsupported {
		t.Errorf("nobody: %v", err)
	}
}

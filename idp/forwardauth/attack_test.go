// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/bridge/bridgetest"
	"commonscloud.coop/clau/idp/directory"
)

// TestAProxyMustProveItself, or whoever reached Clau could try whose pass is good.
func TestAProxyMustProveItself(t *testing.T) {
	w := start(t)
	b := w.inside()
	twice := func(r *http.Request) { r.Header["X-Clau-Secret"] = []string{secret, secret} }
	for name, change := range map[string]func(*http.Request){
		"no secret": without("X-Clau-Secret"), "a wrong one": header("X-Clau-Secret", "x"), "an empty one": header("X-Clau-Secret", ""),
		"two": twice, "its digest": header("X-Clau-Secret", digest(secret)),
		"in the wrong place": func(r *http.Request) { r.Header.Del("X-Clau-Secret"); r.Header.Set("Authorization", "Bearer "+secret) },
	} {
		for _, endpoint := range []string{"/check", "/auth-request", "/at/logout"} {
			answer := w.asks(endpoint, "/.clau/logout", w.with(b), change)
			if answer.StatusCode != http.StatusForbidden || answer.Header.Get("Set-Cookie") != "" || answer.Header.Get("Location") != "" {
				t.Errorf("%s at %s: %d %v", name, endpoint, answer.StatusCode, answer.Header)
			}
		}
	}
	if answer := w.asks("/check", "/", w.with(b)); answer.StatusCode != http.StatusOK {
		t.Errorf("and with the right one: %d", answer.StatusCode)
	}
}

// TestSecretsThatOverlap: the older proves for as long as it was said.
func TestSecretsThatOverlap(t *testing.T) {
	w := start(t)
	w.set(func(s *directory.Service) {
		s.Forward.Secrets = []directory.ClientSecret{{SHA256: digest("new")}, {SHA256: digest(secret), Expires: w.Clock.Now().Add(time.Hour)}}
	})
	b := w.inside()
	w.Clock.Advance(time.Hour)
	if answer := w.asks("/check", "/", w.with(b)); answer.StatusCode != http.StatusForbidden {
		t.Errorf("when it is over: %d", answer.StatusCode)
	}
	if answer := w.asks("/check", "/", w.with(b), header("X-Clau-Secret", "new")); answer.StatusCode != http.StatusOK {
		t.Errorf("the newer: %d", answer.StatusCode)
	}
}

// TestWhatCannotBeUnderstood is refused.
func TestWhatCannotBeUnderstood(t *testing.T) {
	w := start(t)
	b := w.inside()
	also := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Add(name, value) }
	}
	for name, change := range map[string]func(*http.Request){
		"no address":               without("X-Forwarded-Uri"),
		"two addresses":            also("X-Forwarded-Uri", "/public"),
		"an address of a proxy":    header("X-Forwarded-Uri", "https://wiki.example/"),
		"a fragment in the path":   header("X-Forwarded-Uri", "/admin#/../public"),
		"a fragment in the query":  header("X-Forwarded-Uri", "/public?x#y"),
		"an address with a space":  header("X-Forwarded-Uri", "/a b"),
		"no method":                without("X-Forwarded-Method"),
		"no host":                  without("X-Forwarded-Host"),
		"two hosts":                also("X-Forwarded-Host", "wiki.example"),
		"two hosts in one":         header("X-Forwarded-Host", "wiki.example, evil.example"),
		"another host":             header("X-Forwarded-Host", "evil.example"),
		"another port":             header("X-Forwarded-Host", "wiki.example:8443"),
		"another scheme":           header("X-Forwarded-Proto", "http"),
		"another origin":           header("X-Clau-Origin", "https://evil.example"),
		"an empty origin":          header("X-Clau-Origin", ""),
		"two origins":              func(r *http.Request) { r.Header["X-Clau-Origin"] = []string{origin, origin} },
		"an underscore for a dash": func(r *http.Request) { r.Header.Del("X-Forwarded-Uri"); r.Header["X_Forwarded_Uri"] = []string{"/"} },
	} {
		if answer := w.asks("/check", "/", w.with(b), change); answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", name, answer.StatusCode)
		}
	}
	if answer := w.asks("/check", "/", w.with(b), header("X-Forwarded-Proto", "wss"), header("X-Forwarded-Host", "WIKI.example")); answer.StatusCode != http.StatusOK {
		t.Errorf("a WebSocket: %d", answer.StatusCode)
	}
	if answer := w.asks("/check", "/", w.with(b), header("X-Original-Url", "https://wiki.example/else")); answer.StatusCode != http.StatusOK {
		t.Errorf("what a browser says of itself: %d", answer.StatusCode)
	}
}

// TestCookiesThatAreNone open nothing and break nothing.
func TestCookiesThatAreNone(t *testing.T) {
	w := start(t)
	b := w.inside()
	var pass string
	for _, c := range b.Cookies(origin) {
		if c.Name == "__Host-clau_forward" {
			pass = c.Value
		}
	}
	ticket, name, _ := strings.Cut(pass, ".")
	if ticket == "" || name == "" {
		t.Fatalf("no pass in %v", b.Cookies(origin))
	}
	other := strings.Repeat("A", len(name))
	for _, cookie := range []string{
		"", "__Host-clau_forward=", "__Host-clau_forward=.", "__Host-clau_forward=" + ticket, "__Host-clau_forward=" + name + "." + ticket,
		"__Host-clau_forward=" + ticket + "." + other, "__Host-clau_forward=" + other + "." + name, "clau_forward=" + pass,
		"__Host-clau_forward=" + pass + "; __Host-clau_forward=" + pass, "__Host-clau_forward=" + ticket + "." + digest(name),
		"__Host-clau_forward=%00\x01", "__Host-clau_forward=" + strings.Repeat("x", 4096), "__Host-clau_session=" + pass,
	} {
		answer := w.asks("/auth-request", "/", header("Cookie", cookie))
		if answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%.60q: %d", cookie, answer.StatusCode)
		}
	}
}

// ticket is where a sign-on of mireia's ends, before her browser goes there.
func (w *town) ticket() (b *bridgetest.Browser, callback string) {
	w.T.Helper()
	b = w.inside()
	b.Seen = nil
	_, err := w.Logout.Stop(w.T.Context(), "mireia", "id-of-wiki")
	w.Must(err)
	said := w.proxy.said
	w.proxy.said = func(ask, browser *http.Request) {
		said(ask, browser)
		if browser.URL.Path == "/.clau/callback" {
			callback = browser.RequestURI
			ask.Header.Del("X-Clau-Secret") // and so it stays unspent
		}
	}
	b.Go(origin + "/")
	w.proxy.said = said
	if callback == "" {
		w.T.Fatalf("no ticket by %v", b.Seen)
	}
	return b, callback
}

// TestATicketIsSpentOnce by the browser that it was made for, in time.
func TestATicketIsSpentOnce(t *testing.T) {
	t.Run("by many at once", func(t *testing.T) {
		w := start(t)
		b, callback := w.ticket()
		var won, lost atomic.Int32
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				switch answer := w.asks("/at/callback", callback, w.with(b)); answer.StatusCode {
				case http.StatusSeeOther:
					won.Add(1)
				case http.StatusGone:
					lost.Add(1)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 || lost.Load() != 29 {
			t.Errorf("%d won, %d lost", won.Load(), lost.Load())
		}
	})
	t.Run("by another browser", func(t *testing.T) {
		w := start(t)
		_, callback := w.ticket()
		bernat := w.Browser()
		if page := bernat.Go(origin + callback); page.Status != http.StatusGone {
			t.Errorf("without a name: %d at %s", page.Status, page.URL)
		}
		bernat.Go(origin + "/") // gets a name of his own
		if page := bernat.Go(origin + callback); page.Status != http.StatusGone {
			t.Errorf("with one: %d at %s", page.Status, page.URL)
		}
	})
	t.Run("too late", func(t *testing.T) {
		w := start(t)
		b, callback := w.ticket()
		w.Clock.Advance(time.Minute + time.Second)
		if page := b.Go(origin + callback); page.Status != http.StatusGone {
			t.Errorf("%d at %s", page.Status, page.URL)
		}
	})
	t.Run("after a log-out", func(t *testing.T) {
		w := start(t)
		b, callback := w.ticket()
		_, err := w.Logout.EndPerson(t.Context(), "mireia")
		w.Must(err)
		if page := b.Go(origin + callback); page.Status != http.StatusGone {
			t.Errorf("%d at %s", page.Status, page.URL)
		}
	})
	t.Run("before it is spent it opens nothing", func(t *testing.T) {
		w := start(t)
		b, callback := w.ticket()
		u, err := url.Parse(callback)
		w.Must(err)
		name := ""
		for _, c := range b.Cookies(origin) {
			if c.Name == "__Host-clau_forward_name" {
				name = c.Value
			}
		}
		answer := w.asks("/auth-request", "/", header("Cookie", "__Host-clau_forward="+u.Query().Get("ticket")+"."+name))
		if answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%d", answer.StatusCode)
		}
	})
}

// TestWhereAStartLeads is nowhere but to the application.
func TestWhereAStartLeads(t *testing.T) {
	w := start(t)
	for _, rd := range []string{
		"", "/", "https://evil.example/", "https://wiki.example.evil.example/", "https://wiki.example@evil.example/", "//wiki.example/",
		"http://wiki.example/", "https://wiki.example:8443/", "javascript:alert(1)", "https://user@wiki.example/", "https://WIKI.example/",
	} {
		page := w.Browser().Go(below + "/start?" + url.Values{"rd": {rd}, "name": {digest("x")}}.Encode())
		if page.Status != http.StatusBadRequest || page.URL.Host != bridgetest.Host {
			t.Errorf("%q: %d at %s", rd, page.Status, page.URL)
		}
	}
	page := w.Browser().Go(below + "/start?" + url.Values{"rd": {origin + "/there?x=1"}}.Encode()).LogIn("mireia").Allow()
	if page.URL.String() != origin+"/there?x=1" || page.Body != "The wiki, mireia" {
		t.Errorf("without a name: %d at %s", page.Status, page.URL)
	}
	for _, rd := range []string{"//evil.example/", "https://evil.example/", `/\evil.example`} {
		answer := w.asks("/at/enter", "/.clau/enter?"+url.Values{"rd": {rd}}.Encode())
		at, err := url.Parse(answer.Header.Get("Location"))
		w.Must(err)
		if got := at.Query().Get("rd"); at.Host != bridgetest.Host || got != origin+"/" {
			t.Errorf("%q: %s leads to %q", rd, at, got)
		}
	}
}

// TestPrograms are not sent to a page, and a form that came too late is not sent again.
func TestPrograms(t *testing.T) {
	w := start(t)
	for _, c := range []struct {
		name     string
		change   func(*http.Request)
		status   int
		location string
	}{
		{"a script's request", header("Sec-Fetch-Mode", "cors"), 401, ""},
		{"a picture", header("Sec-Fetch-Mode", "no-cors"), 401, ""},
		{"a program", header("Accept", "application/json"), 401, ""},
		{"a page", header("Sec-Fetch-Mode", "navigate"), 303, origin + "/.clau/enter?rd=%2Fx"},
		{"a form", func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Mode", "navigate")
			r.Header.Set("X-Forwarded-Method", "POST")
		}, 303, origin + "/.clau/enter?rd=%2F"},
	} {
		answer := w.asks("/check", "/x", c.change)
		if answer.StatusCode != c.status || answer.Header.Get("Location") != c.location {
			t.Errorf("%s: %d to %q", c.name, answer.StatusCode, answer.Header.Get("Location"))
		}
	}
	answer := w.asks("/auth-request", "/x", header("Sec-Fetch-Mode", "navigate"))
	if answer.StatusCode != 401 || answer.Header.Get("Location") != origin+"/.clau/enter?rd=%2Fx" {
		t.Errorf("nginx: %d to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
}

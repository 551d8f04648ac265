// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse_test

import (
	"encoding/base64"
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

// asking is a request whose payload, as text, is signed by a secret.
func asking(payload, secret string) string {
	sso := base64.StdEncoding.EncodeToString([]byte(payload))
	return connectURL + "?" + url.Values{"sso": {sso}, "sig": {signed(sso, secret)}}.Encode()
}

const good = "nonce=cb68251eefb5211e58c00ff1395f0c0b&return_sso_url=https%3A%2F%2Fforum.example%2Fsession%2Fsso_login"

// TestRequestsThatAreRefused, each for one fault, and before anybody logs in.
func TestRequestsThatAreRefused(t *testing.T) {
	sso := base64.StdEncoding.EncodeToString([]byte(good))
	raw := func(sso, sig string) string { return connectURL + "?sso=" + url.QueryEscape(sso) + "&sig=" + sig }
	resigned := func(sso string) string { return raw(sso, signed(sso, connectSecret)) }
	for _, c := range []struct{ name, address, code string }{
		{"no such forum", bridgetest.Issuer + "/discourse/nobody?sso=x&sig=y", "client-unknown"},
		{"a name that cannot be one", bridgetest.Issuer + "/discourse/No%20body?sso=x&sig=y", "client-unknown"},
		{"nothing", connectURL, "signature-wrong"},
		{"no signature", raw(sso, ""), "signature-wrong"},
		{"another secret", asking(good, "guessed"), "signature-wrong"},
		{"no secret", asking(good, ""), "signature-wrong"},
		{"signed what it says", raw(sso, signed(good, connectSecret)), "signature-wrong"},
		{"in capitals", raw(sso, strings.ToUpper(signed(sso, connectSecret))), "signature-wrong"},
		{"cut", raw(sso, signed(sso, connectSecret)[:62]), "signature-wrong"},
		{"another payload", raw(base64.StdEncoding.EncodeToString([]byte(good+"&x=y")), signed(sso, connectSecret)), "signature-wrong"},
		{"two payloads", resigned(sso) + "&sso=x", "bad-request"},
		{"too long", asking(good+"&x="+strings.Repeat("x", 4096), connectSecret), "signature-wrong"},
		{"base64 of addresses", resigned(base64.URLEncoding.EncodeToString([]byte(good + "&x=???>>>"))), "bad-request"},
		{"base64 with a line end", resigned(sso[:20] + "\n" + sso[20:]), "bad-request"},
		{"base64 without its end", resigned(strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(good+"&x=1")), "=")), "bad-request"},
		{"base64 in another spelling", resigned(strings.Replace(base64.StdEncoding.EncodeToString([]byte(good+"&x=1")), "PTE=", "PTF=", 1)), "bad-request"},
		{"no base64", resigned("%%%%"), "bad-request"},
		{"no query", asking("nonce=%zz", connectSecret), "bad-request"},
		{"no nonce", asking("return_sso_url="+url.QueryEscape(returnURL), connectSecret), "bad-request"},
		{"an empty nonce", asking("nonce=&return_sso_url="+url.QueryEscape(returnURL), connectSecret), "bad-request"},
		{"two nonces", asking(good+"&nonce=another", connectSecret), "bad-request"},
		{"a long nonce", asking("nonce="+strings.Repeat("n", 129)+"&return_sso_url="+url.QueryEscape(returnURL), connectSecret), "bad-request"},
		{"nowhere to answer", asking("nonce=abc", connectSecret), "bad-request"},
		{"two places to answer", asking(good+"&return_sso_url=https://forum.example/session/sso_login", connectSecret), "bad-request"},
		{"another place", asking("nonce=abc&return_sso_url=https://evil.example/session/sso_login", connectSecret), "redirect-unproven"},
		{"nearly the place", asking("nonce=abc&return_sso_url=https://forum.example/session/sso_login/", connectSecret), "redirect-unproven"},
		{"the place with more", asking("nonce=abc&return_sso_url="+url.QueryEscape(returnURL+"?x=y"), connectSecret), "redirect-unproven"},
	} {
		w := start(t)
		newBoard(w)
		page := w.Browser().Go(c.address)
		if page.Status != http.StatusBadRequest || !strings.Contains(page.Body, ">"+c.code+"<") {
			t.Errorf("%s: %d at %s, want %s: %.1500s", c.name, page.Status, page.URL, c.code, page.Body)
		}
		if strings.Contains(page.Body, "evil.example") || strings.Contains(w.Logs.String(), connectSecret) {
			t.Errorf("%s: says too much", c.name)
		}
	}
}

// TestTheGoodOneIsGood, or the test above shows nothing.
func TestTheGoodOneIsGood(t *testing.T) {
	w := start(t)
	w.Browser().Go(asking(good, connectSecret)).At("/login")
}

// TestServicesThatAreNoForum get nothing here.
func TestServicesThatAreNoForum(t *testing.T) {
	for name, change := range map[string]func(*directory.Service){
		"stopped":        func(s *directory.Service) { s.State = directory.Suspended },
		"OpenID Connect": func(s *directory.Service) { s.OIDC, s.Discourse = &directory.OIDCClient{ID: "c"}, nil },
		"registered for two, of which the first counts": func(s *directory.Service) { s.OIDC = &directory.OIDCClient{ID: "c"} },
		"SAML": func(s *directory.Service) { s.SAML, s.Discourse = &directory.SAMLProvider{}, nil },
	} {
		w := start(t, change)
		if page := w.Browser().Go(asking(good, connectSecret)); page.Status != http.StatusBadRequest || !strings.Contains(page.Body, ">client-unknown<") {
			t.Errorf("%s: %d %s", name, page.Status, page.URL)
		}
	}
}

// TestSecretsOfAnother: moved to another entry, or sealed by nobody, they do not
// open, and nobody enters.
func TestSecretsOfAnother(t *testing.T) {
	w := start(t)
	sealed, err := w.sealer.Seal([]byte(`{"connect":["`+connectSecret+`"]}`), directory.Service{ID: "id-of-another"}.SealedIn())
	w.Must(err)
	for name, moved := range map[string][]byte{"another's": sealed, "nobody's": []byte(connectSecret), "none": nil} {
		w.set(func(s *directory.Service) { s.Discourse.Sealed = moved })
		if page := w.Browser().Go(asking(good, connectSecret)); page.Status != http.StatusInternalServerError {
			t.Errorf("%s: %d %s", name, page.Status, page.URL)
		}
	}
}

// TestSecretsThatOverlap: the older proves for as long as it was said, and its
// requests are answered with it.
func TestSecretsThatOverlap(t *testing.T) {
	w := start(t)
	b := newBoard(w)
	w.seal(directory.DiscourseSecrets{Connect: []string{"the-newer-secret", connectSecret}})
	w.set(settings(func(s *directory.DiscourseSettings) { s.OverlapEnds = w.Clock.Now().Add(time.Hour) }))
	mireia := w.Browser()
	if page := mireia.Go(enter).LogIn("mireia").Allow(); page.Body != "Logged in as mireia" {
		t.Errorf("with the older: %d %s", page.Status, page.Body)
	}
	b.secret = "the-newer-secret"
	if page := mireia.Go(enter); page.Body != "Logged in as mireia" {
		t.Errorf("with the newer: %d %s", page.Status, page.Body)
	}
	b.secret = connectSecret
	w.Clock.Advance(time.Hour)
	if page := mireia.Go(enter); page.Status != http.StatusBadRequest {
		t.Errorf("when it is over: %d %s", page.Status, page.Body)
	}
}

// TestWhatChangedMeanwhile: an answer is given by the registration as it is then.
func TestWhatChangedMeanwhile(t *testing.T) {
	for name, change := range map[string]func(w *town){
		"the secret": func(w *town) { w.seal(directory.DiscourseSecrets{Connect: []string{"another"}}) },
		"the address": func(w *town) {
			w.set(func(s *directory.Service) { s.Discourse.ReturnURLs = []string{"https://new.example/session/sso_login"} })
		},
		"the protocol": func(w *town) {
			w.set(func(s *directory.Service) { s.SAML, s.Discourse = &directory.SAMLProvider{}, nil })
		},
	} {
		w := start(t)
		b := newBoard(w)
		page := w.Browser().Go(enter).LogIn("mireia")
		change(w)
		if page := page.Allow(); page.Status != http.StatusBadRequest || page.URL.Host != bridgetest.Host || len(b.users) > 0 {
			t.Errorf("%s: %d %s", name, page.Status, page.URL)
		}
	}
}

// TestOneRequestOneAnswer: of many at once one is answered, and a link that was
// used leads back to the forum.
func TestOneRequestOneAnswer(t *testing.T) {
	w := start(t)
	b := newBoard(w)
	mireia := w.Browser()
	mireia.Go(enter).LogIn("mireia").Allow()
	var answered, refused atomic.Int32
	var cookie string
	for _, c := range mireia.Cookies(bridgetest.Issuer) {
		cookie += c.Name + "=" + c.Value + "; "
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			r, err := http.NewRequest(http.MethodGet, asking(good, connectSecret), nil)
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("Cookie", cookie)
			answer, err := w.Client().Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			defer answer.Body.Close()
			switch {
			case answer.StatusCode == http.StatusSeeOther && strings.HasPrefix(answer.Header.Get("Location"), returnURL+"?"):
				answered.Add(1)
			case answer.StatusCode == http.StatusGone:
				refused.Add(1)
			default:
				t.Errorf("%d %s", answer.StatusCode, answer.Header.Get("Location"))
			}
		})
	}
	wg.Wait()
	if answered.Load() != 1 || refused.Load() != 49 {
		t.Errorf("%d answers, %d refusals", answered.Load(), refused.Load())
	}
	if page := mireia.Go(asking(good, connectSecret)); !strings.Contains(page.Body, `href="https://forum.example/"`) {
		t.Errorf("%d %s", page.Status, page.Body)
	}
	b.one()
}

// TestWhenSomethingIsDown nobody enters, and people read a plain sentence.
func TestWhenSomethingIsDown(t *testing.T) {
	w := start(t)
	b := newBoard(w)
	mireia := w.Browser()
	mireia.Go(enter).LogIn("mireia").Allow()
	b.users = nil
	w.Broken.Break()
	page := mireia.Go(enter)
	w.Broken.Mend()
	if page.Status != http.StatusServiceUnavailable || !strings.Contains(page.Body, ">unavailable<") || len(b.users) > 0 {
		t.Errorf("%d %s", page.Status, page.URL)
	}
	if page := mireia.Go(enter); page.Body != "Logged in as mireia" {
		t.Errorf("and after: %d %s", page.Status, page.Body)
	}
}

// TestTwoRoundTrips: what an answer without a question costs the store.
func TestTwoRoundTrips(t *testing.T) {
	w := start(t)
	newBoard(w)
	mireia := w.Browser()
	mireia.Go(enter).LogIn("mireia").Allow()
	w.Store.Reset()
	mireia.Go(enter)
	if n := w.Store.Trips(); n > 2 {
		t.Errorf("%d: %v", n, w.Store.ByMethod())
	}
}

// TestNothingSecretIsWrittenDown, and nothing that a person is known by.
func TestNothingSecretIsWrittenDown(t *testing.T) {
	w := start(t)
	b := newBoard(w)
	mireia := w.Browser()
	mireia.Go(enter).LogIn("mireia").Allow()
	mireia.Go(asking(good, "guessed"))
	mireia.Go(asking("nonce=abc&return_sso_url=https://evil.example/", connectSecret))
	b.down = http.StatusBadGateway
	_, err := w.Logout.EndPerson(t.Context(), "mireia")
	w.Must(err)
	w.Must(w.p.Push(t.Context(), "mireia", ""))
	w.Clock.Advance(time.Minute)
	w.Must(w.p.Sweep(t.Context()))
	b.mu.Lock()
	calls := len(b.calls)
	b.mu.Unlock()
	if calls == 0 {
		t.Fatal("the forum was not called")
	}
	kept := w.Logs.String() + w.Audit.String()
	for _, s := range []string{connectSecret, apiKey, "guessed", "sso=", "sig=", b.one().external, "mireia@coop.example", "Ñandú", "cb68251e"} {
		if strings.Contains(kept, s) {
			t.Errorf("%q is written down", s)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// In a browser that runs no script of ours: a person takes the language, leaves
// the address out, appears by pseudonym, and that is what is sent.
func TestTheConsentFormInABrowser(t *testing.T) {
	ctx, all := openBrowser(t), newThemes(t)
	sent := make(chan url.Values, 1)
	mux := http.NewServeMux()
	mux.Handle("/theme/", all.Assets())
	mux.HandleFunc("GET /login/consent", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'")
		_ = all.Render(w, Frame{Lang: "ca", Branding: bressola()}, firstConsent())
	})
	mux.HandleFunc("POST /login/consent", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		sent <- r.PostForm
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/login/consent")); err != nil {
		t.Fatal(err)
	}
	seen(t, ctx, "real")
	err := chromedp.Do(ctx,
		chromedp.Click("#appear-pseudonym"), chromedp.Click("#allow-email"), chromedp.Click("#allow-locale"))
	if err != nil {
		t.Fatal(err)
	}
	seen(t, ctx, "pseudonym")
	if err := chromedp.Do(ctx, chromedp.Click("#consent-allow")); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-sent:
		want := url.Values{
			"handle": {"abc"}, "token": {"tok"}, "answer": {"allow"}, "appear": {"pseudonym"}, "pseudonym": {"Òliba"},
			"allow": {"name", "preferred_username", "locale", "groups"}, "group": {"bressola"},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the form was not sent")
	}
}

// seen wants the values of one way to appear beside the items, and no others.
func seen(t *testing.T, ctx context.Context, kind string) {
	t.Helper()
	shown, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](
		`[...document.querySelectorAll(".as")].filter(e => e.getBoundingClientRect().height > 0).map(e => e.className)`))
	if err != nil {
		t.Fatal(err)
	}
	if want := slices.Repeat([]string{"as " + kind}, 3); !slices.Equal(shown, want) {
		t.Errorf("shown: %q, want %q", shown, want)
	}
}

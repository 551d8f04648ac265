// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The digest is of what stands in the page, to the byte: a space more and the
// browser refuses the script.
func TestFormPostScriptHashIsThatOfThePage(t *testing.T) {
	page := render(t, newThemes(t), Frame{}, FormPost{Action: "https://a.example/cb"})
	_, rest, _ := strings.Cut(page, "<script>")
	script, _, found := strings.Cut(rest, "</script>")
	if !found {
		t.Fatal("no script in the page")
	}
	sum := sha256.Sum256([]byte(script))
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; FormPostScriptHash() != want {
		t.Errorf("%s, want %s", FormPostScriptHash(), want)
	}
}

func TestFormPostToNowhere(t *testing.T) {
	page := render(t, newThemes(t), Frame{}, FormPost{Action: "javascript:alert(1)", Fields: []Field{{Name: "code", Value: "c0de"}}})
	if strings.Contains(page, "<form") || strings.Contains(page, "c0de") {
		t.Error("the answer is offered to an address that is none")
	}
}

// A browser that knows only the policy sends the form by itself.
func TestFormPostSubmitsItselfInABrowser(t *testing.T) {
	ctx := openBrowser(t)
	all := newThemes(t)
	received := make(chan string, 1)
	mux := http.NewServeMux()
	mux.Handle("/theme/", all.Assets())
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		origin := "http://" + r.Host
		w.Header().Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; style-src 'self'; img-src 'self'; script-src %s; form-action %s", FormPostScriptHash(), origin))
		if err := all.Render(w, Frame{Lang: "en"}, FormPost{Action: origin + "/callback", Fields: []Field{{Name: "code", Value: "c0de"}}}); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("POST /callback", func(w http.ResponseWriter, r *http.Request) {
		select {
		case received <- r.PostFormValue("code"):
		default:
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/authorize")); err != nil {
		t.Fatal(err)
	}
	select {
	case code := <-received:
		if code != "c0de" {
			t.Errorf("the service received %q", code)
		}
	case <-time.After(20 * time.Second):
		t.Error("the form was never sent")
	}
}

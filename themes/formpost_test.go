// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
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
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	all := newThemes(t)
	received := make(chan string, 1)
	var origin string
	mux := http.NewServeMux()
	mux.Handle("/theme/", all.Assets())
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
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
	origin = server.URL

	ctx, cancel := context.WithTimeout(context.Background(), 45*time.Second)
	defer cancel()
	profile, err := os.MkdirTemp("", "clau-browser-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(profile)
	run := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir="+profile, "--virtual-time-budget=5000", "--dump-dom", server.URL+"/authorize")
	// The browser is several processes, which must all be gone before its profile.
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	run.Cancel = func() error { return syscall.Kill(-run.Process.Pid, syscall.SIGKILL) }
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	defer run.Wait()
	defer cancel()
	select {
	case code := <-received:
		if code != "c0de" {
			t.Errorf("the service received %q", code)
		}
	case <-ctx.Done():
		t.Error("the form was never sent")
	}
}

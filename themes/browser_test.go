// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// openBrowser starts a browser that is gone when the test ends.
func openBrowser(t *testing.T) context.Context {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// serveStories answers /<story>, under the policy that the pages are made for.
func serveStories(t *testing.T) string {
	t.Helper()
	all := newThemes(t)
	told := map[string]story{}
	for _, s := range append(stories(), crowded()...) {
		told["/"+s.name] = s
	}
	mux := http.NewServeMux()
	mux.Handle("/theme/", all.Assets())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'")
		s := told[r.URL.Path]
		if s.page == nil {
			http.NotFound(w, r)
			return
		}
		if err := all.Render(w, s.frame, s.page); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// crowded are stories in which every text is one long word.
func crowded() []story {
	var all []story
	long := strings.Repeat("Cooperativa", 12)
	for _, p := range every() {
		frame := Frame{Here: "/", Person: long, Reference: long, Branding: Branding{Title: long}}
		all = append(all, story{"crowded-" + p.page(), frame, filledWith(p, long)})
	}
	return all
}

// measure finds what does not fit the window and what is too small to tap. The
// link of a service covers its whole card, and a box is ticked by its label.
// What is folded away is unfolded first.
const measure = `document.querySelectorAll("details").forEach(e => e.open = true), [
	document.documentElement.scrollWidth > innerWidth ? "the page is " + document.documentElement.scrollWidth + " wide" : "",
	...[...document.querySelectorAll("a, button, input:not([type=hidden]):not([hidden]), select, textarea, summary")]
		.map(e => e.matches("[type=checkbox], [type=radio]") ? e.closest("label") : e)
		.filter(e => !e.closest(".service-name") && e.getBoundingClientRect().height < 44)
		.map(e => e.outerHTML + " is " + e.getBoundingClientRect().height + " high")
].filter(fault => fault)`

// An old phone, a window at 200 % and a desktop: nothing scrolls sideways
// (WCAG 2.2 1.4.10) and all that one taps is 44 px high (2.5.5).
func TestPagesFitSmallWindowsAndFingers(t *testing.T) {
	ctx, origin := openBrowser(t), serveStories(t)
	for _, width := range []int64{320, 640, 1280} {
		for _, s := range append(stories(), crowded()...) {
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(origin+"/"+s.name)); err != nil {
				t.Fatal(err)
			}
			faults, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](measure))
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range faults {
				t.Errorf("%s at %d px: %s", s.name, width, fault)
			}
		}
	}
}

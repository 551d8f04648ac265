// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// stepTime is the longest that one step in Chromium may take.
const stepTime = 30 * time.Second

// Chromium is a [Browser] as people have it, with JavaScript turned off: what
// works here works for everybody.
type Chromium struct {
	t       testing.TB
	browser context.Context
}

var _ Browser = (*Chromium)(nil)

// NewChromium starts a browser with a profile of its own, and ends it with the
// test. Without Chromium on the machine the test is skipped.
func NewChromium(t testing.TB) *Chromium {
	program := Program(t, "chromium")
	profile, err := os.MkdirTemp("", "clau-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	allocated, release := chromedp.NewExecAllocator(context.Background(), flags(program, profile)...)
	browser, closeBrowser := chromedp.NewContext(allocated)
	t.Cleanup(func() {
		closeBrowser()
		release()
		os.RemoveAll(profile) // what is left of it is of no use to anybody
	})
	// The first Run starts the program; a deadline on it would end the program
	// with it, so a slow start is ended by the test's own time.
	if err := chromedp.Do(browser, withoutScripts()); err != nil {
		t.Fatalf("chromium does not start: %v", err)
	}
	return &Chromium{t: t, browser: browser}
}

// Speaks makes the browser ask for pages in a language.
func (c *Chromium) Speaks(lang string) {
	c.t.Helper()
	c.tell("language", "Network.setExtraHTTPHeaders", map[string]any{"headers": map[string]string{"Accept-Language": lang}})
}

// Phone gives the browser the screen of a phone.
func (c *Chromium) Phone() {
	c.t.Helper()
	c.tell("phone", "Emulation.setDeviceMetricsOverride", map[string]any{"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true})
}

// Desk gives it a large screen again.
func (c *Chromium) Desk() {
	c.t.Helper()
	c.tell("desk", "Emulation.clearDeviceMetricsOverride", nil)
}

// Frames are the addresses of the frames within the page. That of one which the
// browser refused to draw begins with "chrome-error:".
func (c *Chromium) Frames() []string {
	c.t.Helper()
	type frame struct {
		URL string `json:"url"`
	}
	type child struct {
		Frame frame `json:"frame"`
	}
	var tree struct {
		FrameTree struct {
			ChildFrames []child `json:"childFrames"`
		} `json:"frameTree"`
	}
	ask(c, "frames", chromedp.Func(func(ctx context.Context, page *chromedp.Target) error {
		return page.Call(ctx, "Page.getFrameTree", nil, &tree)
	}))
	var out []string
	for _, f := range tree.FrameTree.ChildFrames {
		out = append(out, f.Frame.URL)
	}
	return out
}

// tell sends a command of the DevTools protocol.
func (c *Chromium) tell(what, method string, parameters any) {
	c.t.Helper()
	ask(c, what, chromedp.Func(func(ctx context.Context, page *chromedp.Target) error {
		return page.Call(ctx, method, parameters, nil)
	}))
}

// flags keep Chromium to itself: no window, no update, no call home.
func flags(program, profile string) []chromedp.ExecAllocatorOption {
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(program), chromedp.UserDataDir(profile),
		chromedp.WindowSize(1280, 1000), chromedp.Flag("lang", "en")}
	for _, name := range []string{"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
		"disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage",
		"disable-default-apps", "disable-extensions", "no-default-browser-check", "mute-audio"} {
		options = append(options, chromedp.Flag(name, true))
	}
	return options
}

// withoutScripts turns JavaScript off for good.
func withoutScripts() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, page *chromedp.Target) error {
		return page.Call(ctx, "Emulation.setScriptExecutionDisabled", map[string]bool{"value": true}, nil)
	})
}

// typeOver marks all of the field that has the focus, and types over it: what
// sets a field's value by script does nothing where there are no scripts.
func typeOver(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, page *chromedp.Target) error {
		for _, kind := range []string{"keyDown", "keyUp"} {
			err := page.Call(ctx, "Input.dispatchKeyEvent", map[string]any{"type": kind, "commands": []string{"selectAll"}}, nil)
			if err != nil {
				return err
			}
		}
		return page.Call(ctx, "Input.insertText", map[string]string{"text": text}, nil)
	})
}

// ask runs an action that reads something.
func ask[T any](c *Chromium, what string, action chromedp.Action[T]) T {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.browser, stepTime)
	defer cancel()
	answer, err := chromedp.Run(ctx, action)
	if err != nil {
		c.t.Fatalf("%s: %v", what, err)
	}
	return answer
}

// goes runs an action that leads to another page, and waits for that.
func (c *Chromium) goes(what string, action chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.browser, stepTime)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, action); err != nil {
		c.t.Fatalf("%s at %s: %v", what, c.Address(), err)
	}
}

// Open goes to an address.
func (c *Chromium) Open(address string) {
	c.t.Helper()
	c.goes("open "+address, chromedp.Navigate(address))
}

// Fill writes into a field.
func (c *Chromium) Fill(id, text string) {
	c.t.Helper()
	field := chromedp.CSS(id)
	ask(c, "fill "+id, chromedp.Steps(chromedp.Focus(field), typeOver(text)))
}

// Tick clicks on a box or a radio button.
func (c *Chromium) Tick(id string) {
	c.t.Helper()
	ask(c, "tick "+id, chromedp.Click(chromedp.CSS(id)))
}

// Press presses a button or follows a link.
func (c *Chromium) Press(what string) {
	c.t.Helper()
	if strings.HasPrefix(what, "#") {
		c.goes("press "+what, chromedp.Click(chromedp.CSS(what)))
		return
	}
	words := strconv.Quote(what)
	path := "//*[self::a[@href] or self::button][normalize-space(.)=" + words + "] | //input[@type='submit'][@value=" + words + "]"
	c.goes("press "+what, chromedp.Click(chromedp.Search(path)))
}

// Address is where the browser is.
func (c *Chromium) Address() string {
	c.t.Helper()
	return ask(c, "address", chromedp.Location())
}

// Text is what can be read on the page.
func (c *Chromium) Text() string {
	c.t.Helper()
	text := ask(c, "text", chromedp.Evaluate[string]("document.body.innerText"))
	return strings.Join(strings.Fields(text), " ")
}

// Has reports whether the page has the element.
func (c *Chromium) Has(id string) bool {
	c.t.Helper()
	return ask(c, "look for "+id, chromedp.Evaluate[bool]("document.querySelector("+strconv.Quote(id)+") !== null"))
}

// Value is a field's value, or an element's words.
func (c *Chromium) Value(id string) string {
	c.t.Helper()
	return ask(c, "value of "+id, chromedp.Evaluate[string](
		"(e => e.value || e.innerText)(document.querySelector("+strconv.Quote(id)+"))"))
}

// Picture returns the page as PNG, for a person to look at when a story fails.
func (c *Chromium) Picture() []byte {
	c.t.Helper()
	return ask(c, "picture", chromedp.FullScreenshot(100))
}

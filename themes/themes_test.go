// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// builtIn is read once: nothing changes it, and it takes long.
var builtIn = sync.OnceValues(func() (*Themes, error) { return New(Config{}) })

func newThemes(t testing.TB) *Themes {
	t.Helper()
	all, err := builtIn()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func render(t testing.TB, all *Themes, f Frame, p Page) string {
	t.Helper()
	var out bytes.Buffer
	if err := all.Render(&out, f, p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func overlay(name, content string) Config {
	return Config{Overlay: fstest.MapFS{name: {Data: []byte(content)}}}
}

func TestAnOverlayReplacesWhatItNames(t *testing.T) {
	tests := []struct {
		name, file, content, want string
	}{
		{"a template", "templates/privacy.html", `{{define "title"}}T{{end}}{{define "main"}}<p>ours</p>{{end}}`, "<p>ours</p>"},
		{"a part", "templates/parts.html", strings.Replace(string(mustRead(t, "templates/parts.html")), `<svg class="mark"`, `<svg class="our-mark"`, 1), "our-mark"},
		{"markup in a sentence, as text", "locales/ca.json", `{"privacy.lead": "a <b>b</b> & c"}`, "a &lt;b&gt;b&lt;/b&gt; &amp; c"},
		{"one sentence", "locales/ca.json", `{"privacy.lead": "Frase nostra."}`, "Frase nostra."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			all, err := New(overlay(test.file, test.content))
			if err != nil {
				t.Fatal(err)
			}
			page := render(t, all, Frame{Lang: "ca"}, Privacy{})
			if !strings.Contains(page, test.want) {
				t.Errorf("no %q in\n%s", test.want, page)
			}
		})
	}
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	content, err := embedded.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestAnOverlayAddsALanguage(t *testing.T) {
	words := strings.Replace(string(mustRead(t, "locales/es.json")), "Castellano", "Galego", 1)
	all, err := New(overlay("locales/gl.json", words))
	if err != nil {
		t.Fatal(err)
	}
	if got := all.Match("gl-ES"); got != "gl" {
		t.Errorf("gl-ES is served in %q", got)
	}
	if page := render(t, all, Frame{Lang: "gl", Here: "/"}, Privacy{}); !strings.Contains(page, `lang="gl" hreflang="gl" aria-current="true">Galego`) {
		t.Error("no language link for the new language")
	}
}

// A designer's mistake must show when Clau starts, not when a person comes.
func TestFaultsShowAtTheStart(t *testing.T) {
	tests := []struct {
		name, file, content, want string
	}{
		{"a misspelt path", "template/login.html", "", "template/login.html replaces nothing"},
		{"a kind of file that is not served", "assets/page.exe", "", "assets/page.exe replaces nothing"},
		{"a template that does not parse", "templates/login.html", "{{if}}", "templates/login.html"},
		{"a field that the page does not have", "templates/login.html", `{{define "title"}}{{end}}{{define "main"}}{{.Page.Nmae}}{{end}}`, "Nmae"},
		{"a field in a branch that is seldom taken", "templates/login.html", `{{define "title"}}{{end}}{{define "main"}}{{with .Page.Cancel}}{{$.Page.Nmae}}{{end}}{{end}}`, "Nmae"},
		{"a template without its main part", "templates/login.html", `{{define "title"}}{{end}}`, "templates/login.html"},
		{"a sentence that nobody wrote", "templates/login.html", `{{define "title"}}{{end}}{{define "main"}}{{t "login.poem"}}{{end}}`, "login.poem"},
		{"a placeholder forgotten", "templates/login.html", `{{define "title"}}{{end}}{{define "main"}}{{if .Page.Name}}{{else}}{{t "logout.asked"}}{{end}}{{end}}`, "needs the placeholders [service]"},
		{"a locale that is no JSON", "locales/ca.json", "login = x", "locales/ca.json"},
		{"a sentence twice", "locales/ca.json", `{"login.wrong": "a", "login.wrong": "b"}`, "login.wrong comes twice"},
		{"a placeholder lost in translation", "locales/en.json", `{"logout.asked": "Log out?"}`, "logout.asked must hold the placeholders [service]"},
		{"a key misspelt", "locales/en.json", `{"login.worng": "No."}`, "nothing uses login.worng"},
		{"a language half done", "locales/eu.json", `{"language.name": "Euskara"}`, "locales/eu.json: no login.wrong"},
		{"a mail that does not parse", "mails/letter.txt", "{{end}}", "mails/letter.txt"},
		{"a mail without a subject", "mails/letter.txt", `{{define "body"}}x{{end}}`, "subject"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := New(overlay(test.file, test.content))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("want a fault with %q, got %v", test.want, err)
			}
		})
	}
}

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	_, err := New(Config{Overlay: fstest.MapFS{
		"templates/login.html":  {Data: []byte("{{if}}")},
		"templates/portal.html": {Data: []byte("{{else}}")},
		"mails/letter.html":     {Data: []byte("{{end}}")},
	}})
	for _, want := range []string{"login.html", "portal.html", "letter.html"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
}

func TestTheDefaultLanguageMustExist(t *testing.T) {
	if _, err := New(Config{Language: "tlh"}); err == nil {
		t.Error("a default language without words is accepted")
	}
}

func TestAnUnknownLanguageFallsBack(t *testing.T) {
	all, err := New(Config{Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	if page := render(t, all, Frame{Lang: "xx"}, Login{}); !strings.Contains(page, `<html lang="en">`) {
		t.Error("not the default language")
	}
}

// unknownPage cannot come from another package; a page forgotten in every could.
type unknownPage struct{ Login }

func (unknownPage) page() string { return "unheard-of" }

func TestNothingIsWrittenWhenRenderingFails(t *testing.T) {
	var out bytes.Buffer
	if err := newThemes(t).Render(&out, Frame{}, unknownPage{}); err == nil || out.Len() > 0 {
		t.Errorf("err %v, %d bytes written", err, out.Len())
	}
}

func TestManyRenderAtOnce(t *testing.T) {
	all := newThemes(t)
	want := render(t, all, Frame{Lang: "es"}, Login{Name: "marta"})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				var out bytes.Buffer
				if err := all.Render(&out, Frame{Lang: "es"}, Login{Name: "marta"}); err != nil || out.String() != want {
					t.Error("pages mix", err)
					return
				}
			}
		})
	}
	group.Wait()
}

func BenchmarkRenderLogin(b *testing.B) {
	all := newThemes(b)
	frame := Frame{Lang: "ca", Here: "/login?return=%2F"}
	page := Login{Action: "/login", Fields: []Field{{Name: "csrf", Value: "tok"}}, Service: &ServiceView{Title: "El Núvol", Host: "nuvol.example", Collective: "La Bressola"}}
	for b.Loop() {
		if err := all.Render(io.Discard, frame, page); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	all := newThemes(b)
	for b.Loop() {
		all.Match("", "", "ca-ES,ca;q=0.9,es;q=0.8,en;q=0.7")
	}
}

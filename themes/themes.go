// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"sync"
)

// Config says what to show instead of Clau's own. The zero value works.
type Config struct {
	// Overlay replaces files by path: "templates/login.html",
	// "assets/clau.css", "locales/ca.json" … nil: none.
	Overlay fs.FS

	// Language is the tag of the language for people of whom no wish is known
	// or can be met. Empty: Catalan.
	Language string
}

// Themes renders pages and mails. It is safe for concurrent use.
type Themes struct {
	locales   locales
	assets    *assets
	pages     map[string]pageSet                       // by language
	documents map[string]map[string]*template.Template // by language and name
	mails     map[string]mails                         // by language
	matcher   matcher
	fallback  string
	buffers   sync.Pool
}

// New reads and checks all that people may see. The error holds every fault.
func New(c Config) (*Themes, error) {
	files, err := newFiles(c.Overlay)
	if err != nil {
		return nil, err
	}
	t := &Themes{fallback: c.Language, buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }}}
	if t.fallback == "" {
		t.fallback = "ca"
	}
	var faults []error
	t.locales, err = readLocales(files)
	faults = append(faults, err)
	if t.locales[t.fallback] == nil {
		return nil, errors.Join(append(faults, fmt.Errorf("themes: no locale file for the default language %q", t.fallback))...)
	}
	t.assets, err = readAssets(files)
	faults = append(faults, err)
	t.matcher = newMatcher(t.fallback, t.locales)
	faults = append(faults, t.checkChosen(), t.readPages(files), t.readDocuments(files), t.readMails(files))
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return t, nil
}

// Render writes a whole page. Nothing is written when it fails. A language that
// is not one of [Themes.Languages] becomes the default one.
func (t *Themes) Render(w io.Writer, f Frame, p Page) error {
	f.Lang = t.known(f.Lang)
	tmpl, found := t.pages[f.Lang][p.page()]
	if !found {
		return fmt.Errorf("themes: no template for page %q", p.page())
	}
	buf := t.buffers.Get().(*bytes.Buffer)
	defer t.buffers.Put(buf)
	buf.Reset()
	if err := tmpl.Execute(buf, t.view(f, p)); err != nil {
		return fmt.Errorf("themes: %w", err)
	}
	_, err := w.Write(buf.Bytes())
	return err
}

func (t *Themes) known(lang string) string {
	if t.locales[lang] == nil {
		return t.fallback
	}
	return lang
}

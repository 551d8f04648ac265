// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"errors"
	"fmt"
	"html/template"
	"io"
)

// documents are what people take home: each is one file that needs no other.
func documents() map[string]any {
	return map[string]any{"export": Export{}}
}

// paper is what a template of a document sees.
type paper struct {
	Lang string
	Page any
}

func (t *Themes) readDocuments(f files) error {
	t.documents = map[string]map[string]*template.Template{}
	var faults []error
	for tag := range t.locales {
		t.documents[tag] = map[string]*template.Template{}
		for name, example := range documents() {
			faults = append(faults, t.readDocument(f, tag, name, example))
		}
	}
	return errors.Join(faults...)
}

func (t *Themes) readDocument(f files, tag, name string, example any) error {
	file := "templates/" + name + ".html"
	content, err := f.read(file)
	if err != nil {
		return fmt.Errorf("themes: %s: %w", file, err)
	}
	tmpl, err := template.New(name).Funcs(t.functions(tag)).Parse(string(content))
	if err != nil {
		return fmt.Errorf("themes: %s: %w", file, err)
	}
	if err := t.checkWords(file, htmlTrees(tmpl)); err != nil {
		return err
	}
	t.documents[tag][name] = tmpl
	for _, trial := range []any{example, filledAny(example)} {
		if err := tmpl.Execute(io.Discard, paper{Lang: tag, Page: trial}); err != nil {
			return fmt.Errorf("themes: %s: %w", file, err)
		}
	}
	return nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"errors"
	"fmt"
	html "html/template"
	"strings"
	text "text/template"
	"time"
)

// Letter is a mail to one person, before it has words. What an occasion does
// not need is empty.
type Letter struct {
	Kind       string // the occasion: its words are "mail.<kind>.…"
	Person     string // display name of who gets it; empty: greeted without one
	Letterhead Letterhead

	Name  string // of somebody else whom it is about
	Text  string // somebody's own words, shown as such
	Link  string // URL of the button
	Code  string // to be typed instead of following the link
	Until time.Time
	Count int

	At   time.Time // when it happened, in the zone to show it in
	Host string    // of the issuer, as people know it
}

// Letterhead is in whose name a letter is written.
type Letterhead struct {
	Title   string // of the collective; empty: none in particular
	Colour  string // "#rrggbb"; anything else is Clau's own
	Contact string // address for questions; may be empty
}

// Mail is a letter with its words, as it is sent.
type Mail struct {
	Subject string // one line
	Text    string
	HTML    string
	Lang    string // BCP 47 tag of what is written
}

// mails are the two forms of a letter, in one language.
type mails struct {
	text *text.Template // defines "subject" and "body"
	html *html.Template
}

// Letter writes a letter in a language. The subject is one line, whatever the
// letter holds. A kind that has no words is an error.
func (t *Themes) Letter(lang string, l Letter) (Mail, error) {
	lang = t.known(lang)
	if occasions()[l.Kind] == nil {
		return Mail{}, fmt.Errorf("themes: no words for a letter %q", l.Kind)
	}
	sheet, m := t.sheet(lang, l), t.mails[lang]
	var head, plain, rich strings.Builder
	err := errors.Join(
		m.text.ExecuteTemplate(&head, "subject", sheet),
		m.text.ExecuteTemplate(&plain, "body", sheet),
		m.html.Execute(&rich, sheet),
	)
	if err != nil {
		return Mail{}, fmt.Errorf("themes: letter %q: %w", l.Kind, err)
	}
	return Mail{
		Subject: strings.Join(strings.Fields(head.String()), " "),
		Text:    strings.TrimSpace(plain.String()) + "\n",
		HTML:    rich.String(),
		Lang:    lang,
	}, nil
}

// readMails reads the two forms and writes every kind of letter once in every
// language: a field misspelt in an overlay shows at the start.
func (t *Themes) readMails(f files) error {
	t.mails = map[string]mails{}
	var faults []error
	for tag := range t.locales {
		if err := t.readMail(f, tag); err != nil {
			faults = append(faults, err)
			continue
		}
		for kind := range occasions() {
			_, err := t.Letter(tag, Letter{Kind: kind, Text: "x", Link: "https://x.example/", Code: "x"})
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

func (t *Themes) readMail(f files, tag string) error {
	plain, err := f.read("mails/letter.txt")
	if err != nil {
		return fmt.Errorf("themes: mails/letter.txt: %w", err)
	}
	rich, err := f.read("mails/letter.html")
	if err != nil {
		return fmt.Errorf("themes: mails/letter.html: %w", err)
	}
	functions := map[string]any{
		"t":        t.functions(tag)["t"],
		"language": func() string { return tag },
		"link":     link,
	}
	var m mails
	if m.text, err = text.New("letter").Funcs(functions).Parse(string(plain)); err != nil {
		return fmt.Errorf("themes: mails/letter.txt: %w", err)
	}
	if m.html, err = html.New("letter").Funcs(functions).Parse(string(rich)); err != nil {
		return fmt.Errorf("themes: mails/letter.html: %w", err)
	}
	t.mails[tag] = m
	return errors.Join(
		t.checkWords("mails/letter.txt", textTrees(m.text)),
		t.checkWords("mails/letter.html", htmlTrees(m.html)),
	)
}

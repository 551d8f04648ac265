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

// PasswordChanged is the mail "password-changed": it goes to every address of a
// person whose password was changed, so that a thief cannot do it unseen.
type PasswordChanged struct {
	Person  string    // display name
	At      time.Time // when, in the zone to show it in
	Account string    // URL of the account page
	Host    string    // of the issuer, as people know it
}

// mailSet is the mails of one language.
type mailSet map[string]mailTemplates

type mailTemplates struct {
	text *text.Template // defines "subject" beside the body
	html *html.Template
}

// letters are the mails that there are, each with an example of its data.
func letters() map[string]any {
	return map[string]any{
		"password-changed": PasswordChanged{Person: "x", At: time.Unix(0, 0), Account: "https://x.example/account", Host: "x.example"},
	}
}

// Mail writes the mail of a name in a language, from the data that belongs to
// it. The subject is one line, whatever the data holds.
func (t *Themes) Mail(name, lang string, data any) (subject, body, htmlBody string, err error) {
	m, found := t.mails[t.known(lang)][name]
	if !found {
		return "", "", "", fmt.Errorf("themes: no mail %q", name)
	}
	var head, plain, rich strings.Builder
	err = errors.Join(
		m.text.ExecuteTemplate(&head, "subject", data),
		m.text.ExecuteTemplate(&plain, "body", data),
		m.html.Execute(&rich, data),
	)
	if err != nil {
		return "", "", "", fmt.Errorf("themes: mail %q: %w", name, err)
	}
	return strings.Join(strings.Fields(head.String()), " "), strings.TrimSpace(plain.String()) + "\n", rich.String(), nil
}

func (t *Themes) readMails(f files) error {
	t.mails = map[string]mailSet{}
	var faults []error
	for tag := range t.locales {
		t.mails[tag] = mailSet{}
		for name, example := range letters() {
			if err := t.readMail(f, tag, name); err != nil {
				faults = append(faults, err)
				continue
			}
			if _, _, _, err := t.Mail(name, tag, example); err != nil {
				faults = append(faults, err)
			}
		}
	}
	return errors.Join(faults...)
}

func (t *Themes) readMail(f files, tag, name string) error {
	plain, err := f.read("mails/" + name + ".txt")
	if err != nil {
		return fmt.Errorf("themes: mails/%s.txt: %w", name, err)
	}
	rich, err := f.read("mails/" + name + ".html")
	if err != nil {
		return fmt.Errorf("themes: mails/%s.html: %w", name, err)
	}
	functions := t.mailFunctions(tag)
	m := mailTemplates{}
	if m.text, err = text.New(name).Funcs(functions).Parse(string(plain)); err != nil {
		return fmt.Errorf("themes: mails/%s.txt: %w", name, err)
	}
	if m.html, err = html.New(name).Funcs(functions).Parse(string(rich)); err != nil {
		return fmt.Errorf("themes: mails/%s.html: %w", name, err)
	}
	t.mails[tag][name] = m
	return errors.Join(
		t.checkWords("mails/"+name+".txt", textTrees(m.text)),
		t.checkWords("mails/"+name+".html", htmlTrees(m.html)),
	)
}

// mailFunctions are what mails may call: t, link, language (the tag), and moment,
// which writes a time in the language.
func (t *Themes) mailFunctions(lang string) map[string]any {
	return map[string]any{
		"t":        t.functions(lang)["t"],
		"language": func() string { return lang },
		"link":     link,
		"moment":   func(at time.Time) string { return t.DateTime(lang, at) },
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"fmt"
	"time"
)

// PasswordChanged is the letter "password-changed" as it was asked for before
// there were others. Use [Themes.Letter].
type PasswordChanged struct {
	Person  string
	At      time.Time
	Account string
	Host    string
}

// Mail writes it.
func (t *Themes) Mail(name, lang string, data any) (subject, body, htmlBody string, err error) {
	p, ok := data.(PasswordChanged)
	if !ok || name != "password-changed" {
		return "", "", "", fmt.Errorf("themes: no mail %q", name)
	}
	m, err := t.Letter(lang, Letter{Kind: name, Person: p.Person, At: p.At, Link: p.Account, Host: p.Host})
	return m.Subject, m.Text, m.HTML, err
}

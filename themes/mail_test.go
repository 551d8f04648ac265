// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"strings"
	"testing"
	"time"
)

func martasMail() PasswordChanged {
	return PasswordChanged{
		Person: "Marta", At: time.Date(2026, 11, 22, 9, 5, 0, 0, time.FixedZone("CET", 3600)),
		Account: "https://id.commons.example/account", Host: "id.commons.example",
	}
}

func TestGoldenMails(t *testing.T) {
	all := newThemes(t)
	for _, language := range all.Languages() {
		subject, plain, rich, err := all.Mail("password-changed", language.Tag, martasMail())
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "mail-password-changed."+language.Tag+".txt", "Subject: "+subject+"\n\n"+plain)
		golden(t, "mail-password-changed."+language.Tag+".html", rich)
	}
}

func TestAMailCannotBeBentByAName(t *testing.T) {
	evil := martasMail()
	evil.Person = "Marta\r\nBcc: all@example.org\r\n\r\n<script>alert(1)</script>"
	evil.Account = "javascript:alert(1)"
	all, err := New(overlay("mails/password-changed.txt", `{{define "subject"}}{{.Person}}{{end}}{{define "body"}}{{.Person}}{{end}}`))
	if err != nil {
		t.Fatal(err)
	}
	subject, _, rich, err := all.Mail("password-changed", "ca", evil)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(subject, "\r\n") {
		t.Errorf("the subject is more than a line: %q", subject)
	}
	if strings.Contains(rich, "<script") || strings.Contains(rich, "javascript:") {
		t.Error(rich)
	}
}

// A mail is read where no stylesheet is and where pictures betray the reader.
func TestMailsFetchNothing(t *testing.T) {
	_, _, rich, err := newThemes(t).Mail("password-changed", "en", martasMail())
	if err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{"<img", "<link", "<script", "<style", "src=", "url("} {
		if strings.Contains(rich, forbidden) {
			t.Errorf("%s in a mail", forbidden)
		}
	}
}

func TestMailFaults(t *testing.T) {
	all := newThemes(t)
	if _, _, _, err := all.Mail("no-such", "ca", nil); err == nil {
		t.Error("a mail that does not exist is written")
	}
	if subject, plain, rich, err := all.Mail("password-changed", "ca", struct{}{}); err == nil || subject+plain+rich != "" {
		t.Error("a mail without its data is written")
	}
}

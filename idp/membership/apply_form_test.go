// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"net/mail"
	"strings"
	"testing"
	"unicode/utf8"

	"commonscloud.coop/clau/idp/directory"
)

// Whatever somebody types: what passes is one address, a handle that can be
// given, and text that says what it shows, no longer than it may be.
func FuzzApplication(f *testing.F) {
	f.Add("marta", "Marta Puig", "marta@example.coop", "Hola!", "vermella")
	f.Add(" Marta ", "", "a@b.example, c@d.example", "x\u202ey", "VERMÉLLA")
	f.Add("admin", "a\x00b", "\"a b\"@example.coop", strings.Repeat("à", 501), "\xff")
	f.Add("a..b", strings.Repeat("x", 101), "a@example.coop\r\nBcc: b@example.coop", "una\r\ndues", "I\u0307")
	f.Fuzz(func(t *testing.T, handle, name, address, words, answer string) {
		a := Application{Handle: directory.Handle(handle), Name: name, Mail: address, Words: words, Language: answer}.tidy()
		_ = answered(directory.Settings{Question: map[string]string{"ca": "?"}, Answers: []string{answer}}, words)
		if len(a.faults()) > 0 {
			return
		}
		parsed, err := mail.ParseAddress(a.Mail)
		if err != nil || parsed.Address != a.Mail || strings.ContainsAny(a.Mail, " \r\n,<>\"") || len(a.Mail) > mailMax {
			t.Errorf("address %q", a.Mail)
		}
		if !a.Handle.Valid() || a.Name == "" || utf8.RuneCountInString(a.Name) > nameMax || utf8.RuneCountInString(a.Words) > wordsMax {
			t.Errorf("handle %q, name %q", a.Handle, a.Name)
		}
		if !utf8.ValidString(a.Name+a.Words) || strings.ContainsAny(a.Name+a.Words, "\x00\x1b\u202e\u2066") {
			t.Errorf("name %q, words %q", a.Name, a.Words)
		}
	})
}

func TestAnAddressIsPlain(t *testing.T) {
	for address, plain := range map[string]bool{
		"a@b.example": true, "a.b+c@d.example": true, "A@B.EXAMPLE": true, "a@xn--bcher-kva.example": true,
		"": false, "a": false, "a@": false, "@b.example": false, "a@localhost": false, "a@b.example, c@d.example": false,
		"à@b.example": false, "a@bücher.example": false, "\"a b\"@b.example": false, "a@[192.0.2.1]": false, "a@b.example ": false,
		"A <a@b.example>": false, "a@b.example\r\nBcc: c@d.example": false, "a\u200b@b.example": false, "a(x)@b.example": false,
		strings.Repeat("a", 250) + "@b.example": false,
	} {
		if PlainAddress(address) != plain {
			t.Errorf("%q: %v", address, !plain)
		}
	}
}

func TestWhatIsUnseen(t *testing.T) {
	for _, r := range "\x00\a\n\t\x7f\u0085\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufffd" {
		if !Unseen(r) || textFault("a"+string(r), 9) == "" && r != '\n' && r != '\t' {
			t.Errorf("%U is seen", r)
		}
	}
	for _, r := range "aàç·ŀ 中\u200d😀-'’" {
		if Unseen(r) {
			t.Errorf("%q is not", r)
		}
	}
}

func TestFold(t *testing.T) {
	for _, pair := range [][2]string{{"Vermella", " VERMÉLLA "}, {"straße", "STRASSE"}, {"l·l", "L·L"}, {"ﬁ", "fi"}, {"dues  paraules", "Dues Paraules"}, {"ç", "C"}} {
		if fold(pair[0]) != fold(pair[1]) {
			t.Errorf("%q is %q, %q is %q", pair[0], fold(pair[0]), pair[1], fold(pair[1]))
		}
	}
	if fold("roja") == fold("groga") {
		t.Error("all is one")
	}
}

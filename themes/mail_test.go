// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// martasLetter holds something in every field.
func martasLetter(kind string) Letter {
	zone := time.FixedZone("CET", 3600)
	return Letter{
		Kind: kind, Person: "Marta", Name: "Pau Roca",
		Letterhead: Letterhead{Title: "La Bressola", Colour: "#f2c94c", Contact: "hola@bressola.example"},
		Text:       "Gràcies per escriure’ns.\n\nEns veiem dimarts?", Code: "4821 0937", Count: 3,
		Link:  "https://id.commons.example/join/prove?t=Zm9v.bar",
		Until: time.Date(2026, 12, 6, 9, 5, 0, 0, zone), At: time.Date(2026, 11, 22, 9, 5, 0, 0, zone),
		Host: "id.commons.example",
	}
}

func write(t *testing.T, all *Themes, lang string, l Letter) Mail {
	t.Helper()
	m, err := all.Letter(lang, l)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// coded are the letters with a code to type.
func coded(kind string) bool { return kind == "prove-address" || kind == "new-address" }

// Every letter in every language, as people get it: its subject, its text, and
// the same in HTML.
func TestGoldenMails(t *testing.T) {
	all := newThemes(t)
	for _, kind := range MailKinds() {
		for _, language := range all.Languages() {
			l := martasLetter(kind)
			if !coded(kind) {
				l.Code = ""
			}
			m := write(t, all, language.Tag, l)
			golden(t, "mail/"+kind+"."+language.Tag+".txt", "Subject: "+m.Subject+"\n\n"+m.Text+"\n"+m.HTML)
		}
	}
}

// The text says all that the HTML says: neither is for second-rate readers.
func TestBothFormsSayTheSame(t *testing.T) {
	all := newThemes(t)
	for _, kind := range MailKinds() {
		m := write(t, all, "ca", martasLetter(kind))
		for _, sentence := range paragraphs(t, m.HTML) {
			if !strings.Contains(flat(m.Text), sentence) {
				t.Errorf("%s: the text does not say %q", kind, sentence)
			}
		}
	}
}

func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

// paragraphs are the sentences of a page's body.
func paragraphs(t *testing.T, page string) []string {
	t.Helper()
	var all []string
	for _, n := range parsePage(t, page).elements {
		if n.Data != "p" && n.Data != "blockquote" {
			continue
		}
		for c := range n.Descendants() {
			if s := strings.TrimSpace(c.Data); c.Type == html.TextNode && s != "" {
				all = append(all, flat(s))
			}
		}
	}
	return all
}

// Nothing of a letter is fetched: a picture from elsewhere would tell who reads
// it and when. What is coloured says both colours, and no form asks for anything.
func TestMailsFetchNothing(t *testing.T) {
	all := newThemes(t)
	for _, kind := range MailKinds() {
		rich := write(t, all, "en", martasLetter(kind)).HTML
		for _, forbidden := range []string{"<img", "<link", "<script", "<style", "<table", "<form", "<input", "src=", "url("} {
			if strings.Contains(rich, forbidden) {
				t.Errorf("%s: %s in a mail", kind, forbidden)
			}
		}
		for _, n := range parsePage(t, rich).elements {
			style := attr(n, "style")
			if strings.Contains(style, "background") != strings.Contains(";"+style, ";color:") {
				t.Errorf("%s: <%s style=%q> says one colour of two", kind, n.Data, style)
			}
		}
	}
}

// Whatever colour a collective has, the band and the button can be read, and
// what is no colour never reaches a style.
func TestColoursOfMails(t *testing.T) {
	all := newThemes(t)
	for _, hex := range []string{"#000000", "#ffffff", "#f2c94c", "#777777", "#ff0000", "", "red", "#123", "#12345g", "#123456;background:url(//x.example)"} {
		l := martasLetter("accepted")
		l.Letterhead.Colour = hex
		rich := write(t, all, "ca", l).HTML
		_, after, _ := strings.Cut(rich, "background-color:")
		back, ok := parseColour(after[:7])
		front, ok2 := parseColour(strings.TrimPrefix(after[7:], ";color:")[:7])
		if !ok || !ok2 || contrast(back, front) < 4.5 {
			t.Errorf("%q became %q", hex, after[:22])
		}
		if strings.Contains(rich, "x.example)") {
			t.Errorf("%q reached a style", hex)
		}
	}
}

// bending are names and words that would make a mail be something else.
func bending() []string {
	return append(hostile(),
		"Marta\r\nBcc: all@example.org\r\n\r\nHola",
		"Marta\nSubject: x", "Marta\u2028Bcc: x", "Marta\x00\x1b[31m", "\u202egpj.atraM", "\u2066a\u2069\u200f", "\ufeff",
		strings.Repeat("ä", 70_000), "http://evil.example/gift", "www.evil.example", "pau@evil.example",
		"</blockquote><p>Escriu-nos la contrasenya", "-- \nla cooperativa",
	)
}

func TestAMailCannotBeBentByWhatPeopleWrite(t *testing.T) {
	all := newThemes(t)
	for _, kind := range MailKinds() {
		sound := parsePage(t, write(t, all, "ca", martasLetter(kind)).HTML)
		for _, evil := range bending() {
			l := martasLetter(kind)
			l.Person, l.Name, l.Text, l.Code, l.Link = evil, evil, evil, evil, evil
			l.Letterhead = Letterhead{evil, evil, evil}
			m := write(t, all, "ca", l)
			if strings.ContainsAny(m.Subject, "\r\n\x00\x1b") || len([]rune(m.Subject)) > 200 {
				t.Errorf("%s: the subject is %q", kind, m.Subject)
			}
			if strings.ContainsAny(m.Text+m.HTML, "\r\x00\x1b\u202e\u2066\u200f\ufeff\u2028") || len(m.Text) > 20_000 {
				t.Errorf("%s: %.40q passed", kind, evil)
			}
			checkMailElements(t, kind, sound, parsePage(t, m.HTML))
		}
	}
}

// checkMailElements wants the elements that a letter has with harmless text, or
// fewer, or more lines; and no address of anybody's making.
func checkMailElements(t *testing.T, kind string, sound, bent *document) {
	t.Helper()
	known := map[string]bool{"br": true, "blockquote": true}
	for _, n := range sound.elements {
		known[n.Data] = true
	}
	for _, n := range bent.elements {
		if !known[n.Data] {
			t.Errorf("%s: became <%s>", kind, n.Data)
		}
		for _, a := range n.Attr {
			if !slices.Contains([]string{"lang", "charset", "name", "content", "style", "href", "dir"}, a.Key) {
				t.Errorf("%s: became <%s %s=%q>", kind, n.Data, a.Key, a.Val)
			}
		}
		if href := attr(n, "href"); href != "" && link(href) == "" {
			t.Errorf("%s: leads to %q", kind, href)
		}
	}
}

// Who asks for a letter to somebody else's address must not choose what it says.
func TestALetterToAnUnprovenAddressCarriesNoNames(t *testing.T) {
	all := newThemes(t)
	for _, kind := range []string{"prove-address", "new-address", "known-address"} {
		l := martasLetter(kind)
		l.Person, l.Name, l.Text = "You won evil.example", "evil.example", "evil.example"
		m := write(t, all, "en", l)
		if strings.Contains(m.Subject+m.Text+m.HTML, "evil") {
			t.Errorf("%s says\n%s", kind, m.Text)
		}
	}
	l := martasLetter("propose")
	l.Name = "https://evil.example/x"
	if m := write(t, all, "en", l); strings.Contains(m.Text, "evil.example") || strings.Contains(m.Text, "https://e") {
		t.Errorf("a name is a link:\n%s", m.Text)
	}
}

// Each letter tells that no password is asked for, and asks for none.
func TestNoLetterAsksForAPassword(t *testing.T) {
	all := newThemes(t)
	for _, kind := range MailKinds() {
		for tag, never := range map[string]string{"ca": "Mai no et demanarem", "es": "Nunca te pediremos", "en": "We will never ask"} {
			text := write(t, all, tag, martasLetter(kind)).Text
			if !strings.Contains(text, never) {
				t.Errorf("%s.%s does not say so", kind, tag)
			}
			for _, ask := range []string{"la teva contrasenya", "tu contraseña", "your password and", "send us", "envia’ns", "envíanos"} {
				if strings.Contains(strings.ToLower(text), ask) && kind != "reset" && kind != "accepted" {
					t.Errorf("%s.%s says %q", kind, tag, ask)
				}
			}
		}
	}
}

// What an occasion does not have leaves no gap and no empty sentence.
func TestALetterWithNothingInIt(t *testing.T) {
	all := newThemes(t)
	for _, kind := range MailKinds() {
		m := write(t, all, "ca", Letter{Kind: kind, Host: "id.commons.example"})
		if strings.Contains(m.Text, "\n\n\n") || strings.Contains(m.HTML, "href") || strings.Contains(m.Text, "1 de gener de 1 ") && !strings.Contains(m.Text, "Quan: 1 de gener") {
			t.Errorf("%s:\n%s", kind, m.Text)
		}
	}
}

func TestMailFaults(t *testing.T) {
	all := newThemes(t)
	if m, err := all.Letter("ca", Letter{Kind: "no-such"}); err == nil || m != (Mail{}) {
		t.Error("a letter that does not exist is written")
	}
	if m := write(t, all, "xx", martasLetter("erased")); m.Lang != "ca" {
		t.Errorf("an unknown language is %q", m.Lang)
	}
	for _, content := range []string{`{{define "subject"}}{{.Sobject}}{{end}}{{define "body"}}x{{end}}`, `{{define "subject"}}x{{end}}`, `{{t "no.such"}}`} {
		if _, err := New(overlay("mails/letter.txt", content)); err == nil {
			t.Errorf("an overlay with %s is taken", content)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, name := range bending() {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := unlinked(oneLine(name))
		if strings.ContainsAny(got, "\r\n\u202e") || strings.Contains(got, "://") || len([]rune(oneLine(name))) > nameMax {
			t.Errorf("%q became %q", name, got)
		}
	})
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func martaExport() Export {
	return Export{
		Issuer: "https://id.commons.example", Made: "22 de novembre de 2026, 09:41 (UTC)",
		Name: "Marta Puig i Ferrer", Handle: "marta", Given: "Marta", Family: "Puig i Ferrer",
		Mail: "marta@bressola.example", Since: "1 de gener de 2024", Collectives: martaCollectives().Memberships,
		Access: []string{"Tasques"}, Requests: martaCollectives().Asked,
		Services: []ExportService{{
			Title: "El Núvol", Through: "La Bressola", Receives: []string{"name", "email"}, Declined: []string{"locale"},
			Appear: "real", Since: "3 de març de 2026", Known: []KnownView{{"subject", "xyz"}}, Receipts: []ExportReceipt{{"r-1", "3 de març de 2026"}},
		}},
		Sessions: martaSessions().Sessions, Days: martaActivity().Days,
		Kept: []ExportKept{{"El nom", "Per saber qui ets", "Mentre tinguis el compte"}},
	}
}

func export(t *testing.T, lang string, e Export) string {
	t.Helper()
	var out bytes.Buffer
	if err := newThemes(t).WriteExport(&out, lang, e); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// What people take home is read as it was written, in each language.
func TestGoldenExport(t *testing.T) {
	for _, lang := range []string{"ca", "es", "en"} {
		golden(t, "export."+lang+".html", export(t, lang, martaExport()))
	}
}

// It is read from a disk, where nothing answers and nothing may be asked.
func TestAnExportNeedsNothingElse(t *testing.T) {
	root, err := html.Parse(strings.NewReader(export(t, "ca", martaExport())))
	if err != nil {
		t.Fatal(err)
	}
	headings := 0
	for n := range root.Descendants() {
		switch n.Data {
		case "script", "link", "img", "iframe", "form", "base":
			t.Errorf("<%s> in it", n.Data)
		case "h1":
			headings++
		case "html":
			if n.Type == html.ElementNode && attr(n, "lang") != "ca" {
				t.Errorf("in %q", attr(n, "lang"))
			}
		}
		for _, a := range n.Attr {
			if a.Key == "src" || a.Key == "style" || strings.HasPrefix(a.Key, "on") || a.Key == "href" {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
	if headings != 1 {
		t.Errorf("%d main headings", headings)
	}
}

func TestPastedMarkupStaysTextInAnExport(t *testing.T) {
	for _, evil := range hostile() {
		e := Export{Name: evil, Mail: evil, Requests: []AskedView{{Title: evil, Words: evil, Dialogue: []AskedLine{{Text: evil}}}},
			Services: []ExportService{{Title: evil, Known: []KnownView{{evil, evil}}}}, Kept: []ExportKept{{evil, evil, evil}}}
		root, err := html.Parse(strings.NewReader(export(t, "en", e)))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			if n.Data == "script" || n.Data == "img" || n.Data == "svg" {
				t.Errorf("%q became <%s>", evil, n.Data)
			}
		}
	}
}

func TestOnlyPlainAddressesAreWrittenTo(t *testing.T) {
	if mailto("hola@bressola.example") != "mailto:hola@bressola.example" {
		t.Error("a plain address cannot be written to")
	}
	for _, odd := range append(hostile(), "", "a", "@b", "a@", "a@b?bcc=c@d.example", "a@b,c@d", "a b@c", "à@b") {
		if got := mailto(odd); got != "" {
			t.Errorf("%q became %q", odd, got)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"encoding/json"
	"encoding/xml"
	"os/exec"
	"strings"
	"testing"
)

// nasty are values that end a string early somewhere.
func nasty() []string {
	return []string{
		"plain", "", " ", "-rf", "two words", "l'ateneu", `"quoted"`, `back\slash`, `\`, `\'`, "$HOME", "$(id)", "`id`",
		"a;b&c|d", "{braces}", "<tag>&amp;", "#{1+1}", "%s", "a,b", "núvol", "*", "~", "!x",
	}
}

// TestTheShellReadsOneWord: a real one is asked.
func TestTheShellReadsOneWord(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("sh is not installed")
	}
	for _, value := range nasty() {
		out, err := exec.Command(sh, "-c", "printf '%s.' "+Shell.quote(value)+" end").Output()
		if err != nil || string(out) != value+".end." {
			t.Errorf("%q is read as %q (%v)", value, out, err)
		}
		out, err = exec.Command(sh, "-c", "X="+Env.quote(value)+"\nprintf %s \"$X\"").Output()
		if err != nil || string(out) != value {
			t.Errorf("%q in the environment is %q (%v)", value, out, err)
		}
	}
}

func TestWhatIsQuotedIsReadBack(t *testing.T) {
	for _, value := range nasty() {
		var got string
		if err := json.Unmarshal([]byte(YAML.quote(value)), &got); err != nil || got != value {
			t.Errorf("JSON and YAML: %q is %q (%v)", value, got, err)
		}
		var element struct {
			At string `xml:"at,attr"`
		}
		if err := xml.Unmarshal([]byte(`<x at="`+XML.quote(value)+`"/>`), &element); err != nil || element.At != value {
			t.Errorf("XML: %q is %q (%v)", value, element.At, err)
		}
		if got := unquote(PHP.quote(value), '\''); got != value {
			t.Errorf("PHP and Ruby: %q is %q", value, got)
		}
		if got := unquote(Ini.quote(value), '"'); got != value {
			t.Errorf("a double-quoted value: %q is %q", value, got)
		}
	}
	if got := Nginx.quote("a$b"); strings.Contains(got, "$") {
		t.Errorf("nginx would put a variable into %s", got)
	}
	if got := Caddy.quote("{env.SECRET}"); strings.ContainsAny(got, "{}") {
		t.Errorf("Caddy would put a placeholder into %s", got)
	}
	if got := Conf.quote("a\nb = c"); strings.Contains(got, "\n") {
		t.Errorf("a line of its own: %q", got)
	}
}

// unquote reads a string as languages do in which a backslash keeps the mark and
// itself from meaning anything.
func unquote(s string, mark byte) string {
	if len(s) < 2 || s[0] != mark || s[len(s)-1] != mark {
		return "not quoted: " + s
	}
	var b strings.Builder
	for i := 1; i < len(s)-1; i++ {
		switch {
		case s[i] == mark:
			return "ended early: " + s
		case s[i] == '\\' && (s[i+1] == mark || s[i+1] == '\\') && i+1 < len(s)-1:
			i++
		case s[i] == '\\' && i+1 == len(s)-1:
			return "never ends: " + s
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// TestEveryValueInACommandIsQuoted, wherever it stands in the template.
func TestEveryValueInACommandIsQuoted(t *testing.T) {
	f := facts{Title: "it's", Name: "n", Param: map[string]string{"p": "a b"}}
	for text, want := range map[string]string{
		"x={{.Title}}":                                `x='it'\''s'`,
		"x={{print .Title .Name}}":                    `x='it'\''sn'`,
		"{{if .Title}}{{.Title}}{{end}}":              `'it'\''s'`,
		"{{with .Param}}{{.p}}{{end}}":                `'a b'`,
		"{{range .Param}}{{.}}{{else}}{{.}}{{end}}":   `'a b'`,
		"{{$x := .Title}}{{$x}}":                      `'it'\''s'`,
		"{{if not .Title}}no{{else}}{{.Name}}{{end}}": "n",
	} {
		if got, err := expandIn(Shell, text, f); err != nil || got != want {
			t.Errorf("%s is %s (%v), not %s", text, got, err, want)
		}
	}
	for _, text := range []string{"{{.Nothing}}", "{{.Param.q}}", "{{", "{{define \"x\"}}"} {
		if got, err := expand(text, f); err == nil {
			t.Errorf("%s is %q", text, got)
		}
	}
}

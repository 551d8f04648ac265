// SPDX-License-Identifier: AGPL-3.0-or-later

package schema

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

func all(t *testing.T) string {
	t.Helper()
	var text string
	for _, name := range Names() {
		raw, err := fs.ReadFile(Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		text += string(raw)
	}
	return text
}

// TestEveryNameAndNumberIsUsedOnce: two attributes of one number are one
// attribute to a server, and whichever is loaded last loses.
func TestEveryNameAndNumberIsUsedOnce(t *testing.T) {
	for _, form := range []string{`\( (clauAt:[0-9]+) `, `\( (clauOc:[0-9]+) `, `NAME '([^']+)'`} {
		seen := make(map[string]bool)
		for _, m := range regexp.MustCompile(form).FindAllStringSubmatch(all(t), -1) {
			if seen[m[1]] {
				t.Errorf("%s twice", m[1])
			}
			seen[m[1]] = true
		}
		if len(seen) == 0 {
			t.Errorf("nothing matches %s", form)
		}
	}
}

// TestClassesNameAttributesThatExist, so that a slip of the pen is found here
// and not by an operator.
func TestClassesNameAttributesThatExist(t *testing.T) {
	text := all(t)
	for _, name := range regexp.MustCompile(`\bclau[A-Z][A-Za-z]+`).FindAllString(text, -1) {
		if name != "clauAt" && name != "clauOc" && !strings.Contains(text, "NAME '"+name+"'") {
			t.Errorf("%s is used but not defined", name)
		}
	}
	for _, list := range [][]string{indexes(), rules(), constraints(), unique(suffix{dn: "dc=x", url: "dc=x"})} {
		for _, name := range regexp.MustCompile(`\bclau[A-Z][A-Za-z]+`).FindAllString(strings.Join(list, "\n"), -1) {
			if !strings.Contains(text, "NAME '"+name+"'") {
				t.Errorf("%s is configured but not defined", name)
			}
		}
	}
}

// TestNoOverlayThatScansTheDatabase: see the package comment.
func TestNoOverlayThatScansTheDatabase(t *testing.T) {
	access, err := Access("dc=clau,dc=example", "{1}mdb")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"refint", "memberof", "dynlist"} {
		if strings.Contains(strings.ToLower(access), name) {
			t.Error(name)
		}
	}
}

// TestTheLastRuleRefuses, and nobody but the accounts named reaches secrets.
func TestTheLastRuleRefuses(t *testing.T) {
	list := rules()
	if list[len(list)-1] != "to * by * none" {
		t.Error(list[len(list)-1])
	}
	for _, rule := range list {
		if strings.Contains(rule, "by anonymous") && !strings.Contains(rule, "by anonymous auth") {
			t.Error("open to everybody: ", rule)
		}
		if !strings.HasSuffix(rule, "by * none") && !strings.HasSuffix(rule, "by * break") {
			t.Error("ends open: ", rule)
		}
	}
}

func TestBasesThatCannotBe(t *testing.T) {
	for _, base := range []string{"", "example.org", "uid=clau,dc=example", "dc=a+o=b,dc=example", "dc=a\x01b", "dc=a\nolcAccess: to * by * write"} {
		if _, err := BaseEntries(base); !errors.Is(err, ErrBase) {
			t.Errorf("%q: %v", base, err)
		}
	}
	for _, name := range []string{"", "1", "mdb", "{1}mdb,cn=config\n", "{1}MDB", "{x}mdb"} {
		if _, err := Access("dc=example", name); !errors.Is(err, ErrDatabase) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", "clau", "{6}", "{x}clau", "{6}clau,cn=schema\n"} {
		if _, err := Upgrade("dc=example", "{1}mdb", name); !errors.Is(err, ErrEntry) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := Upgrade("dc=example", "mdb", "{6}clau"); !errors.Is(err, ErrDatabase) {
		t.Error(err)
	}
	if _, err := MapIdentity("o=100%,c=es", "cn=idp"); !errors.Is(err, ErrBase) {
		t.Error(err)
	}
	if _, err := MapIdentity("dc=example", "not a name"); !errors.Is(err, ErrBase) {
		t.Error(err)
	}
	if _, err := SystemPassword("dc=example", ""); err == nil {
		t.Error("an empty password")
	}
}

// TestLDIFKeepsValuesWhole: a value may hold anything, and never begins a line
// of its own (RFC 2849).
func TestLDIFKeepsValuesWhole(t *testing.T) {
	for value, want := range map[string]string{
		"plain":       "description: plain\n",
		"més":         "description:: bcOpcw==\n",
		" space":      "description:: IHNwYWNl\n",
		"space ":      "description:: c3BhY2Ug\n",
		":colon":      "description:: OmNvbG9u\n",
		"<file":       "description:: PGZpbGU=\n",
		"two\nlines":  "description:: dHdvCmxpbmVz\n",
		"in: between": "description: in: between\n",
	} {
		var w writer
		w.line("description: " + value)
		if got := w.text.String(); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
	text, err := SystemPassword("dc=example", "a\nchangetype: delete")
	if err != nil || strings.Contains(text, "changetype: delete") {
		t.Error(text, err)
	}
}

func TestNamesAreSpelledAsSlapdDoes(t *testing.T) {
	for base, want := range map[string]suffix{
		"DC=Clau, dc=example":       {dn: "dc=Clau,dc=example", regex: "dc=Clau,dc=example", url: "dc=Clau%2Cdc=example"},
		`o=Clau\, SCCL,c=ES`:        {dn: `o=Clau\2C SCCL,c=ES`, regex: "o=Clau[^,=]+2C SCCL,c=ES", url: "o=Clau%5C2C%20SCCL%2Cc=ES"},
		`o=\ a\"b\\c,c=es`:          {dn: `o=\20a\22b\5Cc,c=es`, regex: "o=[^,=]+20a[^,=]+22b[^,=]+5Cc,c=es", url: "o=%5C20a%5C22b%5C5Cc%2Cc=es"},
		"o=a.b*(c),dc=coop.example": {dn: "o=a.b*(c),dc=coop.example", regex: "o=a[^,=]+b[^,=]+c[^,=]+,dc=coop[^,=]+example", url: "o=a.b%2A%28c%29%2Cdc=coop.example"},
	} {
		got, err := parseBase(base)
		if err != nil || got.dn != want.dn || got.regex != want.regex || got.url != want.url {
			t.Errorf("%s: %+v, %v", base, got, err)
		}
	}
}

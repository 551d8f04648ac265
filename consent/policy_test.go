// SPDX-License-Identifier: AGPL-3.0-or-later

package consent_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each file has a policy, and in "want" all that is wrong with it, or the policy
// as the directory keeps it.
func TestPoliciesAreReadStrictly(t *testing.T) {
	files, err := filepath.Glob("testdata/policies/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil || len(a.Files) < 1 {
				t.Fatal(err)
			}
			got := told(a.Files[0])
			if *update {
				writeGolden(t, file, a, got)
			}
			if want := string(a.Files[len(a.Files)-1].Data); a.Files[len(a.Files)-1].Name != "want" || got != want {
				t.Errorf("got:\n%swant:\n%s", got, want)
			}
		})
	}
}

func told(f txtar.File) string {
	format := consent.Format(strings.TrimPrefix(filepath.Ext(f.Name), "."))
	p, err := consent.ParsePolicy(f.Data, format)
	if err != nil {
		return err.Error() + "\n"
	}
	out, err := p.Encode(consent.JSON)
	if err != nil {
		return err.Error() + "\n"
	}
	return string(out)
}

// What is written down is read again as the same, in both forms, whatever it is.
func TestPoliciesSurviveWriting(t *testing.T) {
	yes, no := true, false
	full := bressola()
	full.RememberDays, full.Anonymous = 30, false
	on, err := consent.ParseDate("2026-03-01")
	if err != nil {
		t.Fatal(err)
	}
	full.Services["cloud"] = consent.ServicePolicy{
		Anonymous: &no, Pseudonyms: &yes, Agreed: &consent.Agreement{On: on, Minutes: "https://bressola.example/minutes?of=2026&day=61"},
		Purpose: consent.Text{"ca": `<b>fitxers</b> & "calendaris"`, "es": "archivos"},
	}
	for _, p := range []consent.Policy{consent.Default(), bressola(), full} {
		for _, format := range []consent.Format{consent.JSON, consent.TOML} {
			raw, err := p.Encode(format)
			if err != nil {
				t.Fatal(err)
			}
			again, err := consent.ParsePolicy(raw, format)
			if err != nil || !reflect.DeepEqual(again, p) {
				t.Errorf("%s: %v\n%s\nread as %+v\nwas %+v", format, err, raw, again, p)
			}
		}
	}
}

func TestNoPolicyIsTheDefault(t *testing.T) {
	for _, raw := range []string{"", " \n", "{}"} {
		p, err := consent.ParsePolicy([]byte(raw), consent.JSON)
		if err != nil || !reflect.DeepEqual(p, consent.Default()) {
			t.Errorf("%q: %+v, %v", raw, p, err)
		}
	}
	d := consent.Default().For("any")
	if r := d.Rule(release.Mail); r.Need != consent.Optional || d.RememberDays != 365 || !d.Anonymous || !d.Pseudonyms {
		t.Errorf("the default is %+v, %+v", d, r)
	}
}

func TestTooLongAPolicyIsNotRead(t *testing.T) {
	_, err := consent.ParsePolicy(bytes.Repeat([]byte(" "), 70<<10), consent.JSON)
	var faults consent.Faults
	if !errors.As(err, &faults) || faults[0].Kind != consent.FaultSize {
		t.Errorf("got %v", err)
	}
}

func TestWhatAServiceSaysStandsFirst(t *testing.T) {
	no := false
	p := consent.Policy{
		Anonymous: true, Pseudonyms: true,
		Attributes: map[release.Attribute]consent.Rule{
			release.Mail: {Need: consent.Forbidden, Purpose: consent.Text{"en": "all"}, Keep: consent.Text{"en": "a year"}, AskOnChange: true},
		},
		Services: map[directory.ServiceName]consent.ServicePolicy{"forum": {
			Anonymous:  &no,
			Attributes: map[release.Attribute]consent.Rule{release.Mail: {Need: consent.Required, Purpose: consent.Text{"en": "own"}}},
		}},
	}
	own, other := p.For("forum"), p.For("cloud")
	got := fmt.Sprint(own.Rule(release.Mail), own.Anonymous, own.Pseudonyms, other.Rule(release.Mail), other.Anonymous)
	want := "{required map[en:own] map[en:a year] true} false true {forbidden map[en:all] map[en:a year] true} true"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTextsAreReadInTheNearestLanguage(t *testing.T) {
	full := consent.Text{"ca": "hola", "en": "hello", "es": "buenas"}
	for _, c := range []struct {
		text       consent.Text
		lang, want string
	}{
		{full, "ca", "hola"}, {full, "ca-ES-valencia", "hola"}, {full, "fr", "hello"}, {full, "", "hello"},
		{consent.Text{"es": "buenas", "ca": "hola"}, "fr", "hola"}, {nil, "ca", ""},
	} {
		if got := c.text.In(c.lang); got != c.want {
			t.Errorf("%v in %q: %q, want %q", c.text, c.lang, got, c.want)
		}
	}
}

func TestTheBookReadsATextOnce(t *testing.T) {
	var b consent.Book
	raw, err := bressola().Encode(consent.JSON)
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.Policy("bressola", raw)
	if err != nil || p.PrivacyURL == "" {
		t.Fatal(p, err)
	}
	if again, _ := b.Policy("bressola", slices.Clone(raw)); reflect.ValueOf(again.Services).Pointer() != reflect.ValueOf(p.Services).Pointer() {
		t.Error("the same text was read twice")
	}
	if changed, err := b.Policy("bressola", []byte(`{"remember_days": 7}`)); err != nil || changed.RememberDays != 7 {
		t.Error("the new text was not read:", changed, err)
	}
	if _, err := b.Policy("bressola", []byte(`{"remember_days": 0}`)); err == nil {
		t.Error("a faulty text passed")
	}
}

func FuzzParsePolicy(f *testing.F) {
	for _, format := range []consent.Format{consent.JSON, consent.TOML} {
		raw, err := bressola().Encode(format)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, format == consent.TOML)
	}
	f.Add([]byte(`{"services":{"a":{"agreed":{"on":"2026-01-01","minutes":"https://x"}}},"intro":{"en":""}}`), false)
	f.Add([]byte("intro = {en = 'x'}\n[attributes.email]\nneed = 'optional'\n[[services]]\n"), true)
	f.Fuzz(func(t *testing.T, raw []byte, inTOML bool) {
		format := consent.JSON
		if inTOML {
			format = consent.TOML
		}
		p, err := consent.ParsePolicy(raw, format)
		var faults consent.Faults
		switch {
		case errors.As(err, &faults) && len(faults) > 0:
			return
		case err != nil:
			t.Fatalf("an error that is no faults: %v", err)
		}
		for _, format := range []consent.Format{consent.JSON, consent.TOML} {
			again, err := p.Encode(format)
			if err != nil {
				t.Fatal(err)
			}
			q, err := consent.ParsePolicy(again, format)
			if err != nil || !reflect.DeepEqual(p, q) {
				t.Fatalf("%s: %v\n%s\n%+v\n%+v", format, err, again, p, q)
			}
		}
	})
}

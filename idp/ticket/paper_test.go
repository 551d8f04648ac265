// SPDX-License-Identifier: AGPL-3.0-or-later

package ticket_test

import (
	"bytes"
	"crypto/rand"
	"regexp"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/ticket"
)

func TestAPaperCodeIsKnownHoweverItIsTyped(t *testing.T) {
	// Randomness that spells the characters that people mistake.
	code, digest, err := ticket.NewPaper(bytes.NewReader([]byte{0x00, 0x42, 0x00, 0x84, 0x20, 0xff, 0xff, 0x08, 0x41, 0x00}))
	if err != nil {
		t.Fatal(err)
	}
	for name, typed := range map[string]string{
		"as written":        code,
		"small letters":     strings.ToLower(code),
		"without dashes":    strings.ReplaceAll(code, "-", ""),
		"with spaces":       " " + strings.ReplaceAll(code, "-", "  ") + " ",
		"O for 0":           strings.ReplaceAll(code, "0", "O"),
		"small l for 1":     strings.ReplaceAll(code, "1", "l"),
		"capital I for 1":   strings.ReplaceAll(code, "1", "I"),
		"a word processor":  strings.ReplaceAll(code, "-", "–"),
		"no-break spaces":   strings.ReplaceAll(code, "-", "\u00a0"),
		"both and a dot":    strings.ReplaceAll(strings.ToLower(code), "0", "o") + ".",
		"as in two columns": strings.Replace(code, "-", "\t", 1),
	} {
		if got := ticket.PaperDigest(typed); got != digest {
			t.Errorf("%s: %q is not known as %q", name, typed, code)
		}
	}
}

func TestWhatIsNoPaperCodeIsNobodys(t *testing.T) {
	code, digest, err := ticket.NewPaper(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{"", "-", code[:len(code)-1], code + "7", "U" + code[1:], "?" + code[1:], "ç" + code[1:], strings.Repeat("0", 5000)} {
		if got := ticket.PaperDigest(typed); got != "" {
			t.Errorf("%.30q has the digest %s", typed, got)
		}
	}
	other := byte('0')
	if code[0] == other {
		other = '1'
	}
	if ticket.PaperDigest(string(other)+code[1:]) == digest {
		t.Error("another code is taken for it")
	}
}

func TestPaperCodesAreReadableAndNeverTheSame(t *testing.T) {
	form := regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$`)
	seen := map[string]bool{}
	for range 1000 {
		code, digest, err := ticket.NewPaper(rand.Reader)
		if err != nil || !form.MatchString(code) || digest == "" || strings.Contains(digest, code) || seen[code] {
			t.Fatalf("%q, %q, %v", code, digest, err)
		}
		seen[code] = true
	}
	if _, _, err := ticket.NewPaper(bytes.NewReader(nil)); err == nil {
		t.Error("a code without randomness")
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package ticket_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/ticket"
)

func TestACodeIsKnownHoweverItIsTyped(t *testing.T) {
	d := newOffice(t)
	until := morning.Add(time.Hour)
	code := d.Code(ticket.ProveAddress, "marta", "m@example.coop", until)
	if !regexp.MustCompile(`^[0-9]{8}$`).MatchString(code) {
		t.Fatalf("code %q", code)
	}
	for _, typed := range []string{code, " " + code + " ", code[:4] + " " + code[4:], code[:4] + "-" + code[4:], code[:4] + "\u00a0" + code[4:]} {
		if !d.CheckCode(ticket.ProveAddress, "marta", "m@example.coop", until, typed) {
			t.Errorf("%q is not known", typed)
		}
	}
	for _, typed := range []string{"", "0", code[:7], code + "0", strings.Repeat("0", 5000), "x" + code[1:], "٠" + code[1:]} {
		if d.CheckCode(ticket.ProveAddress, "marta", "m@example.coop", until, typed) {
			t.Errorf("%.20q is taken for it", typed)
		}
	}
}

func TestEveryFieldOfACodeMatters(t *testing.T) {
	d := newOffice(t)
	until := morning.Add(time.Hour)
	code := d.Code(ticket.ProveAddress, "marta", "m@example.coop", until)
	for name, other := range map[string]struct {
		purpose ticket.Purpose
		person  directory.PersonID
		bound   string
		until   time.Time
	}{
		"purpose": {ticket.Reset, "marta", "m@example.coop", until},
		"person":  {ticket.ProveAddress, "maria", "m@example.coop", until},
		"state":   {ticket.ProveAddress, "marta", "n@example.coop", until},
		"end":     {ticket.ProveAddress, "marta", "m@example.coop", until.Add(time.Second)},
	} {
		if d.CheckCode(other.purpose, other.person, other.bound, other.until, code) {
			t.Errorf("another %s, and the code fits", name)
		}
	}
	theirs := *d.Desk
	theirs.Key = []byte("another")
	if theirs.CheckCode(ticket.ProveAddress, "marta", "m@example.coop", until, code) {
		t.Error("another key, and the code fits")
	}
}

// Codes begin with zeros as often as with any other digit, and are spread over
// all that there are.
func TestCodesAreSpread(t *testing.T) {
	d := newOffice(t)
	seen, first := map[string]bool{}, map[byte]int{}
	for i := range 5000 {
		code := d.Code(ticket.Reset, directory.PersonID(fmt.Sprint(i)), "7", morning)
		seen[code] = true
		first[code[0]]++
	}
	if len(seen) < 4990 {
		t.Errorf("%d different ones of 5000", len(seen))
	}
	for digit := byte('0'); digit <= '9'; digit++ {
		if first[digit] < 350 || first[digit] > 650 {
			t.Errorf("%d begin with %c", first[digit], digit)
		}
	}
}

// A digest is of a code that somebody could have been given, in one spelling.
func FuzzPaperDigest(f *testing.F) {
	for _, typed := range []string{"", "0000-0000-0000-0000", "ABCD EFGH JKMN PQRS", "oooo-iiii-llll-OOOO", "UUUU-UUUU-UUUU-UUUU", "\x00\xff", "ÀBCD"} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		digest := ticket.PaperDigest(typed)
		if digest != "" && len(digest) != 43 {
			t.Errorf("%q has the digest %q", typed, digest)
		}
		if again := ticket.PaperDigest(strings.ToLower(typed)); digest != "" && isASCII(typed) && again != digest {
			t.Errorf("%q in small letters is another", typed)
		}
		if spaced := ticket.PaperDigest(" " + strings.Join(strings.Split(typed, ""), " ")); spaced != digest {
			t.Errorf("%q with spaces is another", typed)
		}
	})
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c > 127 })
}

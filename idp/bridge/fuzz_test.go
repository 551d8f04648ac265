// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzAsking: whatever a browser brings is read without a panic, and what is
// accepted is the code flow with a state that fits into the store.
func FuzzAsking(f *testing.F) {
	for _, seed := range []string{
		"response_type=code&state=0123456789abcdef0123456789abcdef01234567&scope=",
		"response_type=code", "response_type=token&state=x", "response_type=code&response_type=code", "state=a&state=b&response_type=code",
		"response_type=code&state=%7B%22a%22%3A%22b+c%22%7D", "%zz", "a;b", "response_type=code&state=%00%ff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		state, no := readAsking(form)
		if len(state) > stateMax {
			t.Errorf("a state of %d bytes", len(state))
		}
		if no == nil && (len(form["response_type"]) != 1 || form.Get("response_type") != "code" || state != form.Get("state")) {
			t.Errorf("accepted %q with the state %q", query, state)
		}
	})
}

// FuzzToken: no two spellings are one token.
func FuzzToken(f *testing.F) {
	f.Add("")
	f.Add(strings.Repeat("A", 75))
	f.Add(strings.Repeat("A", 74) + "B") // bits that mean nothing
	f.Add(strings.Repeat("A", 74) + "\n")
	f.Add(strings.Repeat("_", 75))
	f.Fuzz(func(t *testing.T, text string) {
		token, ok := parseToken(text)
		if !ok {
			return
		}
		if token.text != text || strings.ContainsAny(text, "+/=\r\n") {
			t.Errorf("%q was taken for %q", text, token.text)
		}
		for i := range len(text) {
			other, ok := parseToken(text[:i] + "A" + text[i+1:])
			if ok && text[i] != 'A' && other.state() == token.state() {
				t.Errorf("%q is also spelt %q", text, other.text)
			}
		}
	})
}

// FuzzPlainName: whatever a handle was once, Phabricator takes what is made of it.
func FuzzPlainName(f *testing.F) {
	for _, seed := range []string{"mireia", "núria.puig@coop", "...", "Ñandú", "ﬁ", "ß", "\xff\xfe", "a.", "-", strings.Repeat("é", 99), "日本", strings.Repeat("\x80", 99)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, handle string) {
		name := plainName(handle, userNameMax)
		if len(name) > userNameMax || strings.HasSuffix(name, ".") {
			t.Errorf("%q became %q", handle, name)
		}
		for _, r := range name {
			if r >= utf8.RuneSelf || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", r) {
				t.Errorf("%q became %q", handle, name)
			}
		}
		if cut := cut(handle, userNameMax); utf8.ValidString(handle) && !utf8.ValidString(cut) {
			t.Errorf("%q was cut within a letter", handle)
		}
	})
}

// TestNumbersAreNumbers that every reader of JSON can hold, and are told apart
// from everything else that a service may know a person by.
func TestNumbersAreNumbers(t *testing.T) {
	seen := map[int64]bool{}
	for i := range 1000 {
		n := numberFor("subject", i)
		if n <= 0 || n >= 1<<53 || seen[n] {
			t.Fatalf("number %d", n)
		}
		seen[n] = true
	}
	if numberFor("a", 0) == numberFor("b", 0) {
		t.Error("two people have one number")
	}
	for text, ok := range map[string]bool{
		"1": true, "9007199254740991": true, "0": false, "-1": false, "+1": false, "01": false, "9007199254740992": false,
		"": false, "1e3": false, " 1": false, "aaaa": false,
	} {
		if _, got := parseNumber(text); got != ok {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// FuzzVerify: no text from outside is a token, makes the ring panic, or is
// refused with another error than ErrToken. The ring's keys are new in each
// run, so the corpus holds shapes of tokens and never a valid one.
func FuzzVerify(f *testing.F) {
	r := loaded(f, Config{Algorithms: fastAlgorithms})
	genuine := sign(f, r, ES256, "JWT", testClaims(r.c.Now(), time.Hour))
	k, _ := r.signing(ES256)
	for _, v := range vectors(f) {
		f.Add(v.Token)
	}
	f.Add("")
	f.Add("..")
	f.Add(strings.ReplaceAll(genuine, ".", ".."))
	f.Fuzz(func(t *testing.T, token string) {
		if token == genuine {
			return
		}
		payload, kid, err := r.Verify(token, expectJWT())
		if !errors.Is(err, ErrToken) || payload != nil || kid != "" {
			t.Fatalf("%q: %s, %s, %v", token, payload, kid, err)
		}
		spliced := encode(`{"alg":"ES256","kid":"`+string(k.ID)+`","typ":"JWT"}`) + "." + token
		if _, _, err := r.Verify(spliced, expectJWT()); !errors.Is(err, ErrToken) {
			t.Fatalf("behind a good header: %q: %v", token, err)
		}
	})
}

// FuzzVerifyAssertion: the same for what clients send, with key sets that
// clients register.
func FuzzVerifyAssertion(f *testing.F) {
	want := ExpectAssertion{ClientID: "joe", Audiences: []string{"x"}, Now: time.Unix(1300819000, 0)}
	for _, v := range vectors(f) {
		key, err := v.Key.MarshalJSON()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(v.Token, []byte(`{"keys":[`+string(key)+`]}`))
	}
	f.Add("", []byte(`{"keys":[null]}`))
	f.Add("e30.e30.e30", []byte(`{"keys":[{"kty":"oct","k":"AA"}]}`))
	f.Fuzz(func(t *testing.T, token string, jwks []byte) {
		if _, err := VerifyAssertion(token, jwks, want); !errors.Is(err, ErrToken) {
			t.Fatalf("%q with %q: %v", token, jwks, err)
		}
	})
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package consent_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/release"
)

// shelf is a directory that holds signing keys.
type shelf struct{ held []directory.Key }

func (s *shelf) ListKeys(context.Context) ([]directory.Key, error) { return s.held, nil }
func (s *shelf) AddKey(_ context.Context, k directory.Key) error {
	s.held = append(s.held, k)
	return nil
}
func (s *shelf) ReplaceKey(context.Context, directory.Key) error  { return nil }
func (s *shelf) RemoveKey(context.Context, directory.KeyID) error { return nil }

// ring is Clau's own signer, with fresh keys.
func ring(t testing.TB) *keys.Ring {
	t.Helper()
	random := rand.NewChaCha8([32]byte{1})
	master, err := keys.NewMaster(random)
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := keys.NewSealer(master, random)
	if err != nil {
		t.Fatal(err)
	}
	r := keys.NewRing(keys.Config{Directory: &shelf{}, Sealer: sealer, Now: func() time.Time { return now }, Rand: random})
	if err := r.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

func event() consent.Event {
	return consent.Event{
		Issuer: "https://id.example", Jurisdiction: "ES", Language: "en", Subject: "p4ir",
		Controller: consent.Controller{Name: "La Bressola", Contact: "La Bressola", Email: "hola@bressola.example"},
		Runner:     "La Bressola", Rand: rand.NewChaCha8([32]byte{2}),
	}
}

// decided is a decision of Marta's: the input it was made from, and its receipt.
func decided(t testing.TB) (consent.Input, directory.Consent, consent.Receipt) {
	t.Helper()
	in := first(all()...)
	in.Policy = bressola()
	c, err := consent.Settle(in, answer(consent.Judge(in).Ask))
	if err != nil {
		t.Fatal(err)
	}
	r, err := consent.NewReceipt(in, c, event())
	if err != nil {
		t.Fatal(err)
	}
	return in, c, r
}

// The words of the specification are what other programs look for.
func TestReceiptIsWrittenAsSpecified(t *testing.T) {
	_, _, r := decided(t)
	got, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile("testdata/receipt.json", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/receipt.json")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v; the receipt is\n%s", err, got)
	}
}

func TestReceiptHoldsNoValue(t *testing.T) {
	in, c, _ := decided(t)
	for _, a := range []directory.Appearance{directory.AppearReal, directory.AppearPseudonym} {
		c.Appearance, c.Pseudonym, c.Handle, c.Alias = a, "Lluna", "quiet-otter", "k3v9@alias.example"
		r, err := consent.NewReceipt(in, c, event())
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range []string{"Marta", "Puig", "marta", "Lluna", "otter", "k3v9", "marta@example.org"} {
			if strings.Contains(string(raw), value) {
				t.Errorf("%q stands in the receipt of somebody who appears as %s", value, a)
			}
		}
	}
}

// The person, who has the salt, can prove what was sent; nobody has it twice.
func TestReceiptProvesTheValues(t *testing.T) {
	_, _, r := decided(t)
	for a, value := range map[release.Attribute]any{
		release.Name: "Marta Puig", release.Mail: "marta@example.org", release.Groups: []string{"bressola", "sendera"},
	} {
		if !r.Proves(a, value) || r.Proves(a, "Jordi") || r.Proves(a, nil) || r.Proves(release.Handle, value) {
			t.Errorf("%s: proves %v: %v", a, value, r.Proves(a, value))
		}
	}
	if r.Proves(release.Groups, []string{"bresso", "lasendera"}) || r.Proves(release.Language, "ca") {
		t.Error("proves what was not agreed to")
	}
	salts := map[string]bool{}
	for _, i := range r.Clau.Items {
		if salts[i.Salt] {
			t.Errorf("a salt comes twice: %s", i.Salt)
		}
		salts[i.Salt] = true
	}
}

func TestEachKindOfReceipt(t *testing.T) {
	in, c, _ := decided(t)
	stopped := c
	stopped.State = directory.Suspended
	agreed := in
	agreed.Policy.Services = agreedYesterday()
	note, err := consent.Note(agreed)
	if err != nil {
		t.Fatal(err)
	}
	with := func(in consent.Input, c *directory.Consent) consent.Input { in.Consent = c; return in }
	for _, one := range []struct {
		in    consent.Input
		after directory.Consent
		want  consent.Kind
	}{
		{in, c, consent.Given}, {with(in, &c), c, consent.Changed}, {with(in, &stopped), c, consent.Given},
		{with(in, &c), stopped, consent.Withdrawn}, {agreed, note, consent.PreAgreed},
	} {
		r, err := consent.NewReceipt(one.in, one.after, event())
		if err != nil || r.Clau.Kind != one.want || (one.want == consent.PreAgreed) != (r.Clau.Agreed != nil) {
			t.Errorf("%q, want %q: %v", r.Clau.Kind, one.want, err)
		}
	}
	if _, err := consent.NewReceipt(in, note, event()); !errors.Is(err, consent.ErrNothingAsked) {
		t.Errorf("a receipt of nothing: %v", err)
	}
	guest := c
	guest.Collective = "sendera"
	r, err := consent.NewReceipt(in, guest, event())
	if p := r.Services[0].Purposes[0]; err != nil || !p.ThirdParty || p.ThirdPartyName != "La Bressola" {
		t.Errorf("another collective runs the service: %+v, %v", p, err)
	}
}

// Signed by Clau, read by us and by a library that is not ours, with nothing
// but the published keys.
func TestReceiptsAreVerifiedOffline(t *testing.T) {
	keyring := ring(t)
	jwks, _ := keyring.JWKS()
	_, _, r := decided(t)
	for _, alg := range keys.Algorithms() {
		token, err := r.Sign(keyring, alg)
		if err != nil {
			t.Fatal(err)
		}
		got, err := consent.VerifyReceipt([]byte(token+"\n"), jwks)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(r) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", alg, err, got, r)
		}
		if err := verifiedElsewhere(token, alg, jwks); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

func verifiedElsewhere(token, alg string, jwks []byte) error {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(jwks, &set); err != nil {
		return err
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	if err != nil {
		return err
	}
	_, err = signed.Verify(set.Key(signed.Signatures[0].Header.KeyID)[0].Key)
	return err
}

// Each character of a receipt matters.
func TestTamperedReceipts(t *testing.T) {
	keyring := ring(t)
	jwks, _ := keyring.JWKS()
	_, _, r := decided(t)
	for _, alg := range keys.Algorithms() {
		token, err := r.Sign(keyring, alg)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(token) {
			bad := []byte(token)
			bad[i] = 'A'
			if token[i] == 'A' {
				bad[i] = 'B'
			}
			refused(t, alg, bad, jwks)
			refused(t, alg, []byte(token[:i]), jwks)
		}
		for _, c := range []string{"=", "\n", "\x00", ".", " "} {
			refused(t, alg, []byte(token[:len(token)/2]+c+token[len(token)/2:]), jwks)
		}
		refused(t, alg, []byte(token+"."), jwks)
	}
}

func refused(t *testing.T, name string, token, jwks []byte) {
	t.Helper()
	if r, err := consent.VerifyReceipt(token, jwks); !errors.Is(err, consent.ErrReceipt) || r.Issuer != "" {
		t.Fatalf("%s: accepted (%v): %q", name, err, token)
	}
}

func TestReceiptsOfSomebodyElse(t *testing.T) {
	keyring := ring(t)
	jwks, _ := keyring.JWKS()
	_, _, r := decided(t)
	token, err := r.Sign(keyring, keys.ES256)
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]string{
		"no keys": `{"keys":[]}`, "not a set": `[]`, "nothing": ``,
		"the key without its algorithm":  strings.ReplaceAll(string(jwks), `"ES256"`, `"RS256"`),
		"the key for encryption":         strings.ReplaceAll(string(jwks), `"sig"`, `"enc"`),
		"a point that is not on a curve": strings.ReplaceAll(string(jwks), `"y":"`, `"y":"AAAA`),
	} {
		refused(t, name, []byte(token), []byte(set))
	}
	other, err := keyring.Sign(keys.ES256, "JWT", r)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "a token for something else", []byte(other), jwks)
	empty, err := keyring.Sign(keys.ES256, consent.ReceiptType, map[string]any{"iss": "https://id.example"})
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "no receipt at all", []byte(empty), jwks)
	for name, header := range map[string]string{
		"none":            `{"alg":"none","kid":"x","typ":"consent-receipt+jwt"}`,
		"its key":         `{"alg":"ES256","kid":"x","typ":"consent-receipt+jwt","jwk":{}}`,
		"a symmetric one": `{"alg":"HS256","kid":"x","typ":"consent-receipt+jwt"}`,
	} {
		parts := strings.Split(token, ".")
		parts[0] = base64.RawURLEncoding.EncodeToString([]byte(header))
		refused(t, name, []byte(strings.Join(parts, ".")), jwks)
	}
}

// The vectors were signed once, with keys that are gone: receipts outlive the
// program that wrote them.
func TestReceiptsOfBefore(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	jwks, err := os.ReadFile("testdata/receipts/jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range keys.Algorithms() {
		token, err := os.ReadFile("testdata/receipts/" + alg + ".jws")
		if err != nil {
			t.Fatal(err)
		}
		r, err := consent.VerifyReceipt(token, jwks)
		if err != nil || !r.Proves(release.Name, "Marta Puig") {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

func writeVectors(t *testing.T) {
	t.Helper()
	keyring := ring(t)
	jwks, _ := keyring.JWKS()
	files := map[string]string{"jwks.json": string(jwks)}
	_, _, r := decided(t)
	for _, alg := range keys.Algorithms() {
		token, err := r.Sign(keyring, alg)
		if err != nil {
			t.Fatal(err)
		}
		files[alg+".jws"] = token
	}
	for name, text := range files {
		if err := os.WriteFile("testdata/receipts/"+name, []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzVerifyReceipt(f *testing.F) {
	jwks, err := os.ReadFile("testdata/receipts/jwks.json")
	if err != nil {
		f.Fatal(err)
	}
	genuine := map[string]bool{}
	for _, alg := range keys.Algorithms() {
		token, err := os.ReadFile("testdata/receipts/" + alg + ".jws")
		if err != nil {
			f.Fatal(err)
		}
		genuine[strings.TrimSpace(string(token))] = true
		f.Add(token, jwks, true)
	}
	f.Add([]byte("e30.e30.e30"), []byte(`{"keys":[{"kty":"EC","crv":"P-256","kid":"","alg":"ES256","x":"","y":""}]}`), false)
	f.Add([]byte("e30.e30.e30"), []byte(`{"keys":[{"kty":"RSA","n":"AQ","e":"AA"}]}`), false)
	f.Fuzz(func(t *testing.T, token, set []byte, published bool) {
		if published {
			set = jwks
		}
		_, err := consent.VerifyReceipt(token, set)
		if err != nil && !errors.Is(err, consent.ErrReceipt) {
			t.Fatalf("an error of another kind: %v", err)
		}
		if err == nil && published && !genuine[string(bytes.TrimSpace(token))] {
			t.Fatalf("accepted what nobody signed: %q", token)
		}
	})
}

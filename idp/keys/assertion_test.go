// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// client is a service that authenticates with keys of its own.
type client struct{ rsa, ec, ed, shortRSA crypto.Signer }

func newClient(t *testing.T) client {
	t.Helper()
	var c client
	var errs [4]error
	c.rsa, errs[0] = rsa.GenerateKey(rand.Reader, 2048)
	c.ec, errs[1] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, c.ed, errs[2] = ed25519Key()
	c.shortRSA, errs[3] = rsa.GenerateKey(rand.Reader, 1024)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return c
}

func ed25519Key() (ed25519.PublicKey, crypto.Signer, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	return public, private, err
}

func (c client) jwks(t *testing.T) []byte {
	t.Helper()
	return jwksOf(t,
		jose.JSONWebKey{Key: c.rsa.Public(), KeyID: "rsa"},
		jose.JSONWebKey{Key: c.ec.Public(), KeyID: "ec", Use: "sig", Algorithm: ES256},
		jose.JSONWebKey{Key: c.ed.Public(), KeyID: "ed"})
}

func jwksOf(t *testing.T, keys ...jose.JSONWebKey) []byte {
	t.Helper()
	b, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func assertion(t *testing.T, key any, alg, kid string, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.SignatureAlgorithm(alg), Key: jose.JSONWebKey{Key: key, KeyID: kid},
	}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func assertionClaims(now time.Time, change map[string]any) map[string]any {
	c := map[string]any{
		"iss": "client-1", "sub": "client-1", "aud": testIssuer, "jti": "once",
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	for name, value := range change {
		c[name] = value
		if value == nil {
			delete(c, name)
		}
	}
	return c
}

func TestClientProvesItselfWithItsKey(t *testing.T) {
	c, now := newClient(t), new(clock).now()
	want := ExpectAssertion{ClientID: "client-1", Audiences: []string{testIssuer}, Now: now}
	for _, test := range []struct {
		alg, kid string
		key      crypto.Signer
	}{
		{RS256, "rsa", c.rsa}, {"PS256", "rsa", c.rsa}, {ES256, "ec", c.ec}, {EdDSA, "ed", c.ed},
		{RS256, "", c.rsa}, {ES256, "", c.ec}, {EdDSA, "", c.ed},
	} {
		token := assertion(t, test.key, test.alg, test.kid, assertionClaims(now, nil))
		got, err := VerifyAssertion(token, c.jwks(t), want)
		if err != nil || got.ID != "once" || !got.Expires.Equal(now.Add(time.Minute)) {
			t.Errorf("%s %s: %+v, %v", test.alg, test.kid, got, err)
		}
		for i := range token {
			flipped := []byte(token)
			flipped[i] ^= 1
			if _, err := VerifyAssertion(string(flipped), c.jwks(t), want); !errors.Is(err, ErrToken) {
				t.Fatalf("%s: byte %d changed: %v", test.alg, i, err)
			}
		}
	}
}

func TestClaimsOfAnAssertion(t *testing.T) {
	c, now := newClient(t), new(clock).now()
	want := ExpectAssertion{ClientID: "client-1", Audiences: []string{testIssuer, testIssuer + "/token"}, Now: now}
	for _, test := range []struct {
		name   string
		change map[string]any
		want   ExpectAssertion
		err    error
	}{
		{"all is well", nil, want, nil},
		{"aud is the endpoint", map[string]any{"aud": []string{testIssuer + "/token"}}, want, nil},
		{"aud is another", map[string]any{"aud": "https://other.example"}, want, ErrToken},
		{"no aud", map[string]any{"aud": nil}, want, ErrToken},
		{"empty aud, nothing expected", map[string]any{"aud": ""}, ExpectAssertion{ClientID: "client-1", Audiences: []string{""}, Now: now}, ErrToken},
		{"another client", nil, ExpectAssertion{ClientID: "client-2", Audiences: want.Audiences, Now: now}, ErrToken},
		{"no client expected", map[string]any{"iss": "", "sub": ""}, ExpectAssertion{Audiences: want.Audiences, Now: now}, ErrToken},
		{"iss is another", map[string]any{"iss": "client-2"}, want, ErrToken},
		{"sub is another", map[string]any{"sub": "client-2"}, want, ErrToken},
		{"no jti", map[string]any{"jti": nil}, want, ErrToken},
		{"no exp", map[string]any{"exp": nil}, want, ErrToken},
		{"expired", map[string]any{"exp": now.Unix()}, want, ErrExpired},
		{"lives for a day", map[string]any{"exp": now.Add(24 * time.Hour).Unix()}, want, ErrToken},
		{"without iat", map[string]any{"iat": nil}, want, nil},
		{"made in the future", map[string]any{"iat": now.Add(time.Hour).Unix()}, want, ErrToken},
		{"not yet", map[string]any{"nbf": now.Add(time.Hour).Unix()}, want, ErrToken},
	} {
		token := assertion(t, c.ec, ES256, "ec", assertionClaims(now, test.change))
		got, err := VerifyAssertion(token, c.jwks(t), test.want)
		if !errors.Is(err, test.err) || (err != nil) != (test.err != nil) || (err != nil && got != Assertion{}) {
			t.Errorf("%s: %+v, %v; want %v", test.name, got, err, test.err)
		}
	}
}

func TestKeysThatDoNotServe(t *testing.T) {
	c, now := newClient(t), new(clock).now()
	other := newClient(t)
	secret := []byte("a secret as long as HS256 wants it")
	want := ExpectAssertion{ClientID: "client-1", Audiences: []string{testIssuer}, Now: now}
	claims := assertionClaims(now, nil)
	many := make([]jose.JSONWebKey, assertionKeysMax+1)
	for i := range many {
		many[i] = jose.JSONWebKey{Key: c.ec.Public()}
	}
	standard, err := os.ReadFile("testdata/rfc7517-a1.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		token string
		jwks  []byte
	}{
		"another's key":             {assertion(t, other.ec, ES256, "ec", claims), c.jwks(t)},
		"kid of another key":        {assertion(t, c.ec, ES256, "rsa", claims), c.jwks(t)},
		"kid unknown":               {assertion(t, c.ec, ES256, "x", claims), c.jwks(t)},
		"a key for encryption":      {assertion(t, c.ec, ES256, "", claims), jwksOf(t, jose.JSONWebKey{Key: c.ec.Public(), Use: "enc"})},
		"a key for PS256 alone":     {assertion(t, c.rsa, RS256, "", claims), jwksOf(t, jose.JSONWebKey{Key: c.rsa.Public(), Algorithm: "PS256"})},
		"a symmetric key":           {assertion(t, secret, "HS256", "", claims), jwksOf(t, jose.JSONWebKey{Key: secret})},
		"a private key":             {assertion(t, c.ec, ES256, "", claims), jwksOf(t, jose.JSONWebKey{Key: c.ec})},
		"too short a key":           {assertion(t, c.shortRSA, RS256, "", claims), jwksOf(t, jose.JSONWebKey{Key: c.shortRSA.Public()})},
		"an alg that is not taken":  {assertion(t, c.rsa, "RS512", "", claims), c.jwks(t)},
		"two keys of one name":      {assertion(t, c.ec, ES256, "ec", claims), jwksOf(t, jose.JSONWebKey{Key: c.ec.Public(), KeyID: "ec"}, jose.JSONWebKey{Key: other.ec.Public(), KeyID: "ec"})},
		"too many keys":             {assertion(t, c.ec, ES256, "", claims), jwksOf(t, many...)},
		"no keys":                   {assertion(t, c.ec, ES256, "", claims), []byte(`{"keys":[]}`)},
		"no JSON":                   {assertion(t, c.ec, ES256, "", claims), []byte(`keys`)},
		"nothing":                   {assertion(t, c.ec, ES256, "", claims), nil},
		"keys of the standard":      {assertion(t, c.ec, ES256, "1", claims), standard},
		"keys of the standard, RSA": {assertion(t, c.rsa, RS256, "2011-04-29", claims), standard},
	} {
		if got, err := VerifyAssertion(test.token, test.jwks, want); !errors.Is(err, ErrToken) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// The key set of RFC 7517 appendix A.1 has one key to verify with.
// A key is its owner's word: one that is slow to check with would be work that
// anybody can cause.
func TestKeysThatCostTooMuch(t *testing.T) {
	modulus := func(bits uint) *big.Int {
		return new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), bits-1), big.NewInt(1))
	}
	for _, c := range []struct {
		key  rsa.PublicKey
		want bool
	}{
		{rsa.PublicKey{N: modulus(4096), E: 65537}, true},
		{rsa.PublicKey{N: modulus(2048), E: 3}, true},
		{rsa.PublicKey{N: modulus(4097), E: 65537}, false},
		{rsa.PublicKey{N: modulus(2048), E: 65539}, false},
		{rsa.PublicKey{N: modulus(2048), E: 1<<31 - 1}, false},
	} {
		if got := suits(RS256, &c.key) && suits("PS256", &c.key); got != c.want {
			t.Errorf("%d bits, exponent %d: %v", c.key.N.BitLen(), c.key.E, got)
		}
	}
}

func TestKeySetOfTheStandard(t *testing.T) {
	b, err := os.ReadFile("testdata/rfc7517-a1.json")
	if err != nil {
		t.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(b, &set); err != nil {
		t.Fatal(err)
	}
	if ec := set.Keys[0]; !suits(ES256, ec.Key) || serves(ec, ES256, "1") {
		t.Error("the key for encryption would verify")
	}
	if rsa := set.Keys[1]; !serves(rsa, RS256, "2011-04-29") || !serves(rsa, RS256, "") || serves(rsa, RS256, "1") || serves(rsa, "PS256", "") {
		t.Error("the RSA key serves otherwise than it says")
	}
}

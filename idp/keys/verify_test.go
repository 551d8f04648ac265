// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

type vector struct {
	Source, Alg, Token, Payload string
	Key                         jose.JSONWebKey
}

func vectors(t testing.TB) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/rfc.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestVectorsOfTheStandards(t *testing.T) {
	for _, v := range vectors(t) {
		payload, err := verifySignature(v.Token, v.Alg, v.Key.Key)
		if err != nil || string(payload) != v.Payload {
			t.Errorf("%s: %q, %v", v.Source, payload, err)
		}
		for _, other := range vectors(t) {
			if other.Alg == v.Alg {
				continue
			}
			if _, err := verifySignature(v.Token, v.Alg, other.Key.Key); !errors.Is(err, ErrToken) {
				t.Errorf("%s with the key of %s: %v", v.Source, other.Source, err)
			}
			if _, err := verifySignature(v.Token, other.Alg, v.Key.Key); !errors.Is(err, ErrToken) {
				t.Errorf("%s as %s: %v", v.Source, other.Alg, err)
			}
		}
	}
}

// One ring with keys of all algorithms serves all the tests that only look.
func TestVerify(t *testing.T) {
	r := loaded(t, Config{})
	t.Run("what is expected", func(t *testing.T) { verifyExpectations(t, r) })
	t.Run("every byte counts", func(t *testing.T) { verifyEveryByte(t, r) })
	t.Run("forgeries", func(t *testing.T) { verifyForgeries(t, r) })
	t.Run("claims come back as they were", func(t *testing.T) { verifyClaimsReturned(t, r) })
}

func verifyExpectations(t *testing.T, r *Ring) {
	now := r.c.Now()
	with := func(change map[string]any) map[string]any {
		c := testClaims(now, time.Hour)
		for name, value := range change {
			c[name] = value
			if value == nil {
				delete(c, name)
			}
		}
		return c
	}
	ago := func(d time.Duration) int64 { return now.Add(-d).Unix() }
	good := expectJWT()
	for _, test := range []struct {
		name   string
		claims any
		want   Expect
		err    error
	}{
		{"all is well", with(nil), good, nil},
		{"nothing expected, nothing accepted", with(nil), Expect{}, ErrToken},
		{"no issuer expected", with(nil), Expect{Typ: []string{"JWT"}}, ErrToken},
		{"one of several typs", with(nil), Expect{Typ: []string{"at+jwt", "JWT"}, Issuer: testIssuer}, nil},
		{"another typ", with(nil), Expect{Typ: []string{"at+jwt"}, Issuer: testIssuer}, ErrToken},
		{"the wanted alg", with(nil), Expect{Typ: good.Typ, Issuer: testIssuer, Algs: []string{ES256}}, nil},
		{"another alg", with(nil), Expect{Typ: good.Typ, Issuer: testIssuer, Algs: []string{RS256}}, ErrToken},
		{"another issuer", with(map[string]any{"iss": testIssuer + "/"}), good, ErrToken},
		{"no issuer", with(map[string]any{"iss": nil}), good, ErrToken},
		{"for the audience", with(nil), Expect{Typ: good.Typ, Issuer: testIssuer, Audience: "cloud"}, nil},
		{"for several audiences", with(map[string]any{"aud": []string{"x", "cloud"}}), Expect{Typ: good.Typ, Issuer: testIssuer, Audience: "cloud"}, nil},
		{"for another audience", with(map[string]any{"aud": "cloudy"}), Expect{Typ: good.Typ, Issuer: testIssuer, Audience: "cloud"}, ErrToken},
		{"for nobody", with(map[string]any{"aud": nil}), Expect{Typ: good.Typ, Issuer: testIssuer, Audience: "cloud"}, ErrToken},
		{"expired", with(map[string]any{"exp": ago(0)}), good, ErrExpired},
		{"expired is refused", with(map[string]any{"exp": ago(time.Hour)}), good, ErrToken},
		{"expired hint", with(map[string]any{"exp": ago(time.Hour)}), Expect{Typ: good.Typ, Issuer: testIssuer, AcceptExpired: true}, nil},
		{"expired hint of another issuer", with(map[string]any{"exp": ago(time.Hour), "iss": "x"}), Expect{Typ: good.Typ, Issuer: testIssuer, AcceptExpired: true}, ErrToken},
		{"without end", with(map[string]any{"exp": nil}), good, ErrToken},
		{"hint without end", with(map[string]any{"exp": nil}), Expect{Typ: good.Typ, Issuer: testIssuer, AcceptExpired: true}, ErrToken},
		{"end is null", with(map[string]any{"exp": json.RawMessage("null")}), good, ErrToken},
		{"end is text", with(map[string]any{"exp": "9999999999"}), good, ErrToken},
		{"end overflows", with(map[string]any{"exp": 1e300}), good, ErrToken},
		{"end is a fraction", with(map[string]any{"exp": float64(ago(0)) + 1.5}), good, nil},
		{"not yet", with(map[string]any{"nbf": ago(-5 * time.Minute)}), good, ErrToken},
		{"made in the future", with(map[string]any{"iat": ago(-5 * time.Minute)}), good, ErrToken},
		{"made by a clock a little ahead", with(map[string]any{"iat": ago(-30 * time.Second)}), good, nil},
		{"no claims", []string{"iss"}, good, ErrToken},
		{"nothing", nil, good, ErrToken},
	} {
		payload, _, err := r.Verify(sign(t, r, ES256, "JWT", test.claims), test.want)
		if !errors.Is(err, test.err) || (err != nil) != (test.err != nil) || (payload != nil) != (err == nil) {
			t.Errorf("%s: %s, %v; want %v", test.name, payload, err, test.err)
		}
	}
}

// Flip each bit, drop each byte, cut at each place, double each part: nothing
// but the token itself is the token (also not another spelling of it).
func verifyEveryByte(t *testing.T, r *Ring) {
	for _, alg := range []string{ES256, EdDSA, RS256} {
		token := sign(t, r, alg, "JWT", testClaims(r.c.Now(), time.Hour))
		refused := func(what string, bad string) {
			t.Helper()
			if payload, _, err := r.Verify(bad, expectJWT()); err == nil || payload != nil {
				t.Fatalf("%s: accepted with %s", alg, what)
			}
		}
		for i := range token {
			for bit := range 8 {
				flipped := []byte(token)
				flipped[i] ^= 1 << bit
				refused(fmt.Sprintf("bit %d of byte %d flipped", bit, i), string(flipped))
			}
			refused(fmt.Sprintf("byte %d dropped", i), token[:i]+token[i+1:])
			refused(fmt.Sprintf("a cut at %d", i), token[:i])
			refused(fmt.Sprintf("a start at %d", i+1), token[i+1:])
			refused(fmt.Sprintf("a line end at %d", i), token[:i]+"\n"+token[i:])
		}
		for _, more := range []string{".", "=", " ", "\n", "A", ".A", "." + token, token} {
			refused(fmt.Sprintf("%.10q behind", more), token+more)
			refused(fmt.Sprintf("%.10q before", more), more+token)
		}
		refused("much behind", token+strings.Repeat("A", tokenMax))
	}
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func verifyForgeries(t *testing.T, r *Ring) {
	now := r.c.Now()
	claims, err := json.Marshal(testClaims(now, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	body := "." + encode(string(claims))
	es, rs, ed := kidOf(t, r, ES256), kidOf(t, r, RS256), kidOf(t, r, EdDSA)
	genuine := strings.Split(sign(t, r, ES256, "JWT", testClaims(now, time.Hour)), ".")
	head := func(alg, kid string) string {
		return encode(fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"JWT"}`, alg, kid))
	}
	forgeries := map[string]string{
		"none":                   head("none", es) + body + ".",
		"none, signed":           head("none", es) + body + "." + genuine[2],
		"None":                   head("None", es) + body + "." + genuine[2],
		"no alg":                 encode(`{"kid":"`+es+`","typ":"JWT"}`) + body + "." + genuine[2],
		"alg of another key":     head(EdDSA, es) + body + "." + genuine[2],
		"kid of another key":     head(ES256, ed) + body + "." + genuine[2],
		"unknown kid":            head(ES256, "aaaaaaaaaaaaaaaa") + body + "." + genuine[2],
		"no kid":                 encode(`{"alg":"ES256","typ":"JWT"}`) + body + "." + genuine[2],
		"empty signature":        genuine[0] + "." + genuine[1] + ".",
		"zero signature":         genuine[0] + "." + genuine[1] + "." + encode(strings.Repeat("\x00", 64)),
		"another's payload":      genuine[0] + body + "x." + genuine[2],
		"JSON serialization":     fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, genuine[1], genuine[0], genuine[2]),
		"five parts":             strings.Join(genuine, ".") + "." + genuine[1] + "." + genuine[2],
		"empty":                  "",
		"dots":                   "..",
		"header is no JSON":      encode("alg") + body + "." + genuine[2],
		"header with a tail":     encode(`{"alg":"ES256","kid":"`+es+`","typ":"JWT"}{}`) + body + "." + genuine[2],
		"PS256 with the RSA key": head("PS256", rs) + body + "." + genuine[2],
	}
	for _, name := range []string{`"crit":["exp"]`, `"jwk":{}`, `"jku":"https://evil.example"`, `"x5c":[]`, `"b64":false`, `"zip":"DEF"`, `"cty":"JWT"`} {
		forgeries["header with "+name] = encode(`{"alg":"ES256","kid":"`+es+`","typ":"JWT",`+name+`}`) + body + "." + genuine[2]
	}
	for name, secret := range publicForms(t, r) {
		for _, kid := range []string{rs, es, ed} {
			input := head("HS256", kid) + body
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(input))
			forgeries["HS256 with "+name+" for "+kid] = input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
		}
	}
	for name, token := range forgeries {
		if payload, kid, err := r.Verify(token, expectJWT()); !errors.Is(err, ErrToken) || payload != nil || kid != "" {
			t.Errorf("%s: %s, %v", name, payload, err)
		}
	}
}

// publicForms are what a forger may take for the secret of an HMAC.
func publicForms(t *testing.T, r *Ring) map[string][]byte {
	t.Helper()
	forms := map[string][]byte{"nothing": nil}
	for _, alg := range Algorithms() {
		k, _ := r.signing(alg)
		der, err := x509.MarshalPKIXPublicKey(k.private.Public())
		if err != nil {
			t.Fatal(err)
		}
		forms[alg+" DER"] = der
		forms[alg+" PEM"] = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		if forms[alg+" JWK"], err = json.Marshal(k.jwk()); err != nil {
			t.Fatal(err)
		}
	}
	return forms
}

func verifyClaimsReturned(t *testing.T, r *Ring) {
	claims := testClaims(r.c.Now(), time.Hour)
	claims["name"] = "Núria Gòdia 🔑 <b>\u2028 日本"
	for _, alg := range Algorithms() {
		token := sign(t, r, alg, "JWT", claims)
		payload, kid, err := r.Verify(token, expectJWT())
		if err != nil || string(kid) != kidOf(t, r, alg) {
			t.Fatalf("%s: %s, %v", alg, kid, err)
		}
		for i, b := range payload {
			if b >= 0x80 {
				t.Fatalf("%s: byte %d is not ASCII: %s", alg, i, payload)
			}
		}
		var got map[string]any
		if err := json.Unmarshal(payload, &got); err != nil || got["name"] != claims["name"] {
			t.Fatalf("%s: %v, %v", alg, got["name"], err)
		}
		raw, err := rawHeader(token)
		want := fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"JWT"}`, alg, kid)
		if err != nil || string(raw) != want {
			t.Fatalf("header %s, want %s", raw, want)
		}
	}
}

func TestHashOfTokens(t *testing.T) {
	// OpenID Connect Core appendix A.3 and A.4: values of RS256.
	if got := Hash(RS256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"); got != "77QmUPtjPfzWtF2AnpK9RQ" {
		t.Errorf("at_hash = %s", got)
	}
	if got := Hash(ES256, "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"); got != "LDktKdoQak3Pk0cnXxCltA" {
		t.Errorf("c_hash = %s", got)
	}
	if got := len(Hash(EdDSA, "x")); got != 43 {
		t.Errorf("EdDSA hashes to %d characters, not half of SHA-512", got)
	}
	if got := len(Hash("ES384", "x")); got != 32 {
		t.Errorf("ES384 hashes to %d characters", got)
	}
	if got := Hash("none", "x"); got != "" {
		t.Errorf("none hashes to %s", got)
	}
}

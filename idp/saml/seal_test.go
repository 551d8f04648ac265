// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/saml/xmlsig"
)

func TestP18WhoHasAKeyReadsAlone(t *testing.T) {
	seals, other := pairNamed("nuvol-seals"), pairNamed("nuvol-other")
	use := func(methods ...string) func(*look) {
		return func(l *look) { l.encryption = keyDescriptor("encryption", seals, methods...) }
	}
	for name, c := range map[string]struct {
		settings directory.SAMLSettings
		look     func(*look)
		cipher   string // empty: in clear
	}{
		"no key":                    {look: func(*look) {}},
		"nothing listed":            {look: use(), cipher: xmlsig.AES128GCM},
		"GCM listed":                {look: use(xmlsig.AES128CBC, xmlsig.AES128GCM), cipher: xmlsig.AES128GCM},
		"the longer GCM listed":     {look: use(xmlsig.AES128GCM, xmlsig.AES256GCM), cipher: xmlsig.AES256GCM},
		"CBC listed":                {look: use(xmlsig.AES128CBC), cipher: xmlsig.AES128CBC},
		"3DES listed, CBC recorded": {directory.SAMLSettings{Cipher: "aes256-cbc"}, use("http://www.w3.org/2001/04/xmlenc#tripledes-cbc"), xmlsig.AES256CBC},
		"CBC recorded":              {directory.SAMLSettings{Cipher: "aes128-cbc"}, use(), xmlsig.AES128CBC},
		"GCM recorded":              {directory.SAMLSettings{Cipher: "aes256-gcm"}, use(), xmlsig.AES256GCM},
		"a key for both":            {look: func(l *look) { l.signing = keyDescriptor("", seals) }, cipher: xmlsig.AES128GCM},
		"two keys": {look: func(l *look) {
			l.encryption = keyDescriptor("encryption", seals) + keyDescriptor("encryption", other)
		}, cipher: xmlsig.AES128GCM},
		"never":    {settings: directory.SAMLSettings{Encrypt: "never"}, look: use()},
		"required": {directory.SAMLSettings{Encrypt: "required"}, use(), xmlsig.AES128GCM},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			c.settings.Attributes = []string{"name"}
			nuvol := w.provider("nuvol", c.settings, c.look)
			a := w.browser().asks(nuvol).through("anna.vila").granted().valid("Response")
			if c.cipher == "" {
				a.has(map[string]string{"displayName": "Anna Vilà"})
				return
			}
			if strings.Contains(string(a.raw), "<saml:Assertion") || strings.Contains(string(a.raw), "Anna") {
				t.Fatalf("in clear: %s", a.raw)
			}
			if !strings.Contains(string(a.raw), `Algorithm="`+c.cipher+`"`) || !strings.Contains(string(a.raw), xmlsig.OAEP) {
				t.Errorf("another cipher: %s", a.raw)
			}
			clear := a.opened(seals)
			clear.verified(clear.assertion())
			clear.has(map[string]string{"displayName": "Anna Vilà"})
			a.decryptable(seals)
		})
	}
	t.Run("required, and no key", func(t *testing.T) {
		w := start(t)
		nuvol := w.provider("nuvol", directory.SAMLSettings{Encrypt: "required"})
		w.browser().asks(nuvol).through("anna.vila").refused(statusResponder)
	})
	t.Run("a key on a curve", func(t *testing.T) {
		w := start(t)
		nuvol := w.provider("nuvol", directory.SAMLSettings{}, func(l *look) {
			l.encryption = keyDescriptor("encryption", &pair{der: curve(t)})
		})
		w.browser().asks(nuvol).told("client-unknown")
	})
}

// decryptable lets the tool that many service providers use open the answer.
func (a *answer) decryptable(by *pair) {
	a.t.Helper()
	key := filepath.Join(a.dir(), "key.pem")
	a.must(os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(by.key)}), 0o600))
	a.tool("xmlsec1", "--decrypt", "--privkey-pem", key)
}

func curve(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "curve"}, NotBefore: noon, NotAfter: noon.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestP19WhatIsSignedIsWhatTheRecordSays(t *testing.T) {
	for sign, want := range map[string]struct{ response, assertion bool }{
		"": {true, true}, "both": {true, true}, "response": {true, false}, "assertion": {false, true},
	} {
		t.Run(sign, func(t *testing.T) {
			w := start(t)
			nuvol := w.provider("nuvol", directory.SAMLSettings{Sign: sign})
			a := w.browser().asks(nuvol).through("anna.vila").answered()
			if got := xmlsig.Child(a.root, xmlsig.Dsig, "Signature") != nil; got != want.response {
				t.Errorf("the response is signed: %t", got)
			}
			if got := xmlsig.Signed(a.assertion()); got != want.assertion {
				t.Errorf("the assertion is signed: %t", got)
			}
			var signed []string
			if want.response {
				signed = append(signed, "Response")
				a.verified(a.root)
			}
			if want.assertion {
				signed = append(signed, "Assertion")
				a.verified(a.assertion())
			}
			a.valid(signed...)
			// A refusal has nothing else that could be signed.
			w.browser().asks(nuvol, with(`IsPassive="true"`)).refused(statusResponder, statusNoPassive).valid("Response")
		})
	}
}

// shelf holds two certificates: the one that signs, and the one that came before.
type shelf struct{ now, before *pair }

func (s shelf) Published() []keys.Certificate {
	old := s.before.certificate()
	old.ID = "before"
	return []keys.Certificate{s.now.certificate(), old}
}

func (s shelf) Signing(id directory.KeyID) (keys.Certificate, error) {
	for _, c := range s.Published() {
		if id == "" || id == c.ID {
			return c, nil
		}
	}
	return keys.Certificate{}, errors.New("withdrawn")
}

// A service that cannot be told of the new certificate in time is answered with
// the old one (P23, as far as the door goes).
func TestAServiceMayKeepTheOldCertificate(t *testing.T) {
	certs := shelf{pairNamed("clau"), pairNamed("clau-before")}
	w := start(t, func(c *Config) { c.Certificates = certs })
	nuvol, pinned := w.provider("nuvol", directory.SAMLSettings{}), w.provider("pinned", directory.SAMLSettings{Key: "before"})
	anna := w.browser()
	anna.asks(nuvol).through("anna.vila").granted()
	w.certs = certs.before
	a := anna.asks(pinned).through("anna.vila").granted()
	a.verified(a.assertion())
	anna.asks(pinned, with(`IsPassive="true" ForceAuthn="true"`)).refused(statusResponder, statusNoPassive)

	w.town.change(pinned.service.ID, func(s *directory.Service) { s.SAML.Settings.Key = "withdrawn" })
	anna.asks(pinned).told("internal")
}

func TestOwnMetadata(t *testing.T) {
	w := start(t, func(c *Config) { c.Certificates = shelf{pairNamed("clau"), pairNamed("clau-before")} })
	first := w.browser().get("/saml/metadata")
	root, err := xmlsig.Parse([]byte(first.body), xmlsig.Metadata())
	w.must(err)
	if attrOf(root, "entityID") != ourself || strings.Count(first.body, "X509Certificate>") < 4 {
		t.Errorf("%s", first.body)
	}
	for _, want := range []string{ssoAddress, issuer + "/saml/slo", ">id.example<"} {
		if !strings.Contains(first.body, want) {
			t.Errorf("%s is not in it", want)
		}
	}
	if _, err := exec.LookPath("xmlsec1"); err == nil {
		a := &answer{t: t, raw: []byte(first.body), by: w.certs}
		cert := filepath.Join(t.TempDir(), "cert.pem")
		w.must(os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.certs.der}), 0o600))
		a.tool("xmlsec1", "--verify", "--enabled-key-data", "rsa", "--pubkey-cert-pem", cert, "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor")
	}
	w.clock.Advance(ownLife / 2)
	if again := w.browser().get("/saml/metadata"); again.body != first.body || again.header.Get("ETag") != first.header.Get("ETag") {
		t.Error("it changes within the hour")
	}
	w.clock.Advance(ownLife)
	if later := w.browser().get("/saml/metadata"); later.header.Get("ETag") == first.header.Get("ETag") {
		t.Error("it never grows younger")
	}
}

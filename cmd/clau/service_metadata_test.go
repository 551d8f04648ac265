// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/cmd/clau/config"
)

const providerMetadata = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://aula.example/sp">
<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:%s" Location="%s/acs" index="0"/>
</SPSSODescriptor></EntityDescriptor>`

// source is where an application publishes its metadata, and a command that
// reads it.
type source struct {
	t       *testing.T
	said    bytes.Buffer
	app     *app
	at      config.Settings
	address string
	serves  string
}

func newSource(t *testing.T) *source {
	t.Helper()
	s := &source{t: t}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/samlmetadata+xml")
		if strings.HasPrefix(s.serves, "<!DOCTYPE html>") {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
		}
		if s.serves == "" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		fmt.Fprint(w, s.serves)
	}))
	t.Cleanup(server.Close)
	issuer, err := url.Parse("http://localhost:8080")
	if err != nil {
		t.Fatal(err)
	}
	s.app, s.at, s.address = &app{now: time.Now, err: &s.said}, config.Settings{Issuer: issuer}, server.URL
	return s
}

func (s *source) read(key, entityID string) (string, error) {
	f := &serviceFlags{provider: providerFlags{metadata: s.address, metadataKey: key, entityID: entityID}}
	p, err := s.app.readProvider(s.t.Context(), s.at, f)
	if err != nil {
		return "", err
	}
	if p.Settings.MetadataURL != s.address || p.Settings.Fetched.IsZero() || len(p.Metadata) == 0 {
		s.t.Errorf("the record forgets where it came from: %+v", p.Settings)
	}
	return p.EntityID, nil
}

// TestMetadataByItsAddress: what is wrong is said in words, and whom nobody
// vouches for is taken by address alone, with a warning.
func TestMetadataByItsAddress(t *testing.T) {
	s := newSource(t)
	if _, err := s.read("", ""); err == nil || !strings.Contains(err.Error(), "it answers 500") {
		t.Errorf("nothing there: %v", err)
	}
	s.serves = fmt.Sprintf(providerMetadata, "HTTP-POST", s.address)
	if got, err := s.read("", ""); err != nil || got != "https://aula.example/sp" {
		t.Errorf("%q, %v", got, err)
	}
	if !strings.Contains(s.said.String(), "nobody signs this metadata") {
		t.Errorf("no warning: %s", &s.said)
	}
	if _, err := s.read("", "https://other.example/sp"); err == nil || !strings.Contains(err.Error(), "--entity-id") {
		t.Errorf("of another entity: %v", err)
	}
	if _, err := s.read(pinned(t), ""); err == nil || !strings.Contains(err.Error(), "--metadata-key") {
		t.Errorf("by a key that did not sign it: %v", err)
	}
	s.serves = fmt.Sprintf(providerMetadata, "HTTP-Redirect", "http://aula.example")
	if _, err := s.read("", ""); err == nil || strings.Count(err.Error(), "\n") < 2 {
		t.Errorf("not everything that is wrong: %v", err)
	}
}

// TestWhatIsNoMetadata is named by what it is, and not by who reads it here.
func TestWhatIsNoMetadata(t *testing.T) {
	page := newSource(t)
	page.serves = "<!DOCTYPE html><p>Log in"
	if _, err := page.read("", ""); err == nil || !strings.Contains(err.Error(), "it answers with a web page") {
		t.Errorf("a page: %v", err)
	}
	text := newSource(t)
	text.serves = "certainly not"
	if _, err := text.read("", ""); err == nil || !strings.Contains(err.Error(), "it is not XML that Clau reads") || strings.Contains(err.Error(), "xmlsig") {
		t.Errorf("a text: %v", err)
	}
}

// TestAKeyThatCannotSignIsNotPinned.
func TestAKeyThatCannotSignIsNotPinned(t *testing.T) {
	s := newSource(t)
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.read(file, ""); err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Errorf("%v", err)
	}
}

// pinned is a file with a certificate of somebody else.
func pinned(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "signer.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/cmd/clau/config"
)

// certify writes a certificate that signs itself, for a host and a time.
func certify(t *testing.T, dir, host string, from, to time.Time) config.Settings {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(from.UnixNano()), Subject: pkix.Name{CommonName: host},
		DNSNames: []string{host}, NotBefore: from, NotAfter: to,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	s := config.Settings{
		Issuer: &url.URL{Scheme: "https", Host: "id.example.coop"},
		TLS:    config.TLS{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")},
	}
	for name, block := range map[string]*pem.Block{
		s.TLS.CertFile: {Type: "CERTIFICATE", Bytes: der}, s.TLS.KeyFile: {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// A renewed certificate is shown after a reload; a broken one never is.
func TestCertificatesAreReadAgain(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	s := certify(t, dir, "id.example.coop", now.Add(-time.Hour), now.Add(time.Hour))
	c, err := openCertificates(s)
	if err != nil {
		t.Fatal(err)
	}
	shown := func() string {
		pair, err := c.tls.GetCertificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.SerialNumber.String()
	}
	first := shown()
	certify(t, dir, "id.example.coop", now.Add(-time.Minute), now.Add(time.Hour))
	if shown() != first {
		t.Error("a file was believed that nobody asked to read")
	}
	if err := c.reload(s); err != nil {
		t.Fatal(err)
	}
	second := shown()
	if second == first {
		t.Error("the renewed certificate is not shown")
	}
	if err := os.WriteFile(s.TLS.CertFile, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c.reload(s) == nil || shown() != second {
		t.Error("a broken certificate took the place of a good one")
	}
}

// What check says of a certificate, at several times of its life.
func TestCheckOfCertificates(t *testing.T) {
	now := time.Now()
	const day = 24 * time.Hour
	for _, c := range []struct {
		name, host string
		from, to   time.Time
		level      string
		says       string
	}{
		{"good", "id.example.coop", now.Add(-day), now.Add(60 * day), "ok", "until"},
		{"ends soon", "id.example.coop", now.Add(-day), now.Add(5 * day), "warning", "ends on"},
		{"ended", "id.example.coop", now.Add(-9 * day), now.Add(-day), "fault", "ended on"},
		{"not yet", "id.example.coop", now.Add(day), now.Add(9 * day), "fault", "not valid yet"},
		{"of another name", "www.example.coop", now.Add(-day), now.Add(60 * day), "fault", "not for id.example.coop"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &app{now: time.Now}
			found := a.checkTLS(t.Context(), certify(t, t.TempDir(), c.host, c.from, c.to))
			if len(found) != 1 || found[0].Level != c.level || !strings.Contains(found[0].Message, c.says) {
				t.Errorf("found %+v", found)
			}
		})
	}
}

// ACME asks for the issuer's name alone.
func TestACMEIsForTheIssuerAlone(t *testing.T) {
	c, err := openCertificates(config.Settings{
		Issuer: &url.URL{Scheme: "https", Host: "id.example.coop"}, DataDir: t.TempDir(),
		TLS: config.TLS{ACME: &config.ACME{DirectoryURL: "https://127.0.0.1:1/none"}},
	})
	if err != nil || c.tls == nil || c.tls.MinVersion < 0x0303 {
		t.Fatalf("%+v %v", c, err)
	}
}

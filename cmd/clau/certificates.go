// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"crypto/tls"
	"sync/atomic"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"commonscloud.coop/clau/cmd/clau/config"
)

// certificates are what the listener shows. Those from files are read again
// when the configuration is.
type certificates struct {
	tls  *tls.Config // nil: somebody else does TLS
	file atomic.Pointer[tls.Certificate]
}

func openCertificates(s config.Settings) (*certificates, error) {
	c := &certificates{}
	if s.TLS.ACME != nil {
		c.tls = acmeConfig(s)
		return c, nil
	}
	if s.TLS.CertFile == "" {
		return c, nil
	}
	c.tls = &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.file.Load(), nil
		},
	}
	return c, c.reload(s)
}

// reload reads the files; when they cannot be read the old certificate stays.
func (c *certificates) reload(s config.Settings) error {
	if s.TLS.CertFile == "" || c.tls == nil {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(s.TLS.CertFile, s.TLS.KeyFile)
	if err != nil {
		return err
	}
	c.file.Store(&pair)
	return nil
}

// acmeConfig gets certificates for the issuer's name alone: whoever connects
// under another name must not make us ask for one.
func acmeConfig(s config.Settings) *tls.Config {
	manager := &autocert.Manager{
		Prompt:     autocert.AcceptTOS, // said in the configuration
		Cache:      autocert.DirCache(s.CertificateDir()),
		HostPolicy: autocert.HostWhitelist(s.Issuer.Hostname()),
		Email:      s.TLS.ACME.Email,
	}
	if s.TLS.ACME.DirectoryURL != "" {
		manager.Client = &acme.Client{DirectoryURL: s.TLS.ACME.DirectoryURL}
	}
	c := manager.TLSConfig()
	c.MinVersion = tls.VersionTLS12
	return c
}

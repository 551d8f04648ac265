// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"context"
	"crypto"
	"errors"
	"io"
	"log/slog"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// CertificatesConfig says how [Certificates] live.
type CertificatesConfig struct {
	Directory directory.Keys
	Sealer    *Sealer
	Now       func() time.Time
	Rand      io.Reader
	Logger    *slog.Logger // nil: silent
	Name      string       // common name of the certificates: the issuer's host
	RSABits   int          // 2048, and never less
}

// Certificates are the RSA keys that SAML messages are signed with, in
// self-signed certificates. They live for years, since service providers pin
// them by hand: nothing turns them over but an operator, in steps that each wait
// for the slowest service (publish, sign, withdraw).
type Certificates struct{ c CertificatesConfig }

// Certificate is one of them, ready to sign.
type Certificate struct {
	ID     directory.KeyID
	DER    []byte
	Signer crypto.Signer // RSA
}

// NewCertificates returns an empty set, which signs nothing before
// [Certificates.Load].
func NewCertificates(c CertificatesConfig) *Certificates { return &Certificates{c: c} }

// Load reads the certificates, and makes the first if there is none.
func (c *Certificates) Load(ctx context.Context) error { return errors.New("keys: not built yet") }

// Run keeps them up to date until ctx ends.
func (c *Certificates) Run(ctx context.Context) {}

// Refresh makes Run read them soon. It never waits.
func (c *Certificates) Refresh() {}

// Signing is the one that signs now, or the named one if it still may.
func (c *Certificates) Signing(id directory.KeyID) (Certificate, error) {
	return Certificate{}, errors.New("keys: not built yet")
}

// Published are all that metadata names, the signing one first.
func (c *Certificates) Published() []Certificate { return nil }

// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

const (
	// certificateYears is how long a certificate is valid. Most service providers
	// do not look (saml-metadata-iop-2.0 section 2.6.1 tells them not to); for
	// those who do it must not end before somebody thinks of it.
	certificateYears = 10

	// skewBack is how far other clocks may be behind.
	skewBack = time.Hour

	// nameMax is the longest common name (RFC 5280 appendix A.1, ub-common-name).
	nameMax = 64
)

// certificateContext binds a sealed key to its name, see sealContext.
func certificateContext(id directory.KeyID) string { return "saml-key/" + string(id) }

// make makes a key with its certificate. With a zero activates it is published
// and does not sign.
func (c *Certificates) make(id directory.KeyID, activates time.Time) (directory.Key, error) {
	private, err := rsa.GenerateKey(c.c.Rand, c.c.RSABits)
	if err != nil {
		return directory.Key{}, fmt.Errorf("keys: making a key: %w", err)
	}
	now := c.c.Now()
	der, err := c.certify(private, now)
	if err != nil {
		return directory.Key{}, err
	}
	plain, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return directory.Key{}, fmt.Errorf("keys: writing a key: %w", err)
	}
	sealed, err := c.c.Sealer.Seal(plain, certificateContext(id))
	return directory.Key{
		ID: id, Algorithm: SAML, State: directory.Active, Public: der, Sealed: sealed, Created: now, Activates: activates,
	}, err
}

// certify writes the certificate: nothing but a wrapping that SAML metadata
// wants around a public key. It certifies nobody else.
func (c *Certificates) certify(private *rsa.PrivateKey, now time.Time) ([]byte, error) {
	serial := make([]byte, 16)
	if _, err := io.ReadFull(c.c.Rand, serial); err != nil {
		return nil, fmt.Errorf("keys: making a certificate: %w", err)
	}
	serial[0] = serial[0]&0x7f | 0x40 // positive, and of full length (RFC 5280 section 4.1.2.2)
	t := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(serial),
		Subject:               pkix.Name{CommonName: c.c.Name[:min(len(c.c.Name), nameMax)]},
		NotBefore:             now.Add(-skewBack),
		NotAfter:              now.AddDate(certificateYears, 0, 0),
		SignatureAlgorithm:    x509.SHA256WithRSA,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(c.c.Rand, t, t, private.Public(), private)
	if err != nil {
		return nil, fmt.Errorf("keys: making a certificate: %w", err)
	}
	return der, nil
}

// open makes a certificate ready for use. Whoever can write the directory could
// put another there, and services would believe whom that one belongs to: it
// counts only if it is of the sealed key, and signed with it.
func (c *Certificates) open(stored directory.Key) (*certificate, error) {
	plain, err := c.c.Sealer.Open(stored.Sealed, certificateContext(stored.ID))
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", stored.ID, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	private, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok || private.N.BitLen() < rsaMin {
		return nil, fmt.Errorf("certificate %s: %w", stored.ID, ErrSealBroken)
	}
	x, err := x509.ParseCertificate(stored.Public)
	if err != nil || !bytes.Equal(x.Raw, stored.Public) || !private.PublicKey.Equal(x.PublicKey) ||
		x.CheckSignature(x.SignatureAlgorithm, x.RawTBSCertificate, x.Signature) != nil {
		return nil, fmt.Errorf("certificate %s: not the one of its key: %w", stored.ID, ErrSealBroken)
	}
	return &certificate{stored, Certificate{ID: stored.ID, DER: stored.Public, Signer: private}}, nil
}

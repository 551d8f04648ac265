// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
)

// What is derived from the master secret. A purpose is never changed nor given
// another meaning: whatever was made with it would be lost.
const (
	PurposeSealing    = "clau/sealing/v1"     // encryption of secrets at rest
	PurposeSealingID  = "clau/sealing-id/v1"  // tells which master secret sealed something; public
	PurposePseudonyms = "clau/pseudonyms/v1"  // subject identifiers: whoever changes this orphans every account
	PurposeSessionIDs = "clau/session-ids/v1" // the sid that a service sees
	PurposeCookies    = "clau/cookies/v1"     // authentication of cookies
	PurposeTokens     = "clau/tokens/v1"      // sealing of access and refresh tokens
	PurposeCSRF       = "clau/csrf/v1"        // tokens of forms
	PurposeReceipts   = "clau/receipts/v1"    // references of consent receipts
	PurposeTickets    = "clau/tickets/v1"     // links and codes in mails
	PurposeAudit      = "clau/audit/v1"       // the chain of the audit log
)

const (
	masterSize   = 32
	masterPrefix = "clau-master-1:"
)

// Master is the secret of an installation from which all others are derived.
// Losing it orphans every account at every service: pseudonyms cannot be
// computed again.
type Master struct{ secret []byte }

// NewMaster draws a master secret from rand, which must be a secure source.
func NewMaster(rand io.Reader) (Master, error) {
	m := Master{secret: make([]byte, masterSize)}
	if _, err := io.ReadFull(rand, m.secret); err != nil {
		return Master{}, fmt.Errorf("drawing a master secret: %w", err)
	}
	return m, nil
}

// LoadMaster reads what [Master.Save] wrote. It refuses a file that anybody but
// its owner may read or write.
func LoadMaster(path string) (Master, error) {
	f, err := os.Open(path)
	if err != nil {
		return Master{}, fmt.Errorf("master secret: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Master{}, fmt.Errorf("master secret: %w", err)
	}
	if mode := info.Mode(); !mode.IsRegular() || mode.Perm()&0o077 != 0 {
		return Master{}, fmt.Errorf("master secret: %s has mode %v; it must be a file that only its owner can read (chmod 600)", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, 1024))
	if err != nil {
		return Master{}, fmt.Errorf("master secret: %w", err)
	}
	m, err := parseMaster(string(text))
	if err != nil {
		return Master{}, fmt.Errorf("master secret: %s: %w", path, err)
	}
	return m, nil
}

func parseMaster(text string) (Master, error) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(text), masterPrefix)
	if !ok {
		return Master{}, errors.New("not a master secret of Clau")
	}
	secret, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || len(secret) != masterSize {
		return Master{}, errors.New("damaged: the secret is not whole")
	}
	return Master{secret: secret}, nil
}

// Save writes the secret to a new file for its owner alone. It never writes
// over a file: that could be the only copy of another secret.
func (m Master) Save(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("master secret: %w", err)
	}
	_, err = f.WriteString(masterPrefix + base64.RawURLEncoding.EncodeToString(m.secret) + "\n")
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("master secret: %w", err)
	}
	return nil
}

// Derive returns n bytes, at most 255*32, that depend on the master secret and
// the purpose and tell nothing of either (HKDF-SHA256, RFC 5869). It panics if
// m is the zero Master: a key that everybody can compute is no key.
func (m Master) Derive(purpose string, n int) []byte {
	if len(m.secret) != masterSize {
		panic("keys: Derive from no master secret")
	}
	key, err := hkdf.Key(sha256.New, m.secret, nil, purpose, n)
	if err != nil {
		panic("keys: " + err.Error()) // n is out of range: a constant of the program is wrong
	}
	return key
}

// String hides the secret from logs, as GoString and LogValue do.
func (Master) String() string { return "master secret" }

// GoString implements [fmt.GoStringer].
func (m Master) GoString() string { return m.String() }

// LogValue implements [slog.LogValuer].
func (m Master) LogValue() slog.Value { return slog.StringValue(m.String()) }

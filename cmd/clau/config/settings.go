// SPDX-License-Identifier: AGPL-3.0-or-later

package config

import (
	"crypto/x509"
	"log/slog"
	"net/netip"
	"net/url"
	"path/filepath"
)

// Settings is a configuration ready to use. Paths are absolute, and secrets
// that are files are read, except the master secret, which is for package keys.
type Settings struct {
	File           string // where it was read from
	Issuer         *url.URL
	Listen         string
	SecretFile     string
	DataDir        string
	ThemeDir       string // empty: only the themes that are built in
	TrustedProxies []netip.Prefix
	InnerNetworks  []netip.Prefix // not public, and services there may be spoken to
	Contact        string         // whom admins of other servers write to; may be empty

	TLS       TLS
	Directory Directory
	State     State
	Mail      Mail
	Log       Log

	MetricsListen string // empty: no metrics
}

// TLS says how connections become private. With neither files nor ACME a proxy
// sees to that, or the issuer is a loopback one.
type TLS struct {
	CertFile string
	KeyFile  string
	ACME     *ACME
}

// ACME gets certificates by itself (RFC 8555), by the tls-alpn-01 challenge.
type ACME struct {
	Email        string
	DirectoryURL string // empty: Let's Encrypt
}

// Directory says where people and services are kept.
type Directory struct {
	URLs         []string // empty: embedded, in [Settings.DirectoryFile]
	Base         string   // suffix DN
	BindDN       string
	BindPassword string
	StartTLS     bool
	Roots        *x509.CertPool // nil: those of the system
}

// Embedded reports whether Clau keeps the directory by itself.
func (d Directory) Embedded() bool { return len(d.URLs) == 0 }

// State says where sessions and tokens are kept.
type State struct {
	RedisURL      string // empty: embedded, in [Settings.StateFile]
	RedisPassword string
}

// Mail says how mail leaves.
type Mail struct {
	SMTPURL  string // empty: no mail leaves
	From     string
	Password string

	// AliasDomain is that of the addresses services get in place of real ones.
	// Empty: one where nothing arrives.
	AliasDomain string
}

// Log says what is written down, and how.
type Log struct {
	Level     slog.Level
	JSON      bool
	AuditFile string
}

// DirectoryFile is the file of the embedded directory.
func (s Settings) DirectoryFile() string { return filepath.Join(s.DataDir, "directory.db") }

// DirectorySocket is where the embedded directory listens for commands.
func (s Settings) DirectorySocket() string { return filepath.Join(s.DataDir, "directory.sock") }

// StateFile is the file of the embedded state.
func (s Settings) StateFile() string { return filepath.Join(s.DataDir, "state.db") }

// CertificateDir is where certificates got by ACME are kept.
func (s Settings) CertificateDir() string { return filepath.Join(s.DataDir, "acme") }

// SPDX-License-Identifier: AGPL-3.0-or-later

package config

import (
	"crypto/x509"
	"errors"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// EmbeddedBase is the suffix of an embedded directory that names none.
const EmbeddedBase = "dc=clau"

// DefaultListen is where Clau listens when the file does not say.
const DefaultListen = "127.0.0.1:8080"

// Load reads the file at path. When anything is wrong with it the error is
// [Faults], with everything that is.
func Load(path string) (Settings, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Settings{}, Faults{{File: path, Problem: "cannot be read: " + plain(err)}}
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return Settings{}, Faults{{File: path, Problem: "cannot be found: " + plain(err)}}
	}
	f, faults := parse(path, filepath.Dir(full), text)
	if len(faults) > 0 {
		return Settings{}, faults
	}
	s := f.resolve(filepath.Dir(full))
	s.File = full
	return s, nil
}

func parse(name, dir string, text []byte) (file, Faults) {
	f, faults := decode(text)
	if readable(faults) {
		at := positions(text)
		for _, rule := range f.rules(dir) {
			if rule.problem != "" {
				where := nearest(at, rule.key)
				faults = append(faults, Fault{Line: where.line, Column: where.column, Key: rule.key, Problem: rule.problem})
			}
		}
	}
	for i := range faults {
		faults[i].File = name
	}
	return f, faults.sorted()
}

// nearest is where a key stands, or else the table that it should be in.
func nearest(at map[string]position, key string) position {
	for key != "" {
		if where, ok := at[key]; ok {
			return where
		}
		key = key[:max(0, strings.LastIndexByte(key, '.'))]
	}
	return position{}
}

// readable reports whether the whole file could be read, so that it makes sense
// to look for more than was found: unknown keys do not hinder.
func readable(faults Faults) bool {
	for _, f := range faults {
		if !strings.HasPrefix(f.Problem, unknownKey) {
			return false
		}
	}
	return true
}

// resolve takes a file without faults. What it reads was read a moment ago by
// the rules.
func (f file) resolve(dir string) Settings {
	issuer, _ := url.Parse(f.Issuer)
	s := Settings{
		Issuer:         issuer,
		Listen:         or(f.Listen, DefaultListen),
		SecretFile:     beside(dir, f.SecretFile),
		DataDir:        beside(dir, f.DataDir),
		ThemeDir:       beside(dir, f.ThemeDir),
		TrustedProxies: prefixes(f.TrustedProxies),
		InnerNetworks:  prefixes(f.InnerNetworks),
		Contact:        f.Contact,
		TLS:            f.TLS.resolve(dir),
		Directory:      f.Directory.resolve(dir),
		State:          State{RedisURL: f.State.RedisURL, RedisPassword: secret(dir, f.State.RedisPasswordFile)},
		Mail:           Mail{SMTPURL: f.Mail.SMTPURL, From: f.Mail.From, Password: secret(dir, f.Mail.PasswordFile), AliasDomain: f.Mail.AliasDomain},
		Log:            f.Log.resolve(dir),
		MetricsListen:  f.Metrics.Listen,
	}
	if s.Log.AuditFile == "" {
		s.Log.AuditFile = filepath.Join(s.DataDir, "audit.log")
	}
	return s
}

func (t tlsTable) resolve(dir string) TLS {
	resolved := TLS{CertFile: beside(dir, t.CertFile), KeyFile: beside(dir, t.KeyFile)}
	if t.ACME.AcceptTerms {
		resolved.ACME = &ACME{Email: t.ACME.Email, DirectoryURL: t.ACME.DirectoryURL}
	}
	return resolved
}

func (d directoryTable) resolve(dir string) Directory {
	resolved := Directory{
		URLs:         d.URLs,
		Base:         or(d.Base, EmbeddedBase),
		BindDN:       d.BindDN,
		BindPassword: secret(dir, d.BindPasswordFile),
		StartTLS:     d.StartTLS,
	}
	if d.CAFile != "" {
		resolved.Roots, _ = readRoots(beside(dir, d.CAFile))
	}
	return resolved
}

func (l logTable) resolve(dir string) Log {
	resolved := Log{JSON: l.Format == "json", AuditFile: beside(dir, l.AuditFile)}
	if l.Level != "" {
		_ = resolved.Level.UnmarshalText([]byte(l.Level)) // one of four words, see the rules
	}
	return resolved
}

// beside resolves a path of the file against the directory the file is in.
func beside(dir, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

func prefixes(values []string) []netip.Prefix {
	var all []netip.Prefix
	for _, value := range values {
		p, _ := parsePrefix(value)
		all = append(all, p)
	}
	return all
}

// secret reads a file that holds one secret. The newline that editors leave at
// the end is not part of it.
func secret(dir, name string) string {
	if name == "" {
		return ""
	}
	text, _ := os.ReadFile(beside(dir, name))
	return strings.TrimRight(string(text), "\r\n")
}

func readRoots(name string) (*x509.CertPool, string) {
	pem, err := os.ReadFile(name)
	if err != nil {
		return nil, "names " + name + ", which cannot be read: " + plain(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, "names " + name + ", which holds no certificate"
	}
	return pool, ""
}

// plain is the cause of a file error, without the operation and the path that
// Go puts before it.
func plain(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err.Error()
	}
	return err.Error()
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// ErrConfig is returned by [Open] for a configuration that cannot be used.
var ErrConfig = errors.New("ldapbackend: configuration")

// Config says where the directory is and who Clau is there.
type Config struct {
	// URLs are the servers in order of preference: ldaps://host[:port],
	// ldap://host[:port] with StartTLS, or ldapi:///path of a Unix socket; the
	// path may be written as OpenLDAP writes it, ldapi://%2Fpath, and ldapi:///
	// is the socket where OpenLDAP has it by itself.
	// Without TLS only addresses of this machine's loopback are accepted.
	URLs []string

	// Dial, when set, reaches a server in this process and wins over URLs.
	Dial func(context.Context) (net.Conn, error)

	Base string // the suffix, a DN

	// BindDN and BindPassword are the account of Clau. With an empty BindDN it
	// is SASL EXTERNAL (RFC 4422 appendix A): Unix socket, client certificate,
	// or the process itself.
	BindDN       string
	BindPassword string

	StartTLS bool        // RFC 4511 section 4.14, for ldap://
	TLS      *tls.Config // authorities and client certificate; nil: those of the system

	SearchConns int           // zero: 8
	BindConns   int           // zero: 2; more than the server has cores makes everything slow
	Timeout     time.Duration // of one operation, and of waiting for a connection; zero: 5 s

	Now    func() time.Time // nil: time.Now
	Rand   io.Reader        // nil: crypto/rand
	Logger *slog.Logger     // nil: discarded

	// Trips, when set, is called once for each request sent to the server.
	// Tests count with it.
	Trips func()
}

// resolved fills in what was left out and refuses what is unsafe.
func (c Config) resolved() (Config, error) {
	if _, err := ldap.ParseDN(c.Base); err != nil || c.Base == "" {
		return c, fmt.Errorf("%w: base %q is not a DN", ErrConfig, c.Base)
	}
	if c.Dial == nil && len(c.URLs) == 0 {
		return c, fmt.Errorf("%w: no server", ErrConfig)
	}
	if c.BindDN != "" && c.BindPassword == "" {
		return c, fmt.Errorf("%w: %q without a password", ErrConfig, c.BindDN)
	}
	if c.TLS != nil && c.TLS.InsecureSkipVerify {
		return c, fmt.Errorf("%w: certificates must be verified", ErrConfig)
	}
	for _, u := range c.URLs {
		if _, err := parseServer(u, c.StartTLS); err != nil {
			return c, err
		}
	}
	return c.defaults(), nil
}

func (c Config) defaults() Config {
	if c.SearchConns <= 0 {
		c.SearchConns = 8
	}
	if c.BindConns <= 0 {
		c.BindConns = 2
	}
	if c.Timeout <= 0 {
		c.Timeout = 5 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Trips == nil {
		c.Trips = func() {}
	}
	return c
}

// server is one URL, taken apart.
type server struct {
	network, address string
	host             string // as in the certificate
	tls, startTLS    bool
}

func parseServer(raw string, startTLS bool) (server, error) {
	if path, ok := strings.CutPrefix(raw, "ldapi://"); ok {
		return socket(path)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return server{}, fmt.Errorf("%w: server URL: %w", ErrConfig, err)
	}
	switch u.Scheme {
	case "ldaps":
		return tcp(u, "636", server{tls: true}), nil
	case "ldap":
		if !startTLS && !loopback(u.Hostname()) {
			return server{}, fmt.Errorf("%w: %q would carry passwords in clear: use ldaps or StartTLS", ErrConfig, raw)
		}
		return tcp(u, "389", server{startTLS: startTLS}), nil
	}
	return server{}, fmt.Errorf("%w: %q is not an LDAP URL", ErrConfig, raw)
}

// defaultSocket is where Debian's OpenLDAP listens.
const defaultSocket = "/run/slapd/ldapi"

// socket reads what follows ldapi://, a path as it is or with its slashes
// escaped as OpenLDAP writes it, which is no host for package url.
func socket(path string) (server, error) {
	path, err := url.PathUnescape(path)
	if err != nil || path == "" {
		return server{}, fmt.Errorf("%w: ldapi:// needs the path of a socket", ErrConfig)
	}
	if path[0] != '/' {
		return server{}, fmt.Errorf("%w: %q is not a path from the root", ErrConfig, path)
	}
	if path == "/" {
		path = defaultSocket
	}
	return server{network: "unix", address: path}, nil
}

func tcp(u *url.URL, port string, s server) server {
	if u.Port() != "" {
		port = u.Port()
	}
	s.network, s.host = "tcp", u.Hostname()
	s.address = net.JoinHostPort(s.host, port)
	return s
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

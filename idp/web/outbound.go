// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// What the outbound client refuses.
var (
	ErrForbiddenAddress = errors.New("web: address is not public")
	ErrNotHTTPS         = errors.New("web: address is not https")
	ErrAnswerTooLarge   = errors.New("web: answer is too large")
)

// Resolver finds the addresses of a name; [net.Resolver] is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// OutboundConfig says where the outbound client may go. The zero value goes to
// public addresses only, by https only, and follows no redirect.
type OutboundConfig struct {
	// Allow are addresses that may be reached although they are not public,
	// and without TLS if the URL says so: a demo's loopback, a service on the
	// cooperative's own network.
	Allow []netip.Prefix

	Timeout   time.Duration // for a whole exchange; 10 s
	MaxAnswer int64         // bytes of an answer's body; 1 MiB
	Redirects int           // to follow; each is checked like the first
	Roots     *x509.CertPool
	Resolver  Resolver
}

// NewOutbound makes the one client for addresses that others chose: a
// service's keys, its logout endpoint, a peer's metadata. Such an address must
// not reach what only this machine can reach. The name is resolved once, all
// its addresses are checked, and the connection goes to one that was checked:
// a name that resolves differently the second time gains nothing.
func NewOutbound(c OutboundConfig) *http.Client {
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.MaxAnswer = cmp.Or(c.MaxAnswer, 1<<20)
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	transport := &outbound{
		secure:    c.transport(dialer{resolver: c.Resolver, allow: c.Allow, public: true}),
		plain:     c.transport(dialer{resolver: c.Resolver, allow: c.Allow}),
		maxAnswer: c.MaxAnswer,
	}
	return &http.Client{Transport: transport, Timeout: c.Timeout, CheckRedirect: followAtMost(c.Redirects)}
}

// transport has no proxy, whatever the environment says: a proxy would resolve
// the name again.
func (c OutboundConfig) transport(d dialer) *http.Transport {
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            d.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots},
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  c.Timeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConns:           32,
		IdleConnTimeout:        30 * time.Second,
		ForceAttemptHTTP2:      true,
	}
}

// followAtMost hands the redirect itself to the caller when there were enough.
func followAtMost(redirects int) func(*http.Request, []*http.Request) error {
	return func(_ *http.Request, via []*http.Request) error {
		if len(via) > redirects {
			return http.ErrUseLastResponse
		}
		return nil
	}
}

// outbound keeps encrypted and plain connections apart, so that a plain one is
// only ever made to an address on the list.
type outbound struct {
	secure, plain *http.Transport
	maxAnswer     int64
}

var _ http.RoundTripper = (*outbound)(nil)

func (o *outbound) RoundTrip(r *http.Request) (*http.Response, error) {
	through, err := o.transportFor(r)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", "Clau")
	r.Header.Del("Referer")
	answer, err := through.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = &bounded{ReadCloser: answer.Body, left: o.maxAnswer}
	return answer, nil
}

func (o *outbound) transportFor(r *http.Request) (*http.Transport, error) {
	if r.URL.User != nil {
		return nil, errors.New("web: address with a name and password in it")
	}
	switch r.URL.Scheme {
	case "https":
		return o.secure, nil
	case "http":
		return o.plain, nil
	}
	return nil, ErrNotHTTPS
}

// bounded fails when the body goes on for too long: a cut answer must not look
// like a whole one.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrAnswerTooLarge
	}
	// One byte more than allowed is read, to tell "exactly" from "too large".
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n - 1, ErrAnswerTooLarge
	}
	return n, err
}

// dialer connects to addresses that it has checked.
type dialer struct {
	resolver Resolver
	allow    []netip.Prefix
	public   bool // public addresses may be reached, not only those on the list
}

func (d dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := d.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	var plain net.Dialer
	plain.Timeout = 5 * time.Second
	var faults []error
	for _, addr := range addrs {
		conn, err := plain.DialContext(ctx, network, net.JoinHostPort(addr.String(), port))
		if err == nil {
			return conn, nil
		}
		faults = append(faults, err)
	}
	return nil, errors.Join(faults...)
}

// resolve refuses a name when any of its addresses is refused: a mixed answer
// is how a name is made to pass once and lead inside later.
func (d dialer) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	found, err := d.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("web: resolve: %w", err)
	}
	if len(found) == 0 {
		return nil, errors.New("web: resolve: no address")
	}
	addrs := make([]netip.Addr, 0, len(found))
	for _, addr := range found {
		addr = addr.Unmap()
		err := d.check(addr)
		if err != nil {
			return nil, err
		}
		addrs = append(addrs, addr)
	}
	return addrs, nil
}

func (d dialer) check(addr netip.Addr) error {
	switch {
	case addr.Zone() == "" && within(addr, d.allow):
		return nil
	case !isPublic(addr):
		return ErrForbiddenAddress
	case !d.public:
		return ErrNotHTTPS
	}
	return nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// conn is one connection, used by one operation at a time.
type conn struct {
	*ldap.Conn
	raw    net.Conn // below TLS; closing it ends everything at once
	server int      // index of the URL it leads to
	born   time.Time
	used   time.Time
}

// run does one operation, no longer than ctx lives. The library knows no
// context: the way out is to take the connection away from under it.
func (c *conn) run(ctx context.Context, op func(*ldap.Conn) error) error {
	if err := ctx.Err(); err != nil {
		return unavailable(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	err := op(c.Conn)
	if !stop() && err != nil {
		return unavailable(ctx.Err())
	}
	return err
}

// discard closes the connection without making the caller wait: the library
// waits for its goroutines, and those for the peer.
func (c *conn) discard() {
	_ = c.raw.Close()
	go func() { _ = c.Close() }()
}

// deadlineConn gives every write a deadline. Without it a peer that stops
// reading holds the library's writer, and with it every timeout, for ever.
type deadlineConn struct {
	net.Conn
	timeout time.Duration
}

func (c deadlineConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// open connects to one server, secures the line and, if asked, logs Clau in.
func (b *Backend) open(ctx context.Context, index int, login bool) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, b.config.Timeout)
	defer cancel()
	raw, err := b.connect(ctx, index)
	if err != nil {
		return nil, err
	}
	c, err := b.secure(ctx, deadlineConn{raw, b.config.Timeout}, index)
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	c.SetTimeout(b.config.Timeout)
	if !login {
		return c, nil
	}
	if err := c.run(ctx, b.login); err != nil {
		c.discard()
		return nil, fmt.Errorf("login of Clau: %w", err)
	}
	return c, nil
}

func (b *Backend) connect(ctx context.Context, index int) (net.Conn, error) {
	if b.config.Dial != nil {
		return b.config.Dial(ctx)
	}
	s := b.servers[index]
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3,
	}}
	return d.DialContext(ctx, s.network, s.address)
}

func (b *Backend) secure(ctx context.Context, raw net.Conn, index int) (*conn, error) {
	now := b.config.Now()
	c := &conn{raw: raw, server: index, born: now, used: now}
	if b.config.Dial != nil {
		c.Conn = start(raw, false)
		return c, nil
	}
	s := b.servers[index]
	if s.tls {
		secured := tls.Client(raw, b.tlsConfig(s))
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		c.Conn = start(secured, true)
		return c, nil
	}
	c.Conn = start(raw, false)
	if s.startTLS {
		c.SetTimeout(b.config.Timeout)
		err := c.run(ctx, func(l *ldap.Conn) error { return l.StartTLS(b.tlsConfig(s)) })
		if err != nil {
			c.discard()
			return nil, err
		}
	}
	return c, nil
}

func start(raw net.Conn, secured bool) *ldap.Conn {
	c := ldap.NewConn(raw, secured)
	c.Start()
	return c
}

func (b *Backend) tlsConfig(s server) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if b.config.TLS != nil {
		config = b.config.TLS.Clone()
	}
	config.ServerName = s.host
	return config
}

func (b *Backend) login(c *ldap.Conn) error {
	b.config.Trips()
	if b.config.BindDN == "" {
		return c.ExternalBind()
	}
	return c.Bind(b.config.BindDN, b.config.BindPassword)
}

// broken reports whether a connection cannot be trusted after err: it is gone,
// it may still deliver an answer to the operation given up, or the server says
// that it is going down.
func broken(err error) bool {
	if err == nil {
		return false
	}
	var answer *ldap.Error
	if !errors.As(err, &answer) {
		return true
	}
	switch answer.ResultCode {
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable, ldap.LDAPResultOther:
		return true
	}
	return answer.ResultCode >= ldap.ErrorNetwork && answer.ResultCode <= ldap.ErrorMalformedPacket
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// SMTPConfig says which server sends, and as whom.
type SMTPConfig struct {
	// URL of the server, without a password:
	//
	//	smtp://user@host:587           STARTTLS, required; on loopback in clear
	//	smtp+starttls://user@host:587  STARTTLS, required on loopback too
	//	smtps://user@host:465          TLS from the start (RFC 8314)
	//
	// Without a user Clau does not log in.
	URL      string
	Password string
	From     string // "Clau <clau@example.coop>"

	Roots   *x509.CertPool // nil: the system's
	Timeout time.Duration  // of a whole delivery; 30 s
	Now     func() time.Time
	Rand    io.Reader
}

// SMTP hands mails to a server (RFC 5321), one connection each.
type SMTP struct {
	server  address
	config  SMTPConfig
	from    *mail.Address
	tls     *tls.Config
	options []gomail.Option
}

var _ Sender = (*SMTP)(nil)

// NewSMTP checks the configuration; it does not connect.
func NewSMTP(c SMTPConfig) (*SMTP, error) {
	server, err := parseAddress(c.URL)
	if err != nil {
		return nil, err
	}
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, errors.New("mail: sender is no mail address")
	}
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	s := &SMTP{server: server, config: c, from: from}
	s.tls = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: server.host, RootCAs: c.Roots}
	s.options = []gomail.Option{
		gomail.WithPort(server.port),
		gomail.WithTimeout(c.Timeout),
		gomail.WithTLSConfig(s.tls),
		gomail.WithTLSPolicy(server.security.policy()),
	}
	if server.user != "" {
		s.options = append(s.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(server.user), gomail.WithPassword(c.Password))
	}
	s.options = slices.Clip(s.options)
	return s, nil
}

// Send hands one mail over. The error is one of this package's and names no
// address.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	err := m.check()
	if err != nil {
		return err
	}
	written, err := s.write(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	client, err := gomail.NewClient(s.server.host, append(s.options, gomail.WithDialContextFunc(s.line(ctx)))...)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return told(client.DialAndSendWithContext(ctx, written))
}

// told keeps the server's code and leaves out its text, in which addresses
// stand.
func told(err error) error {
	if err == nil {
		return nil
	}
	var refused *gomail.SendError
	if !errors.As(err, &refused) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	kind := ErrUnavailable
	if refused.ErrorCode() >= 500 {
		kind = ErrRefused
	}
	return fmt.Errorf("%w: %s, code %d", kind, refused.Reason, refused.ErrorCode())
}

func (s *SMTP) write(m Message) (*gomail.Msg, error) {
	id, err := s.messageID(m)
	if err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	err = msg.To(m.To)
	if err != nil {
		return nil, fmt.Errorf("%w: recipient", ErrInvalid)
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(s.date(m))
	msg.SetMessageIDWithValue(id)
	// Nobody's holiday answers this (RFC 3834 section 5).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if m.Lang != "" {
		msg.SetGenHeader("Content-Language", m.Lang)
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

func (s *SMTP) date(m Message) time.Time {
	if m.At.IsZero() {
		return s.config.Now()
	}
	return m.At
}

// messageID tells nothing of the machine's own name.
func (s *SMTP) messageID(m Message) (string, error) {
	_, domain, _ := strings.Cut(s.from.Address, "@")
	if m.ID != "" {
		return m.ID + "@" + domain, nil
	}
	random := make([]byte, 15)
	_, err := io.ReadFull(s.config.Rand, random)
	if err != nil {
		return "", fmt.Errorf("%w: no randomness", ErrUnavailable)
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(random)) + "@" + domain, nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/mail"
	"commonscloud.coop/clau/idp/web"
)

// outbound is the client that reaches services. With a loopback issuer, as in
// the demonstration, services on this machine are no secret to anybody.
func outbound(s config.Settings) *http.Client {
	return web.NewOutbound(web.OutboundConfig{Allow: inner(s)})
}

// bulk is the one for documents of a whole federation, which are large and slow.
func bulk(s config.Settings) *http.Client {
	return web.NewOutbound(web.OutboundConfig{Allow: inner(s), MaxAnswer: 64 << 20, Timeout: time.Minute})
}

// inner are the networks that are not public and may be reached all the same.
func inner(s config.Settings) []netip.Prefix {
	allow := slices.Clone(s.InnerNetworks)
	if config.Loopback(s.Issuer.Hostname()) {
		allow = append(allow, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
	}
	return allow
}

// openMail is how mail leaves, and whether it can wait in the store for a mail
// server.
func (a *app) openMail(s config.Settings, logger *slog.Logger) (to mail.Sender, spooled bool, err error) {
	if s.Mail.SMTPURL == "" {
		logger.Warn("no mail leaves: smtp_url is not set; nobody can join or get a new password by themselves")
		return noMail{}, false, nil
	}
	smtp, err := mail.NewSMTP(mail.SMTPConfig{
		URL: s.Mail.SMTPURL, Password: s.Mail.Password, From: s.Mail.From, Now: a.now, Rand: a.rand,
	})
	if err != nil {
		return nil, false, sayf("mail cannot be sent: %v", err)
	}
	return smtp, true, nil
}

// noMail says of every mail that it did not leave.
type noMail struct{}

func (noMail) Send(context.Context, mail.Message) error { return mail.ErrUnavailable }

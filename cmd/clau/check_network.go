// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"time"

	"commonscloud.coop/clau/cmd/clau/config"
)

// checkMail connects to the mail server and hears its greeting. It sends nothing.
func checkMail(ctx context.Context, s config.Settings) []finding {
	if s.Mail.SMTPURL == "" {
		return []finding{warning("mail", "no mail server is named: people get no mail", "set smtp_url in [mail]")}
	}
	u, err := url.Parse(s.Mail.SMTPURL)
	if err != nil {
		return []finding{fault("mail", "smtp_url is not an address", "")}
	}
	port := orElse(u.Port(), map[string]string{"smtps": "465"}[u.Scheme])
	address := net.JoinHostPort(u.Hostname(), orElse(port, "587"))
	conn, err := dial(ctx, u, address)
	if err != nil {
		return []finding{fault("mail", address+" cannot be reached", "see whether the server runs, and whether this machine may connect to it")}
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(checkTime))
	greeting := make([]byte, 3)
	if _, err := conn.Read(greeting); err != nil || string(greeting) != "220" {
		return []finding{fault("mail", address+" does not greet as a mail server does", "see whether scheme and port of smtp_url belong together")}
	}
	return []finding{ok("mail", address+" answers")}
}

func dial(ctx context.Context, u *url.URL, address string) (net.Conn, error) {
	if u.Scheme == "smtps" {
		d := tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12}}
		return d.DialContext(ctx, "tcp", address)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", address)
}

// soon is when a certificate that nobody renews by then will be missed.
const soon = 14 * 24 * time.Hour

func (a *app) checkTLS(_ context.Context, s config.Settings) []finding {
	switch {
	case s.Issuer.Scheme == "http":
		return []finding{warning("tls", "none: the issuer is "+s.Issuer.String()+", for this machine alone", "")}
	case s.TLS.ACME != nil:
		return []finding{ok("tls", "certificates come by ACME for "+s.Issuer.Hostname())}
	case s.TLS.CertFile == "":
		return []finding{ok("tls", "is done by a proxy, one of trusted_proxies")}
	}
	pair, err := tls.LoadX509KeyPair(s.TLS.CertFile, s.TLS.KeyFile)
	if err != nil {
		return []finding{fault("tls", "the certificate cannot be read", "")}
	}
	return []finding{a.checkCertificate(pair.Leaf, s.Issuer.Hostname())}
}

func (a *app) checkCertificate(leaf *x509.Certificate, host string) finding {
	end := leaf.NotAfter.Local().Format("2006-01-02 15:04")
	switch now := a.now(); {
	case leaf.VerifyHostname(host) != nil:
		return fault("tls", "the certificate is not for "+host, fmt.Sprintf("it is for %v", leaf.DNSNames))
	case now.After(leaf.NotAfter):
		return fault("tls", "the certificate ended on "+end, "renew it, then send SIGHUP")
	case now.Before(leaf.NotBefore):
		return fault("tls", "the certificate is not valid yet", "see whether the clock is right")
	case now.Add(soon).After(leaf.NotAfter):
		return warning("tls", "the certificate ends on "+end, "renew it, then send SIGHUP")
	}
	return ok("tls", "the certificate is for "+host+", until "+end)
}

// built is before any Clau was: a clock that shows less is wrong for certain.
func built() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// checkClock finds a clock that is far off. Tokens live for minutes, and
// services refuse those that seem to come from the future.
func (a *app) checkClock(context.Context, config.Settings) []finding {
	now := a.now()
	if now.Before(built()) {
		return []finding{fault("clock", "it shows "+now.Format("2006-01-02")+", which is past", "set it, and keep it set by NTP")}
	}
	if unsynchronised() {
		return []finding{warning("clock", "the system says that nothing keeps it right", "run an NTP client, as systemd-timesyncd or chrony")}
	}
	return []finding{ok("clock", now.Format("2006-01-02 15:04:05 MST"))}
}

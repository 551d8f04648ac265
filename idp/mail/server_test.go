// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// postOffice is a mail server that speaks just enough SMTP to be lied to.
type postOffice struct {
	t        *testing.T
	listener net.Listener
	tls      *tls.Config
	roots    *x509.CertPool
	implicit bool // TLS from the start
	starttls bool // offered
	rcpt     string

	mu    sync.Mutex
	said  []string // by clients, line by line
	taken []string // mails
	clear int      // mails and passwords that came in clear
}

func newPostOffice(t *testing.T, change func(*postOffice)) *postOffice {
	t.Helper()
	lender := httptest.NewTLSServer(http.NotFoundHandler())
	defer lender.Close()
	roots := x509.NewCertPool()
	roots.AddCert(lender.Certificate())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{t: t, listener: listener, roots: roots, starttls: true, rcpt: "250 ok",
		tls: &tls.Config{Certificates: lender.TLS.Certificates}}
	if change != nil {
		change(p)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		open.Wait()
	})
	return p
}

func (p *postOffice) serve(conn net.Conn) {
	defer func() { conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	secure := p.implicit
	if p.implicit {
		conn = tls.Server(conn, p.tls)
	}
	lines := bufio.NewReader(conn)
	say := func(format string, args ...any) { fmt.Fprintf(conn, format+"\r\n", args...) }
	say("220 office.example ESMTP")
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		p.hear(line, secure)
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch verb {
		case "EHLO":
			say("250-office.example")
			if p.starttls && !secure {
				say("250-STARTTLS")
			}
			if secure {
				say("250-AUTH PLAIN")
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go on")
			conn = tls.Server(conn, p.tls)
			lines = bufio.NewReader(conn)
			secure = true
		case "AUTH":
			say("235 welcome")
		case "RCPT":
			say("%s", p.rcpt)
		case "DATA":
			say("354 go on")
			p.take(lines, secure)
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (p *postOffice) hear(line string, secure bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = append(p.said, line)
	if !secure && strings.HasPrefix(line, "AUTH") {
		p.clear++
	}
}

func (p *postOffice) take(lines *bufio.Reader, secure bool) {
	var mail strings.Builder
	for {
		line, err := lines.ReadString('\n')
		if err != nil || line == ".\r\n" {
			break
		}
		mail.WriteString(line)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken = append(p.taken, mail.String())
	if !secure {
		p.clear++
	}
}

func (p *postOffice) mails() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.taken...)
}

func (p *postOffice) heard() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.said, "\n")
}

// sender is configured for the office under a scheme.
func (p *postOffice) sender(scheme string) *SMTP {
	p.t.Helper()
	s, err := NewSMTP(SMTPConfig{
		URL: scheme + p.listener.Addr().String(), Password: "canary-password", From: "Clau <clau@example.coop>",
		Roots: p.roots, Timeout: 5 * time.Second, Now: time.Now, Rand: rand.Reader,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func letter() Message {
	return Message{
		To: "Núria <nuria@example.coop>", Subject: "La contrasenya s'ha canviat — ara", Lang: "ca",
		Text: "Hola, Núria.\n.\nAdeu.\n", HTML: "<p>Hola, Núria.</p>",
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"
)

func TestAMailArrivesAsItWasMeant(t *testing.T) {
	for scheme, change := range map[string]func(*postOffice){
		"smtp+starttls://": nil,
		"smtps://":         func(p *postOffice) { p.implicit = true },
		"smtp://":          nil, // in clear, on loopback only
	} {
		t.Run(scheme, func(t *testing.T) {
			office := newPostOffice(t, change)
			err := office.sender(scheme).Send(t.Context(), letter())
			if err != nil {
				t.Fatal(err)
			}
			taken := office.mails()
			if len(taken) != 1 {
				t.Fatalf("%d mails", len(taken))
			}
			read(t, taken[0])
		})
	}
}

// read checks a mail as a mail program would see it.
func read(t *testing.T, text string) {
	t.Helper()
	got, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	if err != nil || subject != letter().Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	for name, part := range map[string]string{
		"To": "<nuria@example.coop>", "From": `"Clau" <clau@example.coop>`, "Auto-Submitted": "auto-generated",
		"Content-Language": "ca", "Message-Id": "@example.coop>",
	} {
		if !strings.Contains(got.Header.Get(name), part) {
			t.Errorf("%s: %q, want %q in it", name, got.Header.Get(name), part)
		}
	}
	if _, err := got.Header.Date(); err != nil {
		t.Errorf("date: %v", err)
	}
	_, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(got.Body, params["boundary"])
	for _, want := range []string{letter().Text, letter().HTML} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		plain := strings.ReplaceAll(string(body), "\r\n", "\n")
		// A line of one dot travels as two (RFC 5321 section 4.5.2).
		plain = strings.ReplaceAll(plain, "\n..\n", "\n.\n")
		if err != nil || strings.TrimSpace(plain) != strings.TrimSpace(want) {
			t.Errorf("part %q, %v, want %q", plain, err, want)
		}
	}
}

func TestALoginTravelsEncryptedOnly(t *testing.T) {
	for _, scheme := range []string{"smtp+starttls://clau@", "smtps://clau@"} {
		office := newPostOffice(t, func(p *postOffice) { p.implicit = strings.HasPrefix(scheme, "smtps") })
		err := office.sender(scheme).Send(t.Context(), letter())
		if err != nil {
			t.Fatalf("%s: %v", scheme, err)
		}
		if !strings.Contains(office.heard(), "AUTH PLAIN") || office.clear != 0 {
			t.Errorf("%s: %d in clear of\n%s", scheme, office.clear, office.heard())
		}
	}
}

// A server that takes the connection and says nothing more.
func TestAServerThatHangsIsLeft(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s, err := NewSMTP(SMTPConfig{URL: "smtp://" + listener.Addr().String(), From: "clau@example.coop", Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	began := time.Now()
	err = s.Send(ctx, letter())
	if !errors.Is(err, ErrUnavailable) || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// Whoever stands between can strike STARTTLS from the server's answer. Then no
// mail goes, and no password (RFC 3207 section 6).
func TestWithoutSTARTTLSNothingIsSent(t *testing.T) {
	for _, scheme := range []string{"smtp+starttls://", "smtp+starttls://clau@"} {
		office := newPostOffice(t, func(p *postOffice) { p.starttls = false })
		err := office.sender(scheme).Send(t.Context(), letter())
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v", scheme, err)
		}
		if len(office.mails()) != 0 || strings.Contains(office.heard(), "AUTH") || strings.Contains(office.heard(), "MAIL") {
			t.Errorf("%s: sent all the same:\n%s", scheme, office.heard())
		}
	}
}

func TestACertificateOfNobodyIsRefused(t *testing.T) {
	for _, scheme := range []string{"smtp+starttls://", "smtps://"} {
		office := newPostOffice(t, func(p *postOffice) { p.implicit = scheme == "smtps://"; p.roots = nil })
		err := office.sender(scheme).Send(t.Context(), letter())
		if !errors.Is(err, ErrUnavailable) || len(office.mails()) != 0 {
			t.Errorf("%s: %v, %d mails", scheme, err, len(office.mails()))
		}
	}
}

func TestWhatTheServerSaysIsTold(t *testing.T) {
	for answer, want := range map[string]error{
		"550 no such person nuria@example.coop":  ErrRefused,
		"451 try later, nuria@example.coop":      ErrUnavailable,
		"552 mailbox of nuria@example.coop full": ErrRefused,
	} {
		office := newPostOffice(t, func(p *postOffice) { p.rcpt = answer })
		err := office.sender("smtp://").Send(t.Context(), letter())
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", answer, err)
		}
		if err != nil && strings.Contains(err.Error(), "nuria") {
			t.Errorf("the error names an address: %v", err)
		}
	}
}

func TestAServerThatIsAwayIsUnavailable(t *testing.T) {
	office := newPostOffice(t, nil)
	s := office.sender("smtp://")
	office.listener.Close()
	err := s.Send(t.Context(), letter())
	if !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "nuria") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Send(ctx, letter()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestMessagesCannotCarryMoreThanOneMail(t *testing.T) {
	office := newPostOffice(t, nil)
	for name, change := range map[string]func(*Message){
		"a header in the subject":   func(m *Message) { m.Subject = "x\r\nBcc: eve@example.org" },
		"a header in the address":   func(m *Message) { m.To = "a@b.coop\r\nBcc: eve@example.org" },
		"two addresses":             func(m *Message) { m.To = "a@b.coop, eve@example.org" },
		"a command in the address":  func(m *Message) { m.To = "<a@b.coop>\r\nRCPT TO:<eve@example.org>" },
		"a header in the language":  func(m *Message) { m.Lang = "ca\nBcc: eve@example.org" },
		"no address":                func(m *Message) { m.To = "" },
		"something that is no mail": func(m *Message) { m.To = "núria" },
		"nothing to say":            func(m *Message) { m.Text = "" },
		"a line end in the subject": func(m *Message) { m.Subject = "x\n" },
		"a NUL in the subject":      func(m *Message) { m.Subject = "x\x00" },
	} {
		m := letter()
		change(&m)
		for _, s := range []Sender{office.sender("smtp://"), NewOutbox(nil), NewSpool(SpoolConfig{})} {
			if err := s.Send(t.Context(), m); !errors.Is(err, ErrInvalid) {
				t.Errorf("%s: %T: %v", name, s, err)
			}
		}
	}
	if office.heard() != "" {
		t.Errorf("the server heard %s", office.heard())
	}
}

func TestServersAddresses(t *testing.T) {
	for text, want := range map[string]address{
		"smtp://mail.example.coop":                    {"mail.example.coop", 587, "", startTLS},
		"smtp://clau@mail.example.coop:2525":          {"mail.example.coop", 2525, "clau", startTLS},
		"smtp://localhost":                            {"localhost", 25, "", inClear},
		"smtp://[::1]:2525/":                          {"::1", 2525, "", inClear},
		"smtp+starttls://127.0.0.1":                   {"127.0.0.1", 587, "", startTLS},
		"smtps://clau%40example.coop@mail.example.co": {"mail.example.co", 465, "clau@example.coop", fromTheStart},
		"smtp://localhost.evil.example":               {"localhost.evil.example", 587, "", startTLS},
	} {
		got, err := parseAddress(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "mail.example.coop", "smtp://", "http://mail.example.coop", "smtp://x:secret@mail.example.coop", "smtp://mail.example.coop:0",
		"smtp://mail.example.coop:99999", "smtp://mail.example.coop/path", "smtp://mail.example.coop?tls=no", "smtp://x:secret@mail example",
	} {
		_, err := parseAddress(text)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A mail that is sent twice, after a node died, is known to be one.
func TestAMailKeepsItsNameAndDate(t *testing.T) {
	office := newPostOffice(t, nil)
	m := letter()
	m.ID, m.At = "abcdefgh", time.Date(2026, 11, 22, 9, 5, 0, 0, time.UTC)
	for range 2 {
		if err := office.sender("smtp://").Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range office.mails() {
		got, err := mail.ReadMessage(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if at, err := got.Header.Date(); err != nil || !at.Equal(m.At) || got.Header.Get("Message-Id") != "<abcdefgh@example.coop>" {
			t.Errorf("%s, %v, %v", got.Header.Get("Message-Id"), at, err)
		}
	}
	m.ID = "x@y>\r\nBcc: eve@example.org"
	if err := office.sender("smtp://").Send(t.Context(), m); !errors.Is(err, ErrInvalid) {
		t.Errorf("a header in the name: %v", err)
	}
}

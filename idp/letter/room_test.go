// SPDX-License-Identifier: AGPL-3.0-or-later

package letter_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/mail"
	"commonscloud.coop/clau/themes"
)

// kinds are all of them, so that one without words is found.
func kinds() []letter.Kind {
	return []letter.Kind{
		letter.ProveAddress, letter.KnownAddress, letter.Question, letter.Accepted, letter.Refused, letter.Passed,
		letter.Lapsed, letter.Invited, letter.Waiting, letter.Propose, letter.Joined, letter.JoinRefused, letter.Removed,
		letter.NoCollective, letter.Appointed, letter.Dismissed, letter.Suspended, letter.Restored, letter.Reset,
		letter.PasswordChanged, letter.NewAddress, letter.AddressChanged, letter.CodeUsed, letter.EraseAsked,
		letter.EraseCancelled, letter.Erased, letter.Opposed, letter.HomeChanged, letter.Admitted, letter.ShutOut,
		letter.Entrusted, letter.Relieved,
	}
}

// post is where letters go, and the collectives in whose name.
type post struct {
	sent []mail.Message
	fail error
	ctx  context.Context
}

func (p *post) Send(ctx context.Context, m mail.Message) error {
	p.ctx = ctx
	if p.fail != nil {
		return fmt.Errorf("%w: %s", p.fail, m.To)
	}
	p.sent = append(p.sent, m)
	return nil
}

func (p *post) Collective(_ context.Context, name directory.CollectiveName) (directory.Collective, error) {
	if name != "bressola" {
		return directory.Collective{}, directory.ErrUnavailable
	}
	return directory.Collective{
		Name: name, Title: "La Bressola", Mail: "hola@bressola.example", Language: "es",
		Settings: directory.Settings{Colour: "#f2c94c"},
	}, nil
}

// words are read once: every letter has the same.
var words = sync.OnceValues(func() (*themes.Themes, error) { return themes.New(themes.Config{}) })

func open(t *testing.T) (*letter.Room, *post, *bytes.Buffer) {
	t.Helper()
	all, err := words()
	if err != nil {
		t.Fatal(err)
	}
	issuer, _ := url.Parse("https://id.commons.example")
	p, log := &post{}, &bytes.Buffer{}
	return &letter.Room{
		Issuer: issuer, Collectives: p, Themes: all, Mail: p, Logger: slog.New(slog.NewTextHandler(log, nil)),
		Now: func() time.Time { return time.Date(2026, 11, 22, 9, 5, 0, 0, time.UTC) },
	}, p, log
}

func marta() directory.Person {
	return directory.Person{ID: "1", Name: "Marta", Mail: "marta@example.coop", Language: "ca", Primary: "bressola"}
}

func TestEveryKindIsWritten(t *testing.T) {
	room, p, log := open(t)
	for _, kind := range kinds() {
		room.Write(t.Context(), letter.Letter{Kind: kind, To: marta(), Path: "/x?t=1"})
	}
	if len(p.sent) != len(kinds()) || log.Len() != 0 {
		t.Fatalf("%d of %d letters written; %s", len(p.sent), len(kinds()), log)
	}
	if len(themes.MailKinds()) != len(kinds()) {
		t.Errorf("the themes have words for %v", themes.MailKinds())
	}
	for i, m := range p.sent {
		if m.To != "marta@example.coop" || m.Lang != "ca" || m.Subject == "" || m.HTML == "" {
			t.Errorf("%s: %+v", kinds()[i], m)
		}
	}
}

func TestALetterLeadsWhereItShould(t *testing.T) {
	tests := []struct {
		name string
		l    letter.Letter
		want string // "": no link
	}{
		{"a path", letter.Letter{Kind: letter.Accepted, Path: "/join/password?t=a.b"}, "https://id.commons.example/join/password?t=a.b\n"},
		{"the same for everybody", letter.Letter{Kind: letter.PasswordChanged}, "https://id.commons.example/account\n"},
		{"of the collective", letter.Letter{Kind: letter.Appointed, Collective: "bressola"}, "https://id.commons.example/collectives/bressola\n"},
		{"elsewhere", letter.Letter{Kind: letter.Accepted, Path: "https://elsewhere.example/"}, ""},
		{"elsewhere, looking local", letter.Letter{Kind: letter.Accepted, Path: "//elsewhere.example/"}, ""},
		{"nowhere", letter.Letter{Kind: letter.Accepted}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			room, p, _ := open(t)
			test.l.To = marta()
			room.Write(t.Context(), test.l)
			text := p.sent[0].Text
			if !strings.Contains(text, test.want) || test.want == "" && strings.Contains(text, "://") {
				t.Errorf("want %q in\n%s", test.want, text)
			}
		})
	}
}

func TestInTheLanguageOfWhoReadsIt(t *testing.T) {
	for own, want := range map[string]string{"ca": "ca", "en": "en", "": "es", "eu": "es"} { // Bressola's own is Spanish
		room, p, _ := open(t)
		to := marta()
		to.Language = own
		room.Write(t.Context(), letter.Letter{Kind: letter.Restored, To: to})
		if p.sent[0].Lang != want {
			t.Errorf("%q is written in %q", own, p.sent[0].Lang)
		}
	}
}

func TestInTheColoursOfTheCollective(t *testing.T) {
	room, p, _ := open(t)
	room.Write(t.Context(), letter.Letter{Kind: letter.Joined, To: directory.Person{Mail: "a@b.example"}, Collective: "bressola"})
	if m := p.sent[0]; !strings.Contains(m.HTML, "#f2c94c") || !strings.Contains(m.Text, "hola@bressola.example") {
		t.Error(m.HTML)
	}
}

func TestWhoHasNoAddressGetsNoLetter(t *testing.T) {
	room, p, log := open(t)
	nobody := marta()
	nobody.Mail = ""
	room.Write(t.Context(), letter.Letter{Kind: letter.Accepted, To: nobody})
	if len(p.sent) != 0 || log.Len() != 0 {
		t.Errorf("%v %s", p.sent, log)
	}
	room.Write(t.Context(), letter.Letter{Kind: letter.ProveAddress, To: nobody, Address: "new@example.coop"})
	if len(p.sent) != 1 || p.sent[0].To != "new@example.coop" {
		t.Errorf("to an address of its own: %v", p.sent)
	}
}

// What cannot be written is logged, and holds nothing that belongs to somebody.
func TestALetterThatCannotBeWritten(t *testing.T) {
	room, p, log := open(t)
	p.fail = errors.New("mail: queue full")
	room.Write(t.Context(), letter.Letter{Kind: letter.Reset, To: marta(), Text: "secret words", Path: "/recover/password?t=SECRET"})
	room.Write(t.Context(), letter.Letter{Kind: "no-such", To: marta()})
	if got := log.String(); strings.Count(got, "letter not sent") != 2 || !strings.Contains(got, "queue full") {
		t.Errorf("logged: %s", got)
	}
	for _, hidden := range []string{"marta@example.coop", "Marta", "SECRET", "secret words"} {
		if strings.Contains(log.String(), hidden) {
			t.Errorf("%q is in the log: %s", hidden, log)
		}
	}
}

// A directory that is down costs a letter its colours; a person who closes the
// page costs it nothing.
func TestWhatHappenedIsToldAnyway(t *testing.T) {
	room, p, _ := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	room.Write(ctx, letter.Letter{Kind: letter.Suspended, To: marta(), Collective: "horta"})
	if len(p.sent) != 1 || !strings.Contains(p.sent[0].Text, "horta") {
		t.Fatalf("%+v", p.sent)
	}
	if deadline, bounded := p.ctx.Deadline(); !bounded || time.Until(deadline) > time.Minute {
		t.Error("writing may take for ever")
	}
}

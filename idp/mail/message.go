// SPDX-License-Identifier: AGPL-3.0-or-later

package mail

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"

	"commonscloud.coop/clau/idp/directory"
)

// Why a mail was not sent. Neither holds an address.
var (
	ErrInvalid     = errors.New("mail: message cannot be sent")        // no address, or a line break where none may be
	ErrRefused     = errors.New("mail: refused by the mail server")    // trying again is of no use
	ErrUnavailable = errors.New("mail: mail server cannot be reached") // trying again may be
	ErrFull        = errors.New("mail: too many mails are waiting")    // of [Spool]
)

// Message is a mail to one person.
type Message struct {
	To      string // one address, "núria@example.coop" or "Núria <nuria@example.coop>"
	Subject string // one line
	Text    string
	HTML    string // empty: the mail is text only
	Lang    string // BCP 47 tag of what is written; empty: not said

	// Person is whose mail it is: what waits for somebody is erased with their
	// account. Empty for the mail that says so, and for who has no account.
	Person directory.PersonID

	// ID is the local part of the Message-ID, and At the date. A [Spool] sets
	// both, so that a mail that goes out twice is known to be one. Empty: made
	// when it is sent.
	ID string
	At time.Time
}

// Sender takes mails to send.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// check refuses what could make headers or recipients of a mail that were not
// meant to be there.
func (m Message) check() error {
	_, err := mail.ParseAddress(m.To)
	if err != nil {
		return fmt.Errorf("%w: recipient", ErrInvalid)
	}
	for name, value := range map[string]string{"recipient": m.To, "subject": m.Subject, "language": m.Lang, "name": m.ID} {
		if strings.ContainsFunc(value, unicode.IsControl) {
			return fmt.Errorf("%w: %s", ErrInvalid, name)
		}
	}
	if m.Text == "" {
		return fmt.Errorf("%w: no text", ErrInvalid)
	}
	return nil
}

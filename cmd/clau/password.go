// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"commonscloud.coop/clau/idp/directory"
)

// password is one on its way to the directory.
type password struct {
	text string
	made bool // by us: shown once, and to be changed by the person
}

// shown is what may be printed: what somebody typed is never shown back.
func (p password) shown() string {
	if p.made {
		return p.text
	}
	return ""
}

// set writes the password. The directory may want every password that was not
// set by the person to be changed; here it is only wanted of those that were
// printed.
func (p password) set(ctx context.Context, d directory.Backend, id directory.PersonID) error {
	err := d.SetPassword(ctx, directory.System(), id, p.text)
	if errors.Is(err, directory.ErrWeakPassword) {
		return said("the password is too weak for the directory's policy; take a longer one")
	}
	if err != nil {
		return err
	}
	return d.ChangePerson(ctx, directory.System(), id, directory.PersonChange{MustChange: &p.made})
}

// firstPassword reads a password if it is there to be read, and makes one
// otherwise.
func (a *app) firstPassword(stdin bool) (password, error) {
	if !stdin {
		return a.makePassword()
	}
	text, err := readLine(a.in)
	if err != nil || text == "" {
		return password{}, said("no password came on the standard input; write it there on one line")
	}
	return password{text: text}, nil
}

// letters leave out those that people take for one another on paper. There are
// 32 of them, so that five bits choose one.
const letters = "abcdefghijkmnpqrstuvwxyz23456789"

// makePassword makes one of 80 bits that can be read aloud: abcd-efgh-…
func (a *app) makePassword() (password, error) {
	random := make([]byte, 16)
	if _, err := io.ReadFull(a.rand, random); err != nil {
		return password{}, err
	}
	var text strings.Builder
	for i, b := range random {
		if i > 0 && i%4 == 0 {
			text.WriteByte('-')
		}
		text.WriteByte(letters[b%32])
	}
	return password{text: text.String(), made: true}, nil
}

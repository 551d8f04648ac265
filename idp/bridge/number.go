// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/pseudonym"
	"commonscloud.coop/clau/idp/signon"
)

// Consents reads people's decisions, without a cache.
type Consents interface {
	Consent(ctx context.Context, person directory.PersonID, service directory.ServiceID) (directory.Consent, error)
}

// Decisions writes them, and lets the cache know.
type Decisions interface {
	PutConsent(ctx context.Context, sector string, c directory.Consent) error
}

// numberTries is how many numbers are tried before giving up: that one is
// somebody else's happens to one in millions.
const numberTries = 8

// errNumbers says that a person is known to the service by something that is no
// number (linked so by hand), or that none was to be had.
var errNumbers = errors.New("bridge: no number for the person")

// number is what the service knows the person as where accounts go by numbers.
// At the first sign-on it becomes the person's subject there, kept with their
// consent, so that the directory holds it for them in the sector for good: the
// number is nobody else's, ever, and also one that came with the accounts of an
// older GitLab is found in the same place.
func (b *Bridge) number(ctx context.Context, result signon.Result) (int64, error) {
	if !b.numbered() {
		return 0, nil
	}
	// A handle made of digits is no number of the person's.
	if n, ok := parseNumber(result.Subject); ok && !result.Service.PublicSubject() {
		return n, nil
	}
	for taken, try := 0, 0; try < numberTries; try++ {
		c, err := b.c.Consents.Consent(ctx, result.Person.ID, result.Service.ID)
		if err != nil {
			return 0, fmt.Errorf("bridge: number: %w", err)
		}
		if n, ok := parseNumber(c.Subject); ok {
			return n, nil
		}
		if c.Subject != "" {
			return 0, errNumbers
		}
		n := numberFor(result.Subject, taken)
		c.Subject = strconv.FormatInt(n, 10)
		err = b.c.Decisions.PutConsent(ctx, pseudonym.Sector(result.Service), c)
		switch {
		case err == nil:
			return n, nil
		case errors.Is(err, directory.ErrExists):
			taken++
		case !errors.Is(err, directory.ErrConflict):
			return 0, fmt.Errorf("bridge: number: %w", err)
		}
	}
	return 0, errNumbers
}

// means reports whether the person is still who the grant is about. The number
// counts as well: it may be a moment old, and a node may not have heard of it.
func (g grant) means(subject string) bool {
	return subject != "" && (subject == g.Subject || g.Number != 0 && subject == strconv.FormatInt(g.Number, 10))
}

// numberBits is what a reader that takes every number for a float can hold
// (RFC 8259 section 6).
const numberBits = 53

// numberFor proposes a number for a subject. The subject is a keyed hash itself:
// who does not know it learns nothing of the person from the number.
func numberFor(subject string, taken int) int64 {
	sum := sha256.Sum256([]byte("gitlab\x00" + strconv.Itoa(taken) + "\x00" + subject))
	return max(1, int64(binary.BigEndian.Uint64(sum[:])>>(64-numberBits)))
}

// parseNumber accepts what numberFor can make, or a GitLab could have counted to.
func parseNumber(subject string) (int64, bool) {
	n, err := strconv.ParseInt(subject, 10, 64)
	return n, err == nil && n > 0 && n < 1<<numberBits && strconv.FormatInt(n, 10) == subject
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"crypto/sha256"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

const (
	// strangerFor is how long an issuer that is nobody is not looked up again: so
	// long somebody who is being registered waits at most.
	strangerFor = 5 * time.Second

	strangersMax = 1000
)

// strangers are issuers that were just looked up in vain. Messages cost nothing to
// make, and each would be a search of the directory otherwise.
type strangers struct {
	until *lru.Cache[[sha256.Size]byte, time.Time]
}

func newStrangers() (strangers, error) {
	until, err := lru.New[[sha256.Size]byte, time.Time](strangersMax)
	if err != nil {
		return strangers{}, fmt.Errorf("saml: %w", err)
	}
	return strangers{until}, nil
}

func (s strangers) meet(issuer string, now time.Time) {
	s.until.Add(sha256.Sum256([]byte(issuer)), now.Add(strangerFor))
}

func (s strangers) met(issuer string, now time.Time) bool {
	until, known := s.until.Get(sha256.Sum256([]byte(issuer)))
	return known && now.Before(until)
}

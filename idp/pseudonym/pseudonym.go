// SPDX-License-Identifier: AGPL-3.0-or-later

package pseudonym

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"

	"commonscloud.coop/clau/idp/directory"
)

// The purposes under which the keys are derived. A change orphans every account.
const (
	subjects = "clau/pseudonyms/v1"
	sessions = "clau/session-ids/v1"
)

// Master derives a key for a purpose; keys.Master does.
type Master interface {
	Derive(purpose string, n int) []byte
}

// Names computes pseudonyms. It is used by many goroutines at once.
type Names struct{ subjects, sessions []byte }

// New returns the names of an installation.
func New(m Master) *Names {
	return &Names{subjects: m.Derive(subjects, 32), sessions: m.Derive(sessions, 32)}
}

// Sector returns the group of services within which a person has one name
// (OpenID Connect Core section 8.1): the one that the service was registered
// in, or the service for itself. A sector cannot be registered under the name
// that a service has for itself.
func Sector(s directory.Service) string {
	if s.Sector == "" {
		return "service:" + string(s.ID)
	}
	return "sector:" + s.Sector
}

// Subject returns the name by which a service knows a person; see [Names.Of].
func (n *Names) Subject(s directory.Service, p directory.Person) string {
	return n.Of(Sector(s), p.Seed)
}

// Of returns the name that the seed's person has in a sector: 32 characters of
// [a-z2-7], the first of which is a letter, so that it is never a number and
// fits wherever services put a name. Without a seed there is no name, and Of
// returns "": people whose seed was destroyed must not meet under one.
func (n *Names) Of(sector string, seed []byte) string {
	if len(seed) == 0 {
		return ""
	}
	return name(n.subjects, []byte(sector), seed)
}

// SessionID returns the sid by which a service knows a session (OpenID Connect
// Front-Channel Logout section 3). Two services see two of the same session,
// whatever their sector; the form is that of [Names.Of].
func (n *Names) SessionID(sessionKey string, s directory.Service) string {
	return name(n.sessions, []byte(s.ID), []byte(sessionKey))
}

// name hashes what it is of, each part behind its length: parts that are
// divided otherwise give another name.
func name(key []byte, of ...[]byte) string {
	mac := hmac.New(sha256.New, key)
	for _, part := range of {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write(part)
	}
	text := []byte(strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)[:20])))
	if text[0] < 'a' { // 2 to 7
		text[0] += 'a' - '2'
	}
	return string(text)
}

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
type Names struct {
	subjects, sessions []byte
	handles, aliases   []byte
	words              map[string]vocabulary // by language
}

// New returns the names of an installation.
func New(m Master) *Names {
	n := &Names{
		subjects: m.Derive(subjects, 32),
		sessions: m.Derive(sessions, 32),
		words:    vocabularies(),
	}
	n.handles = branch(n.subjects, "handles")
	n.aliases = branch(n.subjects, "aliases")
	return n
}

// branch returns a key of its own for another kind of name, so that knowing one
// kind tells nothing about the other. What it hashes is no sequence of parts,
// and cannot be met by [sum].
func branch(key []byte, kind string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(kind))
	return mac.Sum(nil)
}

// Sector returns the group of services within which a person has one name
// (OpenID Connect Core section 8.1): the one that the service was registered
// in, or the service for itself. A sector is the collective's that runs the
// service: two collectives that name one alike share nothing, and neither can
// register its way into what the other's services know. A sector cannot have
// the name that a service has for itself.
func Sector(s directory.Service) string {
	if s.Sector == "" {
		return "service:" + string(s.ID)
	}
	return "sector:" + string(s.Collective) + "/" + s.Sector
}

// Subject returns the first name by which a service knows a person, that of
// people who never asked to be somebody new; see [Names.Of].
func (n *Names) Subject(s directory.Service, p directory.Person) string {
	return n.SubjectOf(s, p, 0)
}

// SubjectOf returns the name by which a service knows a person in one of their
// identities there (directory.Consent); see [Names.Of].
func (n *Names) SubjectOf(s directory.Service, p directory.Person, identity int) string {
	return n.Of(Sector(s), p.Seed, identity)
}

// Of returns the name that the seed's person has in a sector: 32 characters of
// [a-z2-7], the first of which is a letter, so that it is never a number and
// fits wherever services put a name. Each identity, counted from 0, has another;
// nobody without the key can tell that they belong together. Without a seed
// there is no name, and Of returns "": people whose seed was destroyed must not
// meet under one.
func (n *Names) Of(sector string, seed []byte, identity int) string {
	switch {
	case len(seed) == 0:
		return ""
	case identity == 0: // hashed as before there were others
		return text(sum(n.subjects, []byte(sector), seed))
	}
	return text(sum(n.subjects, []byte(sector), seed, count(identity)))
}

// SessionID returns the sid by which a service knows a session (OpenID Connect
// Front-Channel Logout section 3). Two services see two of the same session,
// whatever their sector; the form is that of [Names.Of].
func (n *Names) SessionID(sessionKey string, s directory.Service) string {
	return text(sum(n.sessions, []byte(s.ID), []byte(sessionKey)))
}

// sum hashes what a name is of, each part behind its length: parts that are
// divided otherwise, or are more, give another name.
func sum(key []byte, of ...[]byte) []byte {
	mac := hmac.New(sha256.New, key)
	for _, part := range of {
		mac.Write(count(len(part)))
		mac.Write(part)
	}
	return mac.Sum(nil)
}

func count(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// text writes the first 160 bits of a hash in 32 characters.
func text(hash []byte) string {
	text := []byte(strings.ToLower(base32.StdEncoding.EncodeToString(hash[:20])))
	if text[0] < 'a' { // 2 to 7
		text[0] += 'a' - '2'
	}
	return string(text)
}

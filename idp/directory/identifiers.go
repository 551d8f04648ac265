// SPDX-License-Identifier: AGPL-3.0-or-later

package directory

import (
	"regexp"
	"strings"
)

// PersonID is the immutable random identifier of a person (clauId, a UUID in
// text form). It is the one canonical key of a person inside Clau and never
// leaves it: services see a pseudonym instead.
type PersonID string

// Handle is a person's permanent login name (uid). Handles are never re-used.
type Handle string

// CollectiveName is the short name of a collective (ou), unique in the federation.
type CollectiveName string

// ServiceID is the immutable random identifier of a service (clauId).
type ServiceID string

// ServiceName is the short name of a service (cn), unique in the federation.
type ServiceName string

// ClientID identifies a service as an OAuth 2.0 client (RFC 6749 section 2.2).
type ClientID string

// KeyID names a signing key (the JOSE "kid", RFC 7517 section 4.5).
type KeyID string

// HandleMax is the longest handle in characters; Mastodon accepts no longer.
const HandleMax = 30

var (
	handleForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*[a-z0-9]$`)
	doubled    = regexp.MustCompile(`[._-]{2}`)
)

// Valid reports whether h can be given to a new person: lower-case letters,
// digits, dots, dashes and underscores, beginning and ending with a letter or
// digit, at most [HandleMax] characters, and no name that services keep for
// themselves. Something that looks like an address is never a handle.
func (h Handle) Valid() bool {
	s := string(h)
	return len(s) <= HandleMax && handleForm.MatchString(s) && !doubled.MatchString(s) && !Reserved(s)
}

// Valid reports whether n can name a collective: as a [Handle], but it may be
// as long as 32 characters so that "<collective>.<group>" fits in the 64 that
// Nextcloud allows for a group.
// Names of the pages beside those of collectives below /join are refused.
func (n CollectiveName) Valid() bool {
	switch n {
	case "prove", "application", "return", "password":
		return false
	}
	return validSlug(string(n))
}

// RoleMax is the longest role at a service, in bytes.
const RoleMax = 32

var roleForm = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)

// ValidRole reports whether a role can be given, and told to a service, which
// makes a group's name of it: "<collective>.<role>". With a dot in it, it could
// be read as another collective's.
func ValidRole(role string) bool { return roleForm.MatchString(role) }

// Valid reports whether n can name a service; the rule is that of [CollectiveName].
func (n ServiceName) Valid() bool { return validSlug(string(n)) }

func validSlug(s string) bool {
	return len(s) <= 32 && handleForm.MatchString(s) && !doubled.MatchString(s) && !Reserved(s)
}

// Reserved reports whether services give name a meaning of their own, so that a
// person or collective bearing it could be taken for something else.
func Reserved(name string) bool {
	switch strings.ToLower(name) {
	case "admin", "administrator", "root", "system", "moderator", "moderators", "staff", "owner",
		"guest", "anonymous", "nobody", "none", "nil", "null", "undefined", "blank", "everyone", "all",
		"clau", "support", "help", "security", "abuse", "postmaster", "webmaster", "hostmaster", "noreply",
		"no-reply", "mailer-daemon", "me", "self", "api", "www", "oauth", "oidc", "saml", "login", "logout",
		"constructor", "prototype", "__proto__", "true", "false":
		return true
	}
	return false
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/release"
)

// Scopes with a meaning of their own; the others stand for attributes.
const (
	openidScope  = "openid"
	offlineScope = "offline_access"
)

// knownScopes are those of OpenID Connect Core section 5.4 and ours. Address and
// phone are known and empty: Clau keeps neither. There is no scope for the
// directory's own identifiers of a person; [release.Attribute] says why.
func knownScopes() []string {
	return []string{
		openidScope, "profile", "email", "groups", "roles", "collectives", "nextcloud", offlineScope, "address", "phone",
	}
}

// attributesOf is what a scope stands for.
func attributesOf(scope string) release.Need {
	switch scope {
	case "profile":
		return release.Need{release.Name, release.GivenName, release.FamilyName, release.Handle, release.Language}
	case "email":
		return release.Need{release.Mail, release.MailVerified}
	case "groups":
		return release.Need{release.Groups}
	case "roles":
		return release.Need{release.Roles}
	case "collectives":
		return release.Need{release.Collectives}
	case "nextcloud":
		return release.Need{release.Tongue}
	}
	return nil
}

// scopes is a list of scopes without doubles, as asked for.
type scopes []string

// parseScopes returns the known scopes of a parameter. Unknown ones are ignored
// (OpenID Connect Core section 3.1.2.1); a character that no scope may have is
// a mistake (RFC 6749 section 3.3).
func parseScopes(parameter string) (scopes, *refusal) {
	for i := range len(parameter) {
		if c := parameter[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return nil, refuse(invalidScope, "scope has a character that no scope has")
		}
	}
	var out scopes
	for one := range strings.SplitSeq(parameter, " ") {
		if slices.Contains(knownScopes(), one) && !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out, nil
}

func (s scopes) has(scope string) bool { return slices.Contains(s, scope) }
func (s scopes) String() string        { return strings.Join(s, " ") }

// without leaves one scope out.
func (s scopes) without(scope string) scopes {
	return slices.DeleteFunc(slices.Clone(s), func(one string) bool { return one == scope })
}

// narrow returns what asked names, which must be part of s; nothing asked is
// all of s (RFC 6749 section 6).
func (s scopes) narrow(asked []string) (scopes, *refusal) {
	narrowed, no := parseScopes(strings.Join(asked, " "))
	if no != nil || len(narrowed) == 0 {
		return s, no
	}
	for _, one := range narrowed {
		if !s.has(one) {
			return nil, refuse(invalidScope, "scope goes beyond what was granted")
		}
	}
	return narrowed, nil
}

// need is what the scopes ask for.
func (s scopes) need() release.Need {
	var need release.Need
	for _, one := range s {
		need = append(need, attributesOf(one)...)
	}
	return need
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package session

import (
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// Session is one browser in which a person proved who they are.
type Session struct {
	// Key names the session inside Clau and stays when the same person proves
	// themselves again. It opens nothing without the secret in the cookie, and
	// services never see it: they get a sid of their own.
	Key string

	Person   directory.PersonID
	Epoch    int64     // [directory.Person.Epoch] when it began; a raise voids it
	AuthTime time.Time // when the person last proved who they are
	ACR      string    // authentication context class reached
	AMR      []string  // methods used (RFC 8176)
	Created  time.Time
	Seen     time.Time // last use, to within [Config.TouchEvery]

	secret string // digest of the cookie's secret
}

// Proof is what a login step established about a person.
type Proof struct {
	Person directory.Person
	At     time.Time
	ACR    string
	AMR    []string
}

// Authentication context classes. The names are those of SAML 2.0 (section 3.4
// of saml-authn-context-2.0-os), which OpenID Connect clients accept as well.
const (
	ACRPassword = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
)

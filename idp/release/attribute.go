// SPDX-License-Identifier: AGPL-3.0-or-later

package release

// Attribute names something that can be released, in the words of OpenID
// Connect Core section 5.1 where it has one.
//
// There is none for what would be the same at every service: no entryUUID, no
// number of the person. Two services could compare it, whatever pseudonyms they
// were given. A service whose accounts go by such an identifier gets it as an
// exception of the sector, or knows people by their handle and says so.
type Attribute string

const (
	Name         Attribute = "name"
	GivenName    Attribute = "given_name"
	FamilyName   Attribute = "family_name"
	Handle       Attribute = "preferred_username"
	Mail         Attribute = "email"
	MailVerified Attribute = "email_verified"
	Language     Attribute = "locale"
	Tongue       Attribute = "language" // [Language] as Nextcloud writes it: "pt_BR"
	Groups       Attribute = "groups"
	Collectives  Attribute = "collectives" // [Groups] for programs that know what a collective is
	Roles        Attribute = "roles"       // what the person may do at this very service
)

// Attributes are all that Clau can release, in the order pages show them.
func Attributes() []Attribute {
	return []Attribute{
		Name, GivenName, FamilyName, Handle, Mail, MailVerified, Language, Tongue, Groups, Collectives, Roles,
	}
}

// Decided returns the attribute whose decision holds for a: some are another
// one in other words, or go with it, and nobody is asked about both. For most it
// is a itself, and those alone are shown, decided and ruled on.
func (a Attribute) Decided() Attribute {
	switch a {
	case MailVerified:
		return Mail
	case Tongue:
		return Language
	case Collectives:
		return Groups
	}
	return a
}

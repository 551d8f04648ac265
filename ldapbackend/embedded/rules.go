// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import "slices"

// right is a set of what may be done to an attribute of an entry, as in
// slapd.access(5). Beside real attributes there are "entry", the entry itself,
// and "children", the entries directly below it.
type right uint16

const (
	mayDisclose right = 1 << iota // learn that it exists
	mayAuth                       // verify a password
	mayCompare
	maySearch
	mayRead
	mayAdd
	mayDelete
	mayRaise // add one to a number, which needs no other right then
	onward   // what later rules say

	mayWrite = mayAdd | mayDelete
	searches = mayDisclose | mayAuth | mayCompare | maySearch
	reads    = searches | mayRead
	writes   = reads | mayWrite
	nothing  = right(0)
)

// who names to whom a rule gives a right.
type who byte

const (
	anyone        who = iota
	anonymous         // before a bind
	users             // after a bind
	self              // the entry itself
	owner             // the person below whom the entry stands
	named             // the person whom the case is about
	inPlace           // the same, where its name says so too
	managers          // who manage the collective in which the entry stands
	namedManagers     // those of them whom the case is about
	vouchers          // who manage the person's primary collective
	itsManagers       // who manage the service that a group of the same collective opens
	byClau            // people by the hand of Clau
	readers           // accounts of applications below cn=readers,ou=system
	idpAccount        // Clau itself
	replica           // a server that copies all
)

// grant gives a right. Of a rule's grants the first that fits counts.
type grant struct {
	to    who
	right right
}

// rule says who may do what to some attributes of some entries. Of the rules
// the first that fits counts, unless it passes on whom it does not name.
type rule struct {
	at     string // place below the base; "*" any name, "**" at the end: all below too
	when   string // only such entries, as "objectClass=clauRequest clauKind=join|home"
	attrs  string // only these attributes, with spaces between; "": all
	values string // only writing these values of them, with "|" between
	voice  right  // beside what by gives: on the value that is the asker's own DN, to managers
	pass   bool   // whoever no grant fits goes on to the next rule
	by     []grant

	place      []string // at, cut into names
	open       bool     // at ended in "**"
	conditions []condition
	names      map[string]bool // attrs
	only       []string        // values
}

// condition is a part of a rule's when.
type condition struct {
	name   string
	values []string
}

// accessRules are the access rules of Clau, the same and in the same order as
// those that package schema writes for OpenLDAP.
func accessRules() []rule {
	return compile(slices.Concat(systemRules(), secretRules(), personRules(), registrationRules(), caseRules(), invitationRules(), collectiveRules()))
}

func systemRules() []rule {
	return []rule{
		// To set and to compare is not to read the hash. Clau sets the passwords of
		// people and of cn=nobody, but not those of other programs.
		{at: "ou=system/cn=nobody", attrs: "userPassword",
			by: []grant{{replica, reads}, {idpAccount, mayAuth | mayWrite}, {anonymous, mayAuth}}},
		{at: "ou=system/**", attrs: "userPassword",
			by: []grant{{replica, reads}, {self, mayAuth | mayWrite}, {anonymous, mayAuth}}},
		{at: "**", attrs: "userPassword", by: []grant{
			{replica, reads}, {idpAccount, mayAuth | mayWrite}, {self, mayAuth | mayWrite}, {anonymous, mayAuth}}},

		{at: "**", pass: true, by: []grant{{replica, reads}}},
		{at: "ou=system/**", attrs: "authzTo", by: []grant{{self, mayAuth | mayDisclose}}},
		{at: "ou=system/cn=nobody", attrs: "entry", by: []grant{{idpAccount, reads}, {anonymous, mayAuth | mayDisclose}}},
		{at: "ou=system/**"},
		{at: "ou=policies/**", by: []grant{{idpAccount, reads}}},
		{at: "ou=keys/**", by: []grant{{idpAccount, writes}}},
		{at: "ou=federation/**", by: []grant{{idpAccount, writes}}},
		{at: "ou=retired/**", by: []grant{{idpAccount, writes}}},
		{at: "", by: []grant{{idpAccount, reads}, {users, searches}}},
	}
}

// secretRules: what proves somebody, and what links pseudonyms, is for Clau
// alone, but that a manager writes the digest of an invitation she makes. All
// else below people and collectives is for Clau also.
func secretRules() []rule {
	return []rule{
		{at: waiting, when: anInvitation, attrs: "clauSecretHash", by: []grant{{idpAccount, writes}, {managers, mayAdd}}},
		{at: "**", attrs: "clauPseudonymSeed clauSealedSecret clauSecretHash clauPublicKey clauRecoveryCode " +
			"clauCredentialId clauSubject clauReserved pwdHistory pwdFailureTime",
			by: []grant{{idpAccount, writes}}},
		{at: "ou=people/**", pass: true, by: []grant{{idpAccount, writes}}},
		{at: "ou=collectives/**", pass: true, by: []grant{{idpAccount, writes}}},
	}
}

// personRules: a person's own consents can be stopped, never written, and
// credentials are seen. Managers of the primary collective make active people
// suspended and back.
func personRules() []rule {
	const person, either = "ou=people/clauid=*", "clauState=active|suspended"
	return []rule{
		{at: person + "/clauserviceid=*", attrs: "clauState", by: []grant{{owner, writes}}},
		{at: person + "/clauserviceid=*", by: []grant{{owner, reads}}},
		{at: person + "/clauid=*", by: []grant{{owner, reads}}},

		{at: person, attrs: "clauState", values: "active|suspended", pass: true, by: []grant{{self, onward}, {vouchers, writes}}},
		{at: person, when: either, attrs: "clauState", pass: true, by: []grant{{self, onward}, {vouchers, reads | mayDelete}}},
		{at: person, when: either, attrs: "clauReason clauUntil", pass: true, by: []grant{{self, onward}, {vouchers, writes}}},
		{at: person, when: either, attrs: "clauTokenEpoch", pass: true, by: []grant{{self, onward}, {vouchers, reads | mayRaise}}},

		{at: person, attrs: "cn sn givenName displayName preferredLanguage jpegPhoto labeledURI telephoneNumber",
			by: []grant{{self, writes}, {vouchers, reads}, {readers, reads}}},
		{at: person, when: "clauState=active",
			attrs: "entry entryDN objectClass uid mail clauId clauState entryUUID clauMailVerified",
			by:    []grant{{self, reads}, {vouchers, reads}, {readers, reads}}},
		{at: person, by: []grant{{self, reads}, {vouchers, reads}}},
		{at: "ou=people", by: []grant{{users, searches}}},
	}
}

func collectiveRules() []rule {
	const unit, access = "ou=collectives/ou=*", "ou=collectives/ou=*/ou=access"
	return []rule{
		{at: unit + "/cn=*", attrs: "member", by: []grant{{managers, writes}, {readers, reads}}},
		{at: access + "/cn=*", attrs: "member", by: []grant{{managers, writes}, {itsManagers, writes}, {readers, reads}}},
		{at: access + "/cn=*", by: []grant{{managers, writes}, {itsManagers, reads}, {readers, reads}}},
		{at: access, attrs: theChildren, by: []grant{{managers, writes}}},
		{at: unit, attrs: "clauRegistrars", by: []grant{{managers, writes}}},
		{at: unit, attrs: "displayName description mail labeledURI jpegPhoto preferredLanguage clauPolicy clauSettings clauLogo",
			by: []grant{{managers, writes}, {users, reads}}},
		{at: unit + "/ou=services/cn=*", by: []grant{{managers, reads}, {users, searches}}},
		{at: "ou=collectives/**", by: []grant{{users, reads}}},
	}
}

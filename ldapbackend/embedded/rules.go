// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

// right is a set of what may be done to an attribute of an entry, as in
// slapd.access(5). Beside real attributes there are "entry", the entry itself,
// and "children", the entries directly below it.
type right uint8

const (
	mayDisclose right = 1 << iota // learn that it exists
	mayAuth                       // verify a password
	mayCompare
	maySearch
	mayRead
	mayAdd
	mayDelete

	mayWrite = mayAdd | mayDelete
	searches = mayDisclose | mayAuth | mayCompare | maySearch
	reads    = searches | mayRead
	writes   = reads | mayWrite
	nothing  = right(0)
)

// who names to whom a rule gives a right.
type who byte

const (
	anyone     who = iota
	anonymous      // before a bind
	users          // after a bind
	self           // the entry itself
	owner          // the person below whom the entry stands
	managers       // who manage the collective in which the entry stands
	vouchers       // who manage the person's primary collective
	readers        // accounts of applications below cn=readers,ou=system
	idpAccount     // Clau itself
	replica        // a server that copies all
)

// grant gives a right. Of a rule's grants the first that fits counts.
type grant struct {
	to    who
	right right
}

// rule says who may do what to some attributes of some entries. Of the rules
// the first that fits counts, unless it passes on whom it does not name.
type rule struct {
	at    string // place below the base; "*" any name, "**" at the end: all below too
	state string // only entries in this clauState
	attrs string // only these attributes, with spaces between; "": all
	pass  bool   // whoever no grant fits goes on to the next rule
	by    []grant

	place []string        // at, cut into names
	open  bool            // at ended in "**"
	names map[string]bool // attrs
}

// What managers may do to a registration or request.
const (
	deciding = "clauState description clauValidatedBy clauValidatedAt"
	removing = theEntry + " " + theChildren
)

// accessRules are the access rules of Clau, the same and in the same order as
// those that package schema writes for OpenLDAP.
func accessRules() []rule {
	return compile([]rule{
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

		// What proves somebody, and what links pseudonyms, is for Clau alone.
		{at: "**", attrs: "clauPseudonymSeed clauSealedSecret clauSecretHash clauPublicKey clauRecoveryCode " +
			"clauCredentialId clauSubject pwdHistory pwdFailureTime",
			by: []grant{{idpAccount, writes}}},
		{at: "ou=people/**", pass: true, by: []grant{{idpAccount, writes}}},
		{at: "ou=collectives/**", pass: true, by: []grant{{idpAccount, writes}}},

		// A person's own consents can be stopped, never written; credentials are seen.
		{at: "ou=people/clauid=*/clauserviceid=*", attrs: "clauState", by: []grant{{owner, writes}}},
		{at: "ou=people/clauid=*/clauserviceid=*", by: []grant{{owner, reads}}},
		{at: "ou=people/clauid=*/clauid=*", by: []grant{{owner, reads}}},

		{at: "ou=people/clauid=*",
			attrs: "cn sn givenName displayName preferredLanguage jpegPhoto labeledURI telephoneNumber",
			by:    []grant{{self, writes}, {vouchers, reads}, {readers, reads}}},
		{at: "ou=people/clauid=*", state: "active",
			attrs: "entry entryDN objectClass uid mail clauId clauState entryUUID clauMailVerified",
			by:    []grant{{self, reads}, {vouchers, reads}, {readers, reads}}},
		{at: "ou=people/clauid=*", by: []grant{{self, reads}, {vouchers, reads}}},
		{at: "ou=people", by: []grant{{users, searches}}},

		// Managers decide on who waits, and neither add nor edit: see package schema.
		{at: "ou=collectives/ou=*/ou=registrations/clauid=*", attrs: deciding, by: []grant{{managers, writes}}},
		{at: "ou=collectives/ou=*/ou=registrations/clauid=*", attrs: removing, by: []grant{{managers, reads | mayDelete}}},
		{at: "ou=collectives/ou=*/ou=registrations/clauid=*", by: []grant{{managers, reads}}},
		{at: "ou=collectives/ou=*/ou=registrations", attrs: removing, by: []grant{{managers, reads | mayDelete}}},
		{at: "ou=collectives/ou=*/ou=registrations", by: []grant{{managers, reads}}},
		{at: "ou=collectives/ou=*/ou=requests/clauid=*", attrs: deciding, by: []grant{{managers, writes}}},
		{at: "ou=collectives/ou=*/ou=requests/clauid=*", attrs: removing, by: []grant{{managers, reads | mayDelete}}},
		{at: "ou=collectives/ou=*/ou=requests/clauid=*", by: []grant{{managers, reads}}},
		{at: "ou=collectives/ou=*/ou=requests", attrs: removing, by: []grant{{managers, reads | mayDelete}}},
		{at: "ou=collectives/ou=*/ou=requests", by: []grant{{managers, reads}}},
		{at: "ou=collectives/ou=*/cn=*", attrs: "member", by: []grant{{managers, writes}, {readers, reads}}},
		{at: "ou=collectives/ou=*/ou=access/cn=*", attrs: "member", by: []grant{{managers, writes}, {readers, reads}}},
		{at: "ou=collectives/ou=*/ou=access/cn=*", by: []grant{{managers, writes}, {readers, reads}}},
		{at: "ou=collectives/ou=*/ou=access", attrs: "children", by: []grant{{managers, writes}}},
		{at: "ou=collectives/ou=*", attrs: "displayName description mail labeledURI jpegPhoto preferredLanguage clauPolicy",
			by: []grant{{managers, writes}, {users, reads}}},
		{at: "ou=collectives/ou=*/ou=services/cn=*", by: []grant{{managers, reads}, {users, searches}}},
		{at: "ou=collectives/**", by: []grant{{users, reads}}},
	})
}

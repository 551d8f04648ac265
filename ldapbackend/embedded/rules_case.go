// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

// Where waits what a collective decides on, and of what class it is.
const (
	registration = "ou=collectives/ou=*/ou=registrations/clauid=*"
	waiting      = "ou=collectives/ou=*/ou=requests/*"

	aCase        = "objectClass=clauRequest"
	aWish        = "objectClass=clauRequest clauKind=join|home"
	aProposal    = "objectClass=clauRequest clauKind=appoint|dismiss|suspend|expel|settings"
	ofSomebody   = "objectClass=clauRequest clauKind=join|home|appoint|dismiss|suspend|expel"
	anInvitation = "objectClass=clauInvitation"

	caseClasses = "top|clauRequest|clauCase"
	itself      = theEntry + " " + theChildren
)

// writesOnce is the right to say something when the entry is made: of what has
// one value no second can be added.
const writesOnce = reads | mayAdd

// registrationRules: managers decide on who waits, and neither add nor edit:
// see package schema.
func registrationRules() []rule {
	const above = "ou=collectives/ou=*/ou=registrations"
	return []rule{
		{at: registration, attrs: "clauAgreedBy", voice: writes, by: []grant{{managers, reads}}},
		{at: registration, attrs: "clauState", values: "pendingApproval|denied", by: []grant{{managers, writes}}},
		{at: registration, when: "clauState=pendingApproval|denied", attrs: "clauState", by: []grant{{managers, reads | mayDelete}}},
		{at: registration, attrs: "description clauValidatedBy clauValidatedAt clauDialogue clauExpires", by: []grant{{managers, writes}}},
		{at: registration, attrs: itself, by: []grant{{managers, reads | mayDelete}}},
		{at: registration, by: []grant{{managers, reads}}},
		{at: above, attrs: itself, by: []grant{{managers, reads | mayDelete}}},
		{at: above, by: []grant{{managers, reads}}},
	}
}

// caseRules: people open wishes about themselves, managers propose, and nobody
// agrees to what is about them: see package schema.
func caseRules() []rule {
	const above = "ou=collectives/ou=*/ou=requests"
	return []rule{
		{at: above, attrs: theChildren, by: []grant{{byClau, writes}}},
		{at: above, by: []grant{{managers, reads}}},

		{at: waiting, when: ofSomebody, attrs: "clauAgreedBy", pass: true, by: []grant{{namedManagers, reads}}},
		{at: waiting, when: aCase, attrs: "clauAgreedBy", voice: writes, pass: true, by: []grant{{managers, reads}}},
		{at: waiting, when: aProposal, attrs: "objectClass", values: caseClasses, by: []grant{{managers, writesOnce}}},
		{at: waiting, when: aWish, attrs: "objectClass", values: caseClasses, by: []grant{{named, writesOnce}, {managers, reads}}},

		{at: waiting, when: aWish, attrs: theEntry, by: []grant{{inPlace, writes}, {managers, reads | mayDelete}}},
		{at: waiting, when: aWish, attrs: "clauDialogue", by: []grant{{named, writes}, {managers, writes}}},
		{at: waiting, when: aWish, attrs: "clauExpires", by: []grant{{managers, writes}, {named, writesOnce}}},
		{at: waiting, when: aWish, attrs: "cn clauId clauKind clauPerson clauWords clauCreated",
			by: []grant{{named, writesOnce}, {managers, reads}}},
		{at: waiting, when: aWish, by: []grant{{named, reads}, {managers, reads}}},

		{at: waiting, when: aProposal, attrs: "entry clauDialogue clauExpires", by: []grant{{managers, writes}}},
		{at: waiting, when: aProposal, attrs: "clauOpenedBy", voice: writes, by: []grant{{managers, reads}}},
		{at: waiting, when: aProposal, attrs: "cn clauId clauKind clauPerson clauWords clauReason clauUntil clauSettings clauCreated",
			by: []grant{{managers, writesOnce}}},
		{at: waiting, when: aCase, by: []grant{{managers, reads}}},
	}
}

func invitationRules() []rule {
	return []rule{
		{at: waiting, when: anInvitation, attrs: "objectClass", values: "top|clauInvitation", by: []grant{{managers, writesOnce}}},
		{at: waiting, when: anInvitation, attrs: theEntry, by: []grant{{managers, writes}}},
		{at: waiting, when: anInvitation, attrs: "clauOpenedBy", voice: writes, by: []grant{{managers, reads}}},
		{at: waiting, when: anInvitation, attrs: "clauId clauMailPending clauWords clauCounter clauCreated clauExpires",
			by: []grant{{managers, writesOnce}}},
		{at: waiting, by: []grant{{managers, reads}}},
	}
}

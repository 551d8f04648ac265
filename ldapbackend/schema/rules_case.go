// SPDX-License-Identifier: AGPL-3.0-or-later

package schema

// What waits for a decision of a collective: registrations, cases about people
// who have an account, invitations. The managers of that collective see it,
// and nobody else learns that it exists, but the person who opened it.
//
// People put cases below ou=requests, and take them away, only by the hand of
// Clau (realdn): the right to do so is everybody's, and slapd does not ask it of
// an entry that is moved there whether it might have been added. So nobody else
// can move what is waiting elsewhere to where others decide.

const (
	aRegistration = `to dn.regex="^clauId=[^,]+,ou=registrations,` + aCollective
	waiting       = `to dn.regex="^[^,]+,ou=requests,` + aCollective

	aCase      = waiting + ` filter="(objectClass=clauRequest)"`
	aWish      = waiting + ` filter="(&(objectClass=clauRequest)(|(clauKind=join)(clauKind=home)))"`
	aProposal  = waiting + ` filter="(&(objectClass=clauRequest)(|(clauKind=appoint)(clauKind=dismiss)(clauKind=suspend)(clauKind=expel)(clauKind=settings)))"`
	anInvite   = waiting + ` filter="(objectClass=clauInvitation)"`
	ofSomebody = waiting + ` filter="(&(objectClass=clauRequest)(!(clauKind=settings)))"`

	aKind = ` attrs=objectClass val.regex="^(top|clauRequest|clauCase)$" `
	named = `by dnattr=clauPerson`
)

// registrationRules: managers decide on registrations and neither add nor edit
// one: it could claim anybody's address to be verified, and services open
// accounts to whoever has the address. Nor do they make one active, or say that
// an address is proven: that is what Clau does with one they accepted.
func registrationRules() []string {
	return []string{
		aRegistration + ` attrs=clauAgreedBy ` + managers + ` selfwrite ` + managers + ` read by * none`,
		aRegistration + ` attrs=clauState val.regex="^(pendingApproval|denied)$" ` + managers + ` write by * none`,
		aRegistration + ` filter="(|(clauState=pendingApproval)(clauState=denied))" attrs=clauState ` + managers + ` =zrscxd by * none`,
		aRegistration + ` attrs=description,clauValidatedBy,clauValidatedAt,clauDialogue,clauExpires ` + managers + ` write by * none`,
		aRegistration + ` attrs=entry,children ` + managers + ` =zrscxd by * none`,
		aRegistration + ` ` + managers + ` read by * none`,
		`to dn.regex="^ou=registrations,` + aCollective + ` attrs=entry,children ` + managers + ` =zrscxd by * none`,
		`to dn.regex="^ou=registrations,` + aCollective + ` ` + managers + ` read by * none`,
	}
}

// caseRules: a wish (to join, or to be at home there) is opened by whom it is
// about, answered by them and taken back; the rest are proposals of managers.
// Managers ask, prolong, agree each with the own voice, and remove. Nobody
// agrees to what is about themselves; that the settings change is about nobody,
// though it names who proposes it.
func caseRules() []string {
	return []string{
		`to dn.regex="^ou=requests,` + aCollective + ` attrs=children by dn.onelevel="ou=people,@B@" realdn.exact="cn=idp,ou=system,@B@" write by * none`,
		`to dn.regex="^ou=requests,` + aCollective + ` ` + managers + ` read by * none`,

		ofSomebody + ` attrs=clauAgreedBy ` + named + ` ` + managing + ` read by * break`,
		aCase + ` attrs=clauAgreedBy ` + managers + ` selfwrite ` + managers + ` read by * break`,
		aProposal + aKind + managers + addOnly + `by * none`,
		aWish + aKind + named + addOnly + managers + ` read by * none`,

		// The name is made of kind and person: nobody takes another's place.
		aWish + ` attrs=entry ` + named + ` set="this/cn & (this/clauKind + [.] + user/clauId)" write ` + managers + ` =zrscxd by * none`,
		aWish + ` attrs=clauDialogue ` + named + ` write ` + managers + ` write by * none`,
		aWish + ` attrs=clauExpires ` + managers + ` write ` + named + addOnly + `by * none`,
		aWish + ` attrs=cn,clauId,clauKind,clauPerson,clauWords,clauCreated ` + named + addOnly + managers + ` read by * none`,
		aWish + ` ` + named + ` read ` + managers + ` read by * none`,

		aProposal + ` attrs=entry,clauDialogue,clauExpires ` + managers + ` write by * none`,
		aProposal + ` attrs=clauOpenedBy ` + managers + ` selfwrite ` + managers + ` read by * none`,
		aProposal + ` attrs=cn,clauId,clauKind,clauPerson,clauWords,clauReason,clauUntil,clauSettings,clauCreated ` + managers + addOnly + `by * none`,
		aCase + ` ` + managers + ` read by * none`,
	}
}

// invitationRules: managers make invitations in their own name and take them
// back. How often one can be used is said once.
func invitationRules() []string {
	return []string{
		anInvite + ` attrs=objectClass val.regex="^(top|clauInvitation)$" ` + managers + addOnly + `by * none`,
		anInvite + ` attrs=entry ` + managers + ` write by * none`,
		anInvite + ` attrs=clauOpenedBy ` + managers + ` selfwrite ` + managers + ` read by * none`,
		anInvite + ` attrs=clauId,clauMailPending,clauWords,clauCounter,clauCreated,clauExpires ` + managers + addOnly + `by * none`,
		waiting + ` ` + managers + ` read by * none`,
	}
}

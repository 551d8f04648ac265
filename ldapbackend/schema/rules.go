// SPDX-License-Identifier: AGPL-3.0-or-later

package schema

// rules are the access rules in the language of slapd.access(5); the first
// that matches decides. @B@ is the base DN, @R@ the same within a pattern.
// They are the second wall: what the code lets pass by mistake is refused
// here, because Clau writes what people and managers do under their identity.
//
// A manager reaches her own collective by group/clauCollectiveUnit/clauManager.
// Nobody but Clau writes managers, services, addresses or secrets. The rules
// count for every attribute of an entry that is added, too (olcAddContentAcl):
// who may only add to an attribute of one value writes it once.
//
// A rule with a value (val.regex) speaks of writing that value. To replace is
// to delete all there is, which no such rule speaks of, and to add: two rules
// follow each other wherever both the old and the new value matter.
func rules() []string {
	var all []string
	for _, part := range [][]string{
		passwordRules(), systemRules(), invitationSecretRules(), secretRules(),
		consentRules(), suspensionRules(), personRules(),
		registrationRules(), caseRules(), invitationRules(), groupRules(), collectiveRules(),
	} {
		all = append(all, part...)
	}
	return append(all, `to * by * none`)
}

// Who is meant, and what. A rule on something of a collective captures the name
// of that collective first, so that $1 is the one whose managers may.
const (
	clauItself = `by dn.exact="cn=idp,ou=system,@B@"`
	replicas   = `by dn.exact="cn=replica,ou=system,@B@"`
	readers    = `by dn.children="cn=readers,ou=system,@B@"`
	managing   = `group/clauCollectiveUnit/clauManager.expand="$1"`
	managers   = `by ` + managing
	vouchers   = `by set="this/clauPrimaryCollective/clauManager & user"`

	addOnly = ` =arscxd `

	aCollective = `(ou=[^,]+,ou=collectives,@R@)$"`
	aPerson     = `to dn.regex="^clauId=[^,]+,ou=people,@R@$"`
)

// passwordRules let Clau set passwords of people and of cn=nobody, but not
// those of other programs: =xw is to set and to compare, not to read the hash.
func passwordRules() []string {
	return []string{
		`to dn.exact="cn=nobody,ou=system,@B@" attrs=userPassword ` + replicas + ` read ` + clauItself + ` =xw by anonymous auth by * none`,
		`to dn.subtree="ou=system,@B@" attrs=userPassword ` + replicas + ` read by self =xw by anonymous auth by * none`,
		`to attrs=userPassword ` + replicas + ` read ` + clauItself + ` =xw by self =xw by anonymous auth by * none`,
	}
}

// systemRules cover what no person may see. Proxied authorization (RFC 4370)
// needs "by self auth" on authzTo.
func systemRules() []string {
	return []string{
		`to dn.subtree="@B@" ` + replicas + ` read by * break`,
		`to dn.subtree="ou=system,@B@" attrs=authzTo by self auth by * none`,
		`to dn.exact="cn=nobody,ou=system,@B@" attrs=entry ` + clauItself + ` read by anonymous auth by * none`,
		`to dn.subtree="ou=system,@B@" by * none`,
		`to dn.subtree="ou=policies,@B@" ` + clauItself + ` read by * none`,
		`to dn.subtree="ou=keys,@B@" ` + clauItself + ` write by * none`,
		`to dn.subtree="ou=federation,@B@" ` + clauItself + ` write by * none`,
		`to dn.subtree="ou=retired,@B@" ` + clauItself + ` write by * none`,
		`to dn.base="@B@" ` + clauItself + ` read by users search by * none`,
	}
}

// invitationSecretRules let a manager write the digest of an invitation as she
// makes it, and not even her read it.
func invitationSecretRules() []string {
	return []string{
		`to dn.regex="^[^,]+,ou=requests,` + aCollective + ` filter="(objectClass=clauInvitation)" attrs=clauSecretHash ` + clauItself + ` write ` + managers + ` =a by * none`,
	}
}

// secretRules: what proves somebody, and what links pseudonyms, is for Clau
// alone. All else below people and collectives is for Clau also.
func secretRules() []string {
	return []string{
		`to dn.subtree="@B@" attrs=clauPseudonymSeed,clauSealedSecret,clauSecretHash,clauPublicKey,clauRecoveryCode,clauCredentialId,clauSubject,clauReserved,pwdHistory,pwdFailureTime ` + clauItself + ` write by * none`,
		`to dn.regex="^(.+,)?ou=(people|collectives),@R@$" ` + clauItself + ` write by * break`,
	}
}

// consentRules: a consent is for nobody's eyes but the person's. It is stopped
// and not deleted: the identity that the service knows stays the person's.
func consentRules() []string {
	return []string{
		`to dn.regex="^clauServiceId=[^,]+,(clauId=[^,]+,ou=people,@R@)$" attrs=clauState by dn.exact,expand="$1" write by * none`,
		`to dn.regex="^clauServiceId=[^,]+,(clauId=[^,]+,ou=people,@R@)$" by dn.exact,expand="$1" read by * none`,
		`to dn.regex="^clauId=[^,]+,(clauId=[^,]+,ou=people,@R@)$" by dn.exact,expand="$1" read by * none`,
	}
}

// suspensionRules let the managers of the primary collective make active people
// suspended and back, and nothing else of it: who asked to be erased stays so.
// Nobody does it to herself. That the epoch only grows cannot quite be said:
// slapd asks for the same rights to add one to a number, to make it one and to
// delete it. To no other number can it be set.
func suspensionRules() []string {
	const either = ` filter="(|(clauState=active)(clauState=suspended))"`
	return []string{
		aPerson + ` attrs=clauState val.regex="^(active|suspended)$" by self break ` + vouchers + ` write by * break`,
		aPerson + either + ` attrs=clauState by self break ` + vouchers + ` =zrscxd by * break`,
		aPerson + either + ` attrs=clauReason,clauUntil by self break ` + vouchers + ` write by * break`,
		aPerson + either + ` attrs=clauTokenEpoch val.regex="^1$" by self break ` + vouchers + addOnly + `by * break`,
		aPerson + either + ` attrs=clauTokenEpoch by self break ` + vouchers + ` =zrscxd by * break`,
	}
}

// personRules: everybody writes the own profile; the managers of the primary
// collective and the readers see, and do not write.
func personRules() []string {
	return []string{
		aPerson + ` attrs=cn,sn,givenName,displayName,preferredLanguage,jpegPhoto,labeledURI,telephoneNumber by self write ` + vouchers + ` read ` + readers + ` read by * none`,
		aPerson + ` filter="(clauState=active)" attrs=entry,entryDN,objectClass,uid,mail,clauId,clauState,entryUUID,clauMailVerified by self read ` + vouchers + ` read ` + readers + ` read by * none`,
		aPerson + ` by self read ` + vouchers + ` read by * none`,
		`to dn.base="ou=people,@B@" by users search by * none`,
	}
}

// groupRules: managers write the members and the access groups of their own
// collective. Those whom a service names as its managers write who is in its
// access groups: only where the group is of the collective that runs it (two
// names up from both), and only if by both of its names it is that service,
// for access goes by the second.
func groupRules() []string {
	const itsManagers = `by set.expand="(this/clauService/clauManager & user) + (this/clauService/-2 & [$1]) + (this/clauService/clauId & this/clauServiceId)"`
	return []string{
		`to dn.regex="^cn=[^,]+,` + aCollective + ` attrs=member ` + managers + ` write ` + readers + ` read by * none`,
		`to dn.regex="^cn=[^,]+,ou=access,` + aCollective + ` attrs=member ` + managers + ` write ` + itsManagers + ` write ` + readers + ` read by * none`,
		`to dn.regex="^cn=[^,]+,ou=access,` + aCollective + ` ` + managers + ` write ` + itsManagers + ` read ` + readers + ` read by * none`,
		`to dn.regex="^ou=access,` + aCollective + ` attrs=children ` + managers + ` write by * none`,
	}
}

// collectiveRules: managers present their collective and say how it decides.
// Which tokens register services for it is nobody else's business. What a
// service is registered as they see, and only Clau writes it.
func collectiveRules() []string {
	return []string{
		`to dn.regex="^` + aCollective + ` attrs=clauRegistrars ` + managers + ` write by * none`,
		`to dn.regex="^` + aCollective + ` attrs=displayName,description,mail,labeledURI,jpegPhoto,preferredLanguage,clauPolicy,clauSettings,clauLogo ` + managers + ` write by users read by * none`,
		`to dn.regex="^cn=[^,]+,ou=services,` + aCollective + ` ` + managers + ` read by users search by * none`,
		`to dn.subtree="ou=collectives,@B@" by users read by * none`,
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package schema

// rules are the access rules in the language of slapd.access(5); the first
// that matches decides. @B@ is the base DN, @R@ the same within a pattern.
// They are the second wall: what the code lets pass by mistake is refused
// here, because Clau writes what people and managers do under their identity.
//
// A manager reaches her own collective by group/clauCollectiveUnit/clauManager.
// Nobody but Clau writes managers, services, states, addresses or secrets.
func rules() []string {
	var all []string
	for _, part := range [][]string{passwordRules(), systemRules(), personRules(), collectiveRules()} {
		all = append(all, part...)
	}
	return append(all, `to * by * none`)
}

// passwordRules let Clau set passwords of people and of cn=nobody, but not
// those of other programs: =xw is to set and to compare, not to read the hash.
func passwordRules() []string {
	return []string{
		`to dn.exact="cn=nobody,ou=system,@B@" attrs=userPassword by dn.exact="cn=replica,ou=system,@B@" read by dn.exact="cn=idp,ou=system,@B@" =xw by anonymous auth by * none`,
		`to dn.subtree="ou=system,@B@" attrs=userPassword by dn.exact="cn=replica,ou=system,@B@" read by self =xw by anonymous auth by * none`,
		`to attrs=userPassword by dn.exact="cn=replica,ou=system,@B@" read by dn.exact="cn=idp,ou=system,@B@" =xw by self =xw by anonymous auth by * none`,
	}
}

// systemRules cover what no person may see. Proxied authorization (RFC 4370)
// needs "by self auth" on authzTo.
func systemRules() []string {
	return []string{
		`to dn.subtree="@B@" by dn.exact="cn=replica,ou=system,@B@" read by * break`,
		`to dn.subtree="ou=system,@B@" attrs=authzTo by self auth by * none`,
		`to dn.exact="cn=nobody,ou=system,@B@" attrs=entry by dn.exact="cn=idp,ou=system,@B@" read by anonymous auth by * none`,
		`to dn.subtree="ou=system,@B@" by * none`,
		`to dn.subtree="ou=policies,@B@" by dn.exact="cn=idp,ou=system,@B@" read by * none`,
		`to dn.subtree="ou=keys,@B@" by dn.exact="cn=idp,ou=system,@B@" write by * none`,
		`to dn.subtree="ou=federation,@B@" by dn.exact="cn=idp,ou=system,@B@" write by * none`,
		`to dn.subtree="ou=retired,@B@" by dn.exact="cn=idp,ou=system,@B@" write by * none`,
		`to dn.base="@B@" by dn.exact="cn=idp,ou=system,@B@" read by users search by * none`,
		`to dn.subtree="@B@" attrs=clauPseudonymSeed,clauSealedSecret,clauSecretHash,clauPublicKey,clauRecoveryCode,clauCredentialId,clauSubject,pwdHistory,pwdFailureTime by dn.exact="cn=idp,ou=system,@B@" write by * none`,
		`to dn.regex="^(.+,)?ou=(people|collectives),@R@$" by dn.exact="cn=idp,ou=system,@B@" write by * break`,
	}
}

// personRules: everybody writes the own profile and stops the own consents; the
// managers of the primary collective and the readers see, and do not write. A
// consent is for nobody's eyes but the person's. It is stopped and not deleted:
// the identity that the service knows stays the person's.
func personRules() []string {
	return []string{
		`to dn.regex="^clauServiceId=[^,]+,(clauId=[^,]+,ou=people,@R@)$" attrs=clauState by dn.exact,expand="$1" write by * none`,
		`to dn.regex="^clauServiceId=[^,]+,(clauId=[^,]+,ou=people,@R@)$" by dn.exact,expand="$1" read by * none`,
		`to dn.regex="^clauId=[^,]+,(clauId=[^,]+,ou=people,@R@)$" by dn.exact,expand="$1" read by * none`,
		`to dn.regex="^clauId=[^,]+,ou=people,@R@$" attrs=cn,sn,givenName,displayName,preferredLanguage,jpegPhoto,labeledURI,telephoneNumber by self write by set="this/clauPrimaryCollective/clauManager & user" read by dn.children="cn=readers,ou=system,@B@" read by * none`,
		`to dn.regex="^clauId=[^,]+,ou=people,@R@$" filter="(clauState=active)" attrs=entry,entryDN,objectClass,uid,mail,clauId,clauState,entryUUID,clauMailVerified by self read by set="this/clauPrimaryCollective/clauManager & user" read by dn.children="cn=readers,ou=system,@B@" read by * none`,
		`to dn.regex="^clauId=[^,]+,ou=people,@R@$" by self read by set="this/clauPrimaryCollective/clauManager & user" read by * none`,
		`to dn.base="ou=people,@B@" by users search by * none`,
	}
}

// collectiveRules: managers write members and access groups of their own
// collective, decide on its registrations and requests, and present it. They
// neither add nor edit a registration: it could claim anybody's address to be
// verified, and services open accounts to whoever has the address.
func collectiveRules() []string {
	return []string{
		`to dn.regex="^clauId=[^,]+,ou=(registrations|requests),(ou=[^,]+,ou=collectives,@R@)$" attrs=clauState,description,clauValidatedBy,clauValidatedAt by group/clauCollectiveUnit/clauManager.expand="$2" write by * none`,
		`to dn.regex="^(clauId=[^,]+,)?ou=(registrations|requests),(ou=[^,]+,ou=collectives,@R@)$" attrs=entry,children by group/clauCollectiveUnit/clauManager.expand="$3" =zrscxd by * none`,
		`to dn.regex="^(clauId=[^,]+,)?ou=(registrations|requests),(ou=[^,]+,ou=collectives,@R@)$" by group/clauCollectiveUnit/clauManager.expand="$3" read by * none`,
		`to dn.regex="^cn=[^,]+,(ou=access,)?(ou=[^,]+,ou=collectives,@R@)$" attrs=member by group/clauCollectiveUnit/clauManager.expand="$2" write by dn.children="cn=readers,ou=system,@B@" read by * none`,
		`to dn.regex="^cn=[^,]+,ou=access,(ou=[^,]+,ou=collectives,@R@)$" by group/clauCollectiveUnit/clauManager.expand="$1" write by dn.children="cn=readers,ou=system,@B@" read by * none`,
		`to dn.regex="^ou=access,(ou=[^,]+,ou=collectives,@R@)$" attrs=children by group/clauCollectiveUnit/clauManager.expand="$1" write by * none`,
		`to dn.regex="^(ou=[^,]+,ou=collectives,@R@)$" attrs=displayName,description,mail,labeledURI,jpegPhoto,preferredLanguage,clauPolicy by group/clauCollectiveUnit/clauManager.expand="$1" write by users read by * none`,
		`to dn.regex="^cn=[^,]+,ou=services,(ou=[^,]+,ou=collectives,@R@)$" by group/clauCollectiveUnit/clauManager.expand="$1" read by users search by * none`,
		`to dn.subtree="ou=collectives,@B@" by users read by * none`,
	}
}

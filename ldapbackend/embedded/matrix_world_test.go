// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"cmp"
	"strings"
)

// The federation of the matrix: everybody who can want something of c, and one
// entry of each kind for them to want.
const (
	inC = ",ou=c,ou=collectives," + base
	inD = ",ou=d,ou=collectives," + base
)

// cast are the roles, by whom they are played. People act by the hand of Clau,
// as they do through its pages; nobody and the reader come by themselves.
var cast = []struct{ role, dn string }{
	{"nobody", ""},
	{"stranger", who("stranger")},
	{"member", who("member")},
	{"manager", who("manager")},
	{"foreign", who("foreign")},
	{"admin", who("admin")},
	{"self", who("self")},
	{"reader", reader},
}

func who(name string) string { return "clauId=" + name + "," + people }

// world is what the matrix is walked in, as LDIF.
func world() string {
	var b strings.Builder
	for name, primary := range map[string]string{
		"stranger": "", "member": "c", "manager": "c", "foreign": "d", "admin": "c", "self": "c", "elsewhere": "d",
		"suspended": "c", "leaver": "c",
	} {
		state := map[string]string{"suspended": "suspended", "leaver": "retired"}[name]
		b.WriteString("\n\ndn: " + who(name) + "\nobjectClass: inetOrgPerson\nobjectClass: clauAccount\nclauId: " + name +
			"\nuid: " + name + "\ncn: " + name + "\nsn: " + name + "\nclauState: " + cmp.Or(state, "active") + "\nclauTokenEpoch: 3\nclauSecretHash: code-" + name +
			"\nclauSubject: sub|x|" + name + "\nclauReserved: digest-" + name + "\nmail: " + name + "@example.org\nclauMailVerified: " + name + "@example.org")
		if primary != "" {
			b.WriteString("\nclauPrimaryCollective: ou=" + primary + ",ou=collectives," + base)
		}
	}
	for _, unit := range []string{"c", "d"} {
		b.WriteString(strings.NewReplacer("@unit@", unit, "@base@", base, "@people@", people, "@manager@",
			who(map[string]string{"c": "manager", "d": "foreign"}[unit])).Replace(aUnit))
	}
	b.WriteString(strings.NewReplacer("@c@", inC, "@people@", people, "@base@", base).Replace(whatThereIs))
	return b.String()
}

const aUnit = `

dn: ou=@unit@,ou=collectives,@base@
objectClass: organizationalUnit
objectClass: clauCollectiveUnit
ou: @unit@
clauId: unit-@unit@
clauState: active
displayName: @unit@
clauRegistrars: []
clauManager: @manager@

dn: ou=registrations,ou=@unit@,ou=collectives,@base@
objectClass: organizationalUnit
ou: registrations

dn: ou=requests,ou=@unit@,ou=collectives,@base@
objectClass: organizationalUnit
ou: requests

dn: ou=access,ou=@unit@,ou=collectives,@base@
objectClass: organizationalUnit
ou: access

dn: ou=services,ou=@unit@,ou=collectives,@base@
objectClass: organizationalUnit
ou: services

dn: cn=members,ou=@unit@,ou=collectives,@base@
objectClass: groupOfMembers
objectClass: clauGroup
cn: members
member: @manager@
member: clauId=member,@people@`

const whatThereIs = `

dn: clauId=newcomer,ou=registrations@c@
objectClass: inetOrgPerson
objectClass: clauAccount
objectClass: clauCase
clauId: newcomer
clauState: pendingApproval
clauKind: register
uid: newcomer
cn: newcomer
sn: newcomer
clauSecretHash: code-newcomer
clauMailVerified: newcomer@example.org

dn: cn=join.self,ou=requests@c@
objectClass: clauRequest
objectClass: clauCase
cn: join.self
clauId: wish
clauKind: join
clauPerson: clauId=self,@people@
clauCreated: 20261101090000Z
clauExpires: 20261201090000Z

dn: cn=suspend.self,ou=requests@c@
objectClass: clauRequest
objectClass: clauCase
cn: suspend.self
clauId: proposal
clauKind: suspend
clauPerson: clauId=self,@people@
clauOpenedBy: clauId=member,@people@
clauAgreedBy: clauId=member,@people@
clauCreated: 20261101090000Z

dn: cn=dismiss.manager,ou=requests@c@
objectClass: clauRequest
objectClass: clauCase
cn: dismiss.manager
clauId: dismissal
clauKind: dismiss
clauPerson: clauId=manager,@people@
clauOpenedBy: clauId=member,@people@
clauCreated: 20261101090000Z

dn: cn=settings.manager,ou=requests@c@
objectClass: clauRequest
objectClass: clauCase
cn: settings.manager
clauId: settings
clauKind: settings
clauPerson: clauId=manager,@people@
clauCreated: 20261101090000Z

dn: clauId=invitation,ou=requests@c@
objectClass: clauInvitation
clauId: invitation
clauSecretHash: digest
clauCounter: 3
clauOpenedBy: clauId=manager,@people@
clauCreated: 20261101090000Z
clauExpires: 20261201090000Z

dn: cn=wiki,ou=services@c@
objectClass: clauServiceEntry
objectClass: clauOIDCClient
cn: wiki
clauId: s1
clauState: active
clauAccessPolicy: group
clauClientId: wiki
clauSecretHash: 0:digest:
clauRedirectURI: https://wiki.example/code
clauMetadata: {}
clauManager: clauId=admin,@people@

dn: cn=saml,ou=services@c@
objectClass: clauServiceEntry
objectClass: clauSAMLProvider
cn: saml
clauId: s3
clauState: active
clauAccessPolicy: group
clauEntityId: https://saml.example
clauSAMLMetadata: <EntityDescriptor/>
clauMetadata: {}
clauManager: clauId=admin,@people@

dn: cn=forum,ou=services@c@
objectClass: clauServiceEntry
objectClass: clauDiscourseConnect
cn: forum
clauId: s4
clauState: active
clauAccessPolicy: group
clauRedirectURI: https://forum.example
clauSealedSecret: sealed
clauManager: clauId=admin,@people@

dn: cn=grafana,ou=services@c@
objectClass: clauServiceEntry
objectClass: clauForwardAuth
cn: grafana
clauId: s5
clauState: active
clauAccessPolicy: group
clauRedirectURI: https://grafana.example
clauSecretHash: 0:digest:
clauMetadata: {}
clauManager: clauId=admin,@people@

dn: cn=agora,ou=services@c@
objectClass: clauServiceEntry
cn: agora
clauId: s2
clauState: active
clauAccessPolicy: group

dn: cn=wiki,ou=access@c@
objectClass: groupOfMembers
objectClass: clauGroup
cn: wiki
clauService: cn=wiki,ou=services@c@
clauServiceId: s1
member: clauId=self,@people@

dn: cn=agora,ou=access@c@
objectClass: groupOfMembers
objectClass: clauGroup
cn: agora
clauService: cn=agora,ou=services@c@
clauServiceId: s2
member: clauId=self,@people@

dn: cn=false,ou=access@c@
objectClass: groupOfMembers
objectClass: clauGroup
cn: false
clauService: cn=wiki,ou=services@c@
clauServiceId: s2
member: clauId=self,@people@

dn: cn=wiki,ou=access,ou=d,ou=collectives,@base@
objectClass: groupOfMembers
objectClass: clauGroup
cn: wiki
clauService: cn=wiki,ou=services@c@
clauServiceId: s1
member: clauId=self,@people@

dn: clauServiceId=s1,clauId=self,@people@
objectClass: clauConsent
clauServiceId: s1
clauState: active
clauCreated: 20261101090000Z
clauRelease: mail

dn: clauId=key,ou=keys,@base@
objectClass: clauKey
clauId: key
clauAlgorithm: ES256
clauState: active
clauSealedSecret: sealed

dn: cn=2026,ou=retired,@base@
objectClass: clauReservations
cn: 2026
clauReserved: digest-of-somebody
`

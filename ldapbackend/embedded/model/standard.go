// SPDX-License-Identifier: AGPL-3.0-or-later

package model

import "strings"

// standardAttributes lists the types of RFC 4512, RFC 4519, RFC 4524, RFC 2798,
// RFC 4530 and the password policy draft that Clau's classes need, one a line:
// OID, names, kind, then "single" and "op" (operational) or "server"
// (operational and written by the server alone).
const standardAttributes = `
2.5.4.0 objectClass oid
2.5.4.41 name text
2.5.4.49 distinguishedName name
2.5.4.3 cn,commonName text
2.5.4.4 sn,surname text
2.5.4.5 serialNumber text
2.5.4.6 c,countryName text single
2.5.4.7 l,localityName text
2.5.4.8 st,stateOrProvinceName text
2.5.4.9 street,streetAddress text
2.5.4.10 o,organizationName text
2.5.4.11 ou,organizationalUnitName text
2.5.4.12 title text
2.5.4.13 description text
2.5.4.14 searchGuide opaque
2.5.4.15 businessCategory text
2.5.4.16 postalAddress text
2.5.4.17 postalCode text
2.5.4.18 postOfficeBox text
2.5.4.19 physicalDeliveryOfficeName text
2.5.4.20 telephoneNumber number
2.5.4.21 telexNumber opaque
2.5.4.22 teletexTerminalIdentifier opaque
2.5.4.23 facsimileTelephoneNumber,fax opaque
2.5.4.24 x121Address number
2.5.4.25 internationaliSDNNumber number
2.5.4.26 registeredAddress text
2.5.4.27 destinationIndicator text
2.5.4.28 preferredDeliveryMethod opaque single
2.5.4.31 member name
2.5.4.32 owner name
2.5.4.33 roleOccupant name
2.5.4.34 seeAlso name
2.5.4.35 userPassword octets
2.5.4.36 userCertificate octets
2.5.4.42 givenName,gn text
2.5.4.43 initials text
2.5.4.45 x500UniqueIdentifier octets
0.9.2342.19200300.100.1.1 uid,userid text
0.9.2342.19200300.100.1.3 mail,rfc822Mailbox ia5
0.9.2342.19200300.100.1.6 roomNumber text
0.9.2342.19200300.100.1.7 photo opaque
0.9.2342.19200300.100.1.10 manager name
0.9.2342.19200300.100.1.20 homePhone,homeTelephoneNumber number
0.9.2342.19200300.100.1.21 secretary name
0.9.2342.19200300.100.1.25 dc,domainComponent ia5 single
0.9.2342.19200300.100.1.39 homePostalAddress text
0.9.2342.19200300.100.1.41 mobile,mobileTelephoneNumber number
0.9.2342.19200300.100.1.42 pager,pagerTelephoneNumber number
0.9.2342.19200300.100.1.44 uniqueIdentifier text
0.9.2342.19200300.100.1.55 audio opaque
0.9.2342.19200300.100.1.60 jpegPhoto opaque
1.3.6.1.4.1.250.1.57 labeledURI textexact
2.16.840.1.113730.3.1.1 carLicense text
2.16.840.1.113730.3.1.2 departmentNumber text
2.16.840.1.113730.3.1.3 employeeNumber text single
2.16.840.1.113730.3.1.4 employeeType text
2.16.840.1.113730.3.1.13 mailLocalAddress ia5
2.16.840.1.113730.3.1.18 mailHost ia5 single
2.16.840.1.113730.3.1.39 preferredLanguage text single
2.16.840.1.113730.3.1.40 userSMIMECertificate opaque
2.16.840.1.113730.3.1.47 mailRoutingAddress ia5 single
2.16.840.1.113730.3.1.216 userPKCS12 opaque
2.16.840.1.113730.3.1.241 displayName text single
2.5.18.1 createTimestamp time single server
2.5.18.2 modifyTimestamp time single server
2.5.18.3 creatorsName name single server
2.5.18.4 modifiersName name single server
2.5.18.9 hasSubordinates boolean single server
2.5.18.10 subschemaSubentry name single server
2.5.21.9 structuralObjectClass oid single server
1.3.6.1.1.16.4 entryUUID uuid single server
1.3.6.1.1.20 entryDN name single server
1.3.6.1.4.1.4203.666.1.7 entryCSN octets single server
1.3.6.1.4.1.4203.666.1.25 contextCSN octets server
1.3.6.1.4.1.4203.666.1.8 authzTo octets op
1.3.6.1.4.1.42.2.27.8.1.1 pwdAttribute oid
1.3.6.1.4.1.42.2.27.8.1.2 pwdMinAge integer single
1.3.6.1.4.1.42.2.27.8.1.3 pwdMaxAge integer single
1.3.6.1.4.1.42.2.27.8.1.4 pwdInHistory integer single
1.3.6.1.4.1.42.2.27.8.1.5 pwdCheckQuality integer single
1.3.6.1.4.1.42.2.27.8.1.6 pwdMinLength integer single
1.3.6.1.4.1.42.2.27.8.1.7 pwdExpireWarning integer single
1.3.6.1.4.1.42.2.27.8.1.8 pwdGraceAuthnLimit integer single
1.3.6.1.4.1.42.2.27.8.1.9 pwdLockout boolean single
1.3.6.1.4.1.42.2.27.8.1.10 pwdLockoutDuration integer single
1.3.6.1.4.1.42.2.27.8.1.11 pwdMaxFailure integer single
1.3.6.1.4.1.42.2.27.8.1.12 pwdFailureCountInterval integer single
1.3.6.1.4.1.42.2.27.8.1.13 pwdMustChange boolean single
1.3.6.1.4.1.42.2.27.8.1.14 pwdAllowUserChange boolean single
1.3.6.1.4.1.42.2.27.8.1.15 pwdSafeModify boolean single
1.3.6.1.4.1.42.2.27.8.1.24 pwdMinDelay integer single
1.3.6.1.4.1.42.2.27.8.1.25 pwdMaxDelay integer single
1.3.6.1.4.1.42.2.27.8.1.26 pwdMaxIdle integer single
1.3.6.1.4.1.42.2.27.8.1.30 pwdGraceExpiry integer single
1.3.6.1.4.1.42.2.27.8.1.31 pwdMaxLength integer single
1.3.6.1.4.1.42.2.27.8.1.32 pwdMaxRecordedFailure integer single
1.3.6.1.4.1.42.2.27.8.1.16 pwdChangedTime time single server
1.3.6.1.4.1.42.2.27.8.1.17 pwdAccountLockedTime time single op
1.3.6.1.4.1.42.2.27.8.1.19 pwdFailureTime time server
1.3.6.1.4.1.42.2.27.8.1.20 pwdHistory octets server
1.3.6.1.4.1.42.2.27.8.1.21 pwdGraceUseTime time server
1.3.6.1.4.1.42.2.27.8.1.22 pwdReset boolean single op
1.3.6.1.4.1.42.2.27.8.1.23 pwdPolicySubentry name single op
1.3.6.1.4.1.42.2.27.8.1.27 pwdStartTime time single op
1.3.6.1.4.1.42.2.27.8.1.28 pwdEndTime time single op
1.3.6.1.4.1.42.2.27.8.1.33 pwdAccountTmpLockoutEnd time single server
1.3.6.1.4.1.453.16.2.188 authTimestamp time single server
1.3.6.1.4.1.4203.666.1.57 pwdLastSuccess time single server
`

// standardClasses lists classes, one a line: OID, name, kind ("s" structural,
// "a" auxiliary, "b" abstract), superclass, then required and allowed types.
// "@place" stands for the postal and telephone attributes that RFC 4519 gives
// to everything that has an office.
const standardClasses = `
2.5.6.0 top b - objectClass -
2.5.6.2 country s top c searchGuide,description
2.5.6.3 locality s top - street,seeAlso,searchGuide,st,l,description
2.5.6.4 organization s top o @place,userPassword,searchGuide,seeAlso,businessCategory,description
2.5.6.5 organizationalUnit s top ou @place,userPassword,searchGuide,seeAlso,businessCategory,description
2.5.6.6 person s top sn,cn userPassword,telephoneNumber,seeAlso,description
2.5.6.7 organizationalPerson s person - @place,title,ou
2.5.6.8 organizationalRole s top cn @place,seeAlso,roleOccupant,ou,description
2.5.6.9 groupOfNames s top member,cn businessCategory,seeAlso,owner,ou,o,description
2.16.840.1.113730.3.2.2 inetOrgPerson s organizationalPerson - audio,businessCategory,carLicense,departmentNumber,displayName,employeeNumber,employeeType,givenName,homePhone,homePostalAddress,initials,jpegPhoto,labeledURI,mail,manager,mobile,o,pager,photo,roomNumber,secretary,uid,userCertificate,x500UniqueIdentifier,preferredLanguage,userSMIMECertificate,userPKCS12
1.3.6.1.4.1.1466.344 dcObject a top dc -
1.3.6.1.1.3.1 uidObject a top uid -
0.9.2342.19200300.100.4.19 simpleSecurityObject a top userPassword -
2.16.840.1.113730.3.2.147 inetLocalMailRecipient a top - mailLocalAddress,mailHost,mailRoutingAddress
1.3.6.1.4.1.5427.1.389.6.20 namedObject s top - cn,uniqueIdentifier,description
1.3.6.1.4.1.5427.1.389.6.21 namedPolicy s namedObject - -
1.3.6.1.4.1.42.2.27.8.2.1 pwdPolicy a top pwdAttribute pwdMinAge,pwdMaxAge,pwdInHistory,pwdCheckQuality,pwdMinLength,pwdMaxLength,pwdExpireWarning,pwdGraceAuthnLimit,pwdGraceExpiry,pwdLockout,pwdLockoutDuration,pwdMaxFailure,pwdFailureCountInterval,pwdMustChange,pwdAllowUserChange,pwdSafeModify,pwdMinDelay,pwdMaxDelay,pwdMaxIdle,pwdMaxRecordedFailure
`

const place = "x121Address,registeredAddress,destinationIndicator,preferredDeliveryMethod,telexNumber," +
	"teletexTerminalIdentifier,telephoneNumber,internationaliSDNNumber,facsimileTelephoneNumber,street," +
	"postOfficeBox,postalCode,postalAddress,physicalDeliveryOfficeName,st,l"

func (s *Schema) addStandardAttributes() {
	kinds := map[string]Kind{
		"opaque": Opaque, "octets": Octets, "text": Text, "textexact": TextExact, "ia5": IA5, "number": Number,
		"name": Name, "integer": Integer, "time": Time, "boolean": Boolean, "oid": OID, "uuid": UUID,
	}
	for line := range strings.Lines(strings.TrimSpace(standardAttributes)) {
		f := strings.Fields(line)
		names := strings.Split(f[1], ",")
		a := Attribute{Name: names[0], Kind: kinds[f[2]]}
		for _, flag := range f[3:] {
			a.Single = a.Single || flag == "single"
			a.Operational = a.Operational || flag != "single"
			a.ReadOnly = a.ReadOnly || flag == "server"
		}
		s.addAttribute(a, append(names, f[0])...)
	}
}

func (s *Schema) addStandardClasses() {
	types := map[string]ClassType{"s": Structural, "a": Auxiliary, "b": Abstract}
	list := func(names string) []string {
		if names == "-" {
			return nil
		}
		return strings.Split(strings.Replace(names, "@place", place, 1), ",")
	}
	for line := range strings.Lines(strings.TrimSpace(standardClasses)) {
		f := strings.Fields(line)
		c := &Class{Name: f[1], Type: types[f[2]], Sup: s.Class(f[3])}
		if err := s.addClass(c, list(f[4]), list(f[5]), f[1], f[0]); err != nil {
			panic(err) // the tables above contradict each other
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"fmt"
	"io/fs"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/schema"
)

// loadSchema knows the standard classes and those of package schema.
func loadSchema() (*model.Schema, error) {
	var texts []string
	for _, name := range schema.Names() {
		text, err := fs.ReadFile(schema.Files(), name)
		if err != nil {
			return nil, fmt.Errorf("embedded: schema: %w", err)
		}
		texts = append(texts, string(text))
	}
	return model.NewSchema(texts...)
}

// types are the attribute types that the server itself has to do with.
type types struct {
	objectClass, structuralClass         *model.Attribute
	entryUUID, entryCSN, entryDN         *model.Attribute
	created, creator, modified, modifier *model.Attribute
	hasSubordinates, contextCSN          *model.Attribute
	password, uid, member                *model.Attribute
	state, manager, primary              *model.Attribute
	id, cn, person, kind                 *model.Attribute
	service, serviceID, reserved         *model.Attribute
	changed, locked, failures, graceUses *model.Attribute
	reset, policy                        *model.Attribute
}

func newTypes(s *model.Schema) types {
	a := s.Attribute
	return types{
		objectClass: a("objectClass"), structuralClass: a("structuralObjectClass"),
		entryUUID: a("entryUUID"), entryCSN: a("entryCSN"), entryDN: a("entryDN"),
		created: a("createTimestamp"), creator: a("creatorsName"),
		modified: a("modifyTimestamp"), modifier: a("modifiersName"),
		hasSubordinates: a("hasSubordinates"), contextCSN: a("contextCSN"),
		password: a("userPassword"), uid: a("uid"), member: a("member"),
		state: a("clauState"), manager: a("clauManager"), primary: a("clauPrimaryCollective"),
		id: a("clauId"), cn: a("cn"), person: a("clauPerson"), kind: a("clauKind"),
		service: a("clauService"), serviceID: a("clauServiceId"), reserved: a("clauReserved"),
		changed: a("pwdChangedTime"), locked: a("pwdAccountLockedTime"),
		failures: a("pwdFailureTime"), graceUses: a("pwdGraceUseTime"),
		reset: a("pwdReset"), policy: a("pwdPolicySubentry"),
	}
}

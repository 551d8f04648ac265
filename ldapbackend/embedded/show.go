// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"strings"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// show makes an entry ready for the wire: the attributes that were asked for
// and may be read (RFC 4511 section 4.5.1.8, RFC 3673).
func (ea *entryAccess) show(names []string, typesOnly bool) wire.Entry {
	out := wire.Entry{DN: ea.entry.DN}
	for _, a := range ea.selected(names) {
		if !ea.may(a.Name, mayRead) {
			continue
		}
		values := ea.values(a)
		if len(values) == 0 {
			continue
		}
		if typesOnly {
			values = nil
		}
		out.Attributes = append(out.Attributes, wire.Attribute{Name: a.Name, Values: values})
	}
	return out
}

func (ea *entryAccess) selected(names []string) []*model.Attribute {
	all, operational := len(names) == 0, false
	named := map[*model.Attribute]bool{}
	for _, name := range names {
		switch name {
		case "*":
			all = true
		case "+":
			operational = true
		default:
			if a := ea.schema.Attribute(name); a != nil {
				named[a] = true
			}
		}
	}
	var list []*model.Attribute
	for _, a := range ea.available() {
		if named[a] || all && !a.Operational || operational && a.Operational {
			list = append(list, a)
		}
	}
	return list
}

// available lists the types of which the entry may have values.
func (ea *entryAccess) available() []*model.Attribute {
	list := make([]*model.Attribute, 0, len(ea.entry.Values)+3)
	for _, v := range ea.entry.Values {
		list = append(list, v.Attribute)
	}
	return append(list, ea.types.member, ea.types.entryDN, ea.types.hasSubordinates, ea.types.contextCSN)
}

// rootDSE describes the server (RFC 4512 section 5.1). Anybody may read it.
func (q *request) rootDSE(op wire.Search) error {
	facts := []wire.Attribute{
		{Name: "objectClass", Values: []string{"top"}},
		{Name: "namingContexts", Values: []string{q.Base}},
		{Name: "supportedLDAPVersion", Values: []string{"3"}},
		{Name: "supportedSASLMechanisms", Values: []string{"EXTERNAL"}},
		{Name: "supportedExtension", Values: []string{wire.OIDPasswordModify, wire.OIDWhoAmI}},
		{Name: "supportedControl", Values: []string{
			wire.OIDManageDsaIT, wire.OIDProxied, wire.OIDAssertion, wire.OIDPreRead, wire.OIDPostRead,
			wire.OIDPaged, wire.OIDPasswordPolicy, wire.OIDSync,
		}},
	}
	if f := op.Filter; f.Kind != wire.Present || !strings.EqualFold(f.Name, "objectClass") {
		return nil
	}
	out := wire.Entry{}
	for i, fact := range facts {
		if wantsFact(op.Attributes, fact.Name, i == 0) {
			if op.TypesOnly {
				fact.Values = nil
			}
			out.Attributes = append(out.Attributes, fact)
		}
	}
	q.conn.send(q.id, out)
	return nil
}

func wantsFact(names []string, fact string, user bool) bool {
	if len(names) == 0 {
		return user
	}
	for _, name := range names {
		if name == "*" && user || name == "+" && !user || strings.EqualFold(name, fact) {
			return true
		}
	}
	return false
}

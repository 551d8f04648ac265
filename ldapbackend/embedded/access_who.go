// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"slices"
	"strings"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
)

// isWho reports whether the asker is whom a rule means.
func (ea *entryAccess) isWho(w who) bool {
	switch w {
	case anyone:
		return true
	case anonymous:
		return ea.who.anonymous()
	case users:
		return !ea.who.anonymous()
	case self:
		return ea.who.is(ea.path...)
	case owner:
		return len(ea.path) > 1 && ea.who.is(ea.path[:2]...)
	case named:
		return ea.isNamed()
	case inPlace:
		return ea.isNamed() && ea.inPlace()
	case managers:
		return ea.managesHere()
	case namedManagers:
		return ea.isNamed() && ea.managesHere()
	case vouchers:
		return isPerson(ea.who.path) && ea.managesPrimary()
	case itsManagers:
		return isPerson(ea.who.path) && ea.managesService()
	}
	return ea.isProgram(w)
}

// isProgram: those that are no people, or act for them.
func (ea *entryAccess) isProgram(w who) bool {
	switch w {
	case byClau:
		return isPerson(ea.who.path) && ea.real.isIDP()
	case readers:
		return ea.who.isReader()
	case idpAccount:
		return ea.who.isIDP()
	case replica:
		return ea.who.isReplica()
	}
	return false
}

// isNamed reports whether the case is about the asker.
func (ea *entryAccess) isNamed() bool {
	return !ea.who.anonymous() && ea.isOwn(ea.entry.First(ea.types.person))
}

// isOwn reports whether a value is the DN of the asker.
func (a *access) isOwn(value string) bool {
	dn, err := a.schema.ParseDN(value)
	return err == nil && value != "" && dn.Norm() == a.who.norm
}

// inPlace reports whether a case is named by its kind and the asker, so that
// it takes nobody else's place.
func (ea *entryAccess) inPlace() bool {
	if !isPerson(ea.who.path) {
		return false
	}
	id := strings.TrimPrefix(ea.who.path[1], "clauid=")
	want, err := ea.schema.Normalize(ea.types.cn, ea.entry.First(ea.types.kind)+"."+id)
	return err == nil && ea.schema.Index(ea.types.cn, ea.entry.Get(ea.types.cn), want) >= 0
}

// managesHere: of the collective in which the entry stands.
func (ea *entryAccess) managesHere() bool {
	return len(ea.path) > 1 && isPerson(ea.who.path) && ea.managesAt(ea.entry.Path[:ea.below+2])
}

// managesService reports whether the asker manages the service that a group
// opens. Both names of the service must agree, and it must be run by the
// collective of the group: the two stand equally deep below it.
func (ea *entryAccess) managesService() bool {
	dn, err := ea.schema.ParseDN(ea.entry.First(ea.types.service))
	if err != nil || len(dn) != len(ea.entry.Path) || len(dn) < 2 {
		return false
	}
	path := dn.Path()
	if !slices.Equal(path[:len(path)-2], ea.entry.Path[:len(path)-2]) {
		return false
	}
	e, err := ea.read.At(path)
	return err == nil && e != nil && ea.lists(e, ea.types.manager, ea.who.norm) && ea.sameService(e)
}

func (ea *entryAccess) sameService(service *model.Entry) bool {
	id, err := ea.schema.Normalize(ea.types.serviceID, ea.entry.First(ea.types.serviceID))
	return err == nil && id != "" && ea.lists(service, ea.types.id, id)
}

// lists reports whether an attribute of an entry has a normalized value.
func (a *access) lists(e *model.Entry, name *model.Attribute, norm string) bool {
	return a.schema.Index(name, e.Get(name), norm) >= 0
}

func (ea *entryAccess) managesPrimary() bool {
	value := ea.entry.First(ea.types.primary)
	if value == "" {
		return false
	}
	dn, err := ea.schema.ParseDN(value)
	return err == nil && ea.managesAt(dn.Path())
}

// managesAt reports whether the identity is a clauManager of the collective at
// a path from the root.
func (a *access) managesAt(path []string) bool {
	key := strings.Join(path, "\x00")
	if known, ok := a.manages[key]; ok {
		return known
	}
	e, err := a.read.At(path)
	found := err == nil && e != nil && a.hasClass(e, "clauCollectiveUnit") &&
		a.lists(e, a.types.manager, a.who.norm)
	a.manages[key] = found
	return found
}

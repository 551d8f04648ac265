// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// AddService adds a service below its collective. Its name, id, client id and
// entity id must be new in the whole federation: Clau looks before, and the server's
// uniqueness rules settle the case of two who look at the same moment.
func (b *Backend) AddService(ctx context.Context, by directory.Actor, s directory.Service) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	if err := checkService(s); err != nil {
		return err
	}
	if _, err := b.Collective(ctx, s.Collective); err != nil {
		return err
	}
	claims := serviceClaims(s)
	others, err := b.below(ctx, b.tree.collectives(), or(claims...), "1.1")
	if err != nil {
		return err
	}
	if len(others) > 0 {
		return refuse(directory.ErrExists, "name, id, client id or entity id of %s", others[0].DN)
	}
	entry, err := b.tree.serviceEntry(s)
	if err != nil {
		return err
	}
	err = b.add(ctx, by, b.tree.service(s.Collective, s.Name), newService(s, entry))
	return b.taken(ctx, err, "", claims...)
}

func newService(s directory.Service, entry attributes) attributes {
	var a attributes
	a.set("objectClass", "clauServiceEntry", protocolClass(s))
	a.set("cn", string(s.Name))
	for _, each := range entry {
		a.set(each.name, each.values...)
	}
	return a
}

func serviceClaims(s directory.Service) []string {
	return append(protocolClaims(s),
		and(serviceClass, filter("cn", string(s.Name))),
		and(serviceClass, filter("clauId", string(s.ID))))
}

// protocolClaims are for what its protocol gives to one service only.
func protocolClaims(s directory.Service) []string {
	switch {
	case s.OIDC != nil:
		return []string{filter("clauClientId", string(s.OIDC.ID))}
	case s.SAML != nil:
		return []string{filter("clauEntityId", s.SAML.EntityID)}
	}
	return nil
}

// ReplaceService writes all of s in one modification, with the version as its
// condition (RFC 4528). What the protocol that it spoke before kept on the entry
// goes. Name and collective are where a service is; they cannot be replaced.
func (b *Backend) ReplaceService(ctx context.Context, by directory.Actor, s directory.Service) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	if err := checkService(s); err != nil {
		return err
	}
	dn := b.tree.service(s.Collective, s.Name)
	now, err := b.Service(ctx, s.ID)
	if err != nil {
		return err
	}
	if now.Name != s.Name || now.Collective != s.Collective {
		return refuse(directory.ErrInvalid, "a service keeps its name and collective")
	}
	request, err := b.serviceModify(dn, now, s)
	if err != nil {
		return err
	}
	err = b.modify(ctx, by, request)
	if claims := protocolClaims(s); !slices.Equal(claims, protocolClaims(now)) {
		return b.taken(ctx, err, "", claims...)
	}
	return err
}

// serviceModify asserts the version. OpenLDAP's uniqueness overlay, while it
// looks for others, holds the assertion against the base entry by mistake;
// hence the base entry, which is no service, satisfies it as well.
func (b *Backend) serviceModify(dn string, now, s directory.Service) (*ldap.ModifyRequest, error) {
	m := ldap.NewModifyRequest(dn, nil)
	if s.Version != "" {
		same, err := provided(or(filter("entryCSN", s.Version), filter("entryDN", b.tree.base)))
		if err != nil {
			return nil, err
		}
		m.Controls = append(m.Controls, same)
	}
	entry, err := b.tree.serviceEntry(s)
	if err != nil {
		return nil, err
	}
	switchProtocol(m, protocolClass(now), protocolClass(s))
	for _, a := range entry {
		replace(m, a.name, a.values...)
	}
	return m, nil
}

// switchProtocol: the attributes of the old class go with it, since all are
// replaced.
func switchProtocol(m *ldap.ModifyRequest, old, class string) {
	if old == class {
		return
	}
	if old != "" {
		m.Delete("objectClass", []string{old})
	}
	if class != "" {
		m.Add("objectClass", []string{class})
	}
}

// RemoveService removes the service, then the groups that opened it. Those
// left over by a cut mean nothing: nothing has their service's id any more.
func (b *Backend) RemoveService(ctx context.Context, by directory.Actor, id directory.ServiceID) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	s, err := b.Service(ctx, id)
	if err != nil {
		return err
	}
	dn := b.tree.service(s.Collective, s.Name)
	if err := b.delete(ctx, by, dn); err != nil {
		return err
	}
	groups, err := b.below(ctx, b.tree.collectives(), and("(objectClass=clauGroup)", filter("clauService", dn)), "1.1")
	if err != nil {
		return err
	}
	for _, e := range slices.Backward(groups) {
		if err := b.delete(ctx, directory.System(), e.DN); err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
	}
	return nil
}

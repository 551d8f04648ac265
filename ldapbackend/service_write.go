// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// AddService adds a service below its collective. Its name, id and client id
// must be new in the whole federation: Clau looks before, and the server's
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
		return refuse(directory.ErrExists, "name, id or client id of %s", others[0].DN)
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
	a.set("objectClass", "clauServiceEntry")
	if s.OIDC != nil {
		a[0].values = append(a[0].values, "clauOIDCClient")
	}
	a.set("cn", string(s.Name))
	for _, each := range entry {
		a.set(each.name, each.values...)
	}
	return a
}

func checkService(s directory.Service) error {
	switch {
	case s.ID == "" || s.Title == "" || s.State == "" || !s.Name.Valid():
		return refuse(directory.ErrInvalid, "a service without id, title or state, or with a bad name")
	case s.OIDC != nil && (s.OIDC.ID == "" || strings.TrimSpace(string(s.OIDC.ID)) != string(s.OIDC.ID)):
		return refuse(directory.ErrInvalid, "a client without id")
	}
	return nil
}

func serviceClaims(s directory.Service) []string {
	claims := []string{
		and(serviceClass, filter("cn", string(s.Name))),
		and(serviceClass, filter("clauId", string(s.ID))),
	}
	if s.OIDC != nil {
		claims = append(claims, filter("clauClientId", string(s.OIDC.ID)))
	}
	return claims
}

// ReplaceService writes all of s in one modification, with the version as its
// condition (RFC 4528). What other protocols keep on the entry stays. Name and
// collective are where a service is; they cannot be replaced.
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
	if s.OIDC == nil || now.OIDC != nil && now.OIDC.ID == s.OIDC.ID {
		return err
	}
	return b.taken(ctx, err, "", filter("clauClientId", string(s.OIDC.ID)))
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
	switch {
	case now.OIDC == nil && s.OIDC != nil:
		m.Add("objectClass", []string{"clauOIDCClient"})
	case now.OIDC != nil && s.OIDC == nil:
		m.Delete("objectClass", []string{"clauOIDCClient"})
		for _, name := range clientAttributes() {
			replace(m, name)
		}
	}
	for _, a := range entry {
		replace(m, a.name, a.values...)
	}
	return m, nil
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

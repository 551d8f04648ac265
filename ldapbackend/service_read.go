// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"iter"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

const serviceClass = "(objectClass=clauServiceEntry)"

// Service reads a service by its id.
func (b *Backend) Service(ctx context.Context, id directory.ServiceID) (directory.Service, error) {
	return b.findService(ctx, string(id), filter("clauId", string(id)), func(s directory.Service) bool { return s.ID == id })
}

// ServiceByName reads a service by its short name.
func (b *Backend) ServiceByName(ctx context.Context, name directory.ServiceName) (directory.Service, error) {
	named := and(serviceClass, filter("cn", string(name)))
	return b.findService(ctx, string(name), named, func(s directory.Service) bool { return s.Name == name })
}

// ServiceByClientID reads the service of an OAuth client.
func (b *Backend) ServiceByClientID(ctx context.Context, id directory.ClientID) (directory.Service, error) {
	return b.findService(ctx, string(id), filter("clauClientId", string(id)), func(s directory.Service) bool {
		return s.OIDC != nil && s.OIDC.ID == id
	})
}

// ServiceByEntityID reads the service of a SAML service provider.
func (b *Backend) ServiceByEntityID(ctx context.Context, id string) (directory.Service, error) {
	if len(id) > directory.EntityIDMax { // strangers ask for what they like
		return directory.Service{}, refuse(directory.ErrNotFound, "an entity id of %d bytes", len(id))
	}
	return b.findService(ctx, id, filter("clauEntityId", id), func(s directory.Service) bool {
		return s.SAML != nil && s.SAML.EntityID == id
	})
}

// findService compares the answer again, octet by octet: the matching rules of
// LDAP ignore more than an identifier may, such as letter case and space.
func (b *Backend) findService(ctx context.Context, value, filter string, exact func(directory.Service) bool) (directory.Service, error) {
	if value == "" {
		return directory.Service{}, refuse(directory.ErrNotFound, "no service named")
	}
	entries, err := b.below(ctx, b.tree.collectives(), filter, wholeService()...)
	if err != nil {
		return directory.Service{}, err
	}
	for _, e := range entries {
		if b.tree.place(e.DN).kind != service {
			continue
		}
		s, err := b.tree.serviceOf(e)
		if err != nil {
			return directory.Service{}, err
		}
		if exact(s) {
			return s, nil
		}
	}
	return directory.Service{}, refuse(directory.ErrNotFound, "no such service")
}

// ListServices yields the services that match, by pages, without their logos,
// which are large. One that cannot be read is logged and left out, so that it does not
// take the others with it.
func (b *Backend) ListServices(ctx context.Context, f directory.ServiceFilter) iter.Seq2[directory.Service, error] {
	base := b.tree.collectives()
	if f.Collective != "" {
		base = "ou=services," + b.tree.collective(f.Collective)
	}
	r := request(base, ldap.ScopeWholeSubtree, serviceClass, serviceAttributes())
	return func(yield func(directory.Service, error) bool) {
		for e, err := range b.pages(ctx, r) {
			if err != nil {
				yield(directory.Service{}, err)
				return
			}
			s, err := b.tree.serviceOf(e)
			if err != nil {
				b.config.Logger.ErrorContext(ctx, "service entry cannot be read", "dn", e.DN, "error", err)
				continue
			}
			s.Listed = true
			if !yield(s, nil) {
				return
			}
		}
	}
}

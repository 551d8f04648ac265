// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

func invitationAttributes() []string {
	return []string{
		"clauId", "clauOpenedBy", "clauMailPending", "clauSecretHash", "clauWords", "clauCounter", "clauCreated", "clauExpires",
	}
}

func (t tree) invitationOf(entry *ldap.Entry) directory.Invitation {
	f := fields{entry}
	return directory.Invitation{
		ID:         f.text("clauId"),
		Collective: t.place(entry.DN).collective,
		By:         t.place(f.text("clauOpenedBy")).person,
		Mail:       f.text("clauMailPending"),
		Digest:     f.text("clauSecretHash"),
		Words:      f.text("clauWords"),
		Uses:       int(f.number("clauCounter")),
		Created:    f.time("clauCreated"),
		Expires:    f.time("clauExpires"),
	}
}

// Invitation reads one, by one search. If two collectives have one of the same
// id it is neither: the managers of one could pass theirs off as the other's.
func (b *Backend) Invitation(ctx context.Context, id string) (directory.Invitation, error) {
	if id == "" {
		return directory.Invitation{}, refuse(directory.ErrNotFound, "no invitation named")
	}
	named := and("(objectClass=clauInvitation)", filter("clauId", id))
	entries, err := b.below(ctx, b.tree.collectives(), named, invitationAttributes()...)
	if err != nil {
		return directory.Invitation{}, err
	}
	if len(entries) != 1 || (fields{entries[0]}).text("clauId") != id {
		return directory.Invitation{}, refuse(directory.ErrNotFound, "%d invitations of that id", len(entries))
	}
	return b.tree.invitationOf(entries[0]), nil
}

// ListInvitations yields those that match, the oldest first within a
// collective, all of them read before the first is yielded.
func (b *Backend) ListInvitations(ctx context.Context, f directory.InvitationFilter) iter.Seq2[directory.Invitation, error] {
	return func(yield func(directory.Invitation, error) bool) {
		list, err := b.invitations(ctx, f)
		if err != nil {
			yield(directory.Invitation{}, err)
			return
		}
		for _, i := range list {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func (b *Backend) invitations(ctx context.Context, f directory.InvitationFilter) ([]directory.Invitation, error) {
	base, wanted := b.tree.collectives(), "(objectClass=clauInvitation)"
	if f.Collective != "" {
		base = b.tree.requests(f.Collective)
	}
	if !f.Due.IsZero() {
		wanted = and(wanted, until("clauExpires", f.Due))
	}
	var list []directory.Invitation
	r := request(base, ldap.ScopeWholeSubtree, wanted, invitationAttributes())
	for i, err := range mapped(b.pages(ctx, r), b.tree.invitationOf) {
		if err != nil {
			return nil, err
		}
		list = append(list, i)
	}
	slices.SortFunc(list, func(x, y directory.Invitation) int {
		return inOrder(string(x.Collective), x.Created, x.ID, string(y.Collective), y.Created, y.ID)
	})
	return list, nil
}

// AddInvitation adds one below the requests of its collective.
func (b *Backend) AddInvitation(ctx context.Context, by directory.Actor, i directory.Invitation) error {
	switch {
	case !idForm.MatchString(i.ID):
		return refuse(directory.ErrInvalid, "no identifier of an invitation")
	case i.Collective == "" || i.By == "" || i.Digest == "" || i.Uses < 1:
		return refuse(directory.ErrInvalid, "an invitation without collective, manager, secret or uses")
	case i.Created.IsZero() || i.Expires.IsZero():
		return refuse(directory.ErrInvalid, "an invitation without beginning or end")
	}
	var a attributes
	a.set("objectClass", "clauInvitation")
	a.set("clauId", i.ID)
	a.set("clauOpenedBy", b.tree.person(i.By))
	a.set("clauMailPending", i.Mail)
	a.set("clauSecretHash", i.Digest)
	a.set("clauWords", i.Words)
	a.set("clauCounter", strconv.Itoa(i.Uses))
	a.set("clauCreated", formatTime(i.Created))
	a.set("clauExpires", formatTime(i.Expires))
	return b.add(ctx, by, b.tree.invitation(i.Collective, i.ID), a)
}

// UseInvitation counts down by one (RFC 4525) provided that something is left
// (RFC 4528): the server does both in one step, so nobody loses and repeats.
func (b *Backend) UseInvitation(ctx context.Context, id string) error {
	i, err := b.Invitation(ctx, id)
	if err != nil {
		return err
	}
	left, err := provided("(clauCounter>=1)")
	if err != nil {
		return err
	}
	m := ldap.NewModifyRequest(b.tree.invitation(i.Collective, id), []ldap.Control{left})
	m.Increment("clauCounter", "-1")
	err = b.modify(ctx, directory.System(), m)
	if code(err, ldap.LDAPResultAssertionFailed) {
		return sentinel(directory.ErrNotFound, err)
	}
	return err
}

// RemoveInvitation removes one.
func (b *Backend) RemoveInvitation(ctx context.Context, by directory.Actor, name directory.CollectiveName, id string) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	if name == "" || id == "" {
		return nil
	}
	err := b.delete(ctx, by, b.tree.invitation(name, id))
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	return err
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// Approve takes somebody in, by three writes. The member list is first: whether
// the manager may decide is for the access rules of the server to say, before
// anything else happens. The state is last: until then nobody enters.
func (b *Backend) Approve(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID, at time.Time) error {
	if _, err := b.as(by); err != nil {
		return err
	}
	now, err := b.applicant(ctx, id)
	if err != nil {
		return err
	}
	if !b.tree.waits(now, name) {
		return b.approvedBy(by, name, now)
	}
	if err := b.addValue(ctx, by, b.tree.members(name), "member", b.tree.person(id)); err != nil {
		return err
	}
	if now, err = b.moveIn(ctx, by, name, id, now); err != nil {
		return err
	}
	err = b.modify(ctx, directory.System(), b.activation(by, name, at, now))
	if !errors.Is(err, directory.ErrConflict) {
		return err
	}
	if now, err = b.applicant(ctx, id); err != nil { // somebody was faster
		return err
	}
	return b.approvedBy(by, name, now)
}

func (b *Backend) applicant(ctx context.Context, id directory.PersonID) (fields, error) {
	entry, err := b.findPerson(ctx, id, "clauState", "clauPrimaryCollective", "clauValidatedBy")
	return fields{entry}, err
}

func (t tree) waits(now fields, name directory.CollectiveName) bool {
	return name != "" && t.waitsFor(now) == name && now.text("clauState") == string(directory.PendingApproval)
}

// approvedBy is no error when the same manager has done it before: the answer
// may have been lost.
func (b *Backend) approvedBy(by directory.Actor, name directory.CollectiveName, now fields) error {
	active := now.text("clauState") == string(directory.Active)
	id, _ := by.Person()
	if active && b.tree.waitsFor(now) == name && b.tree.place(now.text("clauValidatedBy")).person == id {
		return nil
	}
	return refuse(directory.ErrConflict, "nobody who waits for this collective's approval")
}

// moveIn moves a registration to the people. Where it is gone, the member that
// was added is taken out again: another manager may have refused it, or passed
// it on, at the same moment.
func (b *Backend) moveIn(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID, now fields) (fields, error) {
	if b.tree.place(now.DN).collective == "" {
		return now, nil // an attempt before came that far
	}
	moved := b.move(ctx, now.DN, personRDN(id), b.tree.people())
	if errors.Is(moved, directory.ErrUnavailable) {
		return now, moved // nobody knows; the next attempt will see
	}
	settled, err := b.applicant(ctx, id)
	switch {
	case err == nil && b.tree.place(settled.DN).collective == "":
		return settled, nil // by this attempt or by another
	case err == nil:
		err = cmp.Or(moved, refuse(directory.ErrConflict, "waits for somebody else by now"))
	case !errors.Is(err, directory.ErrNotFound):
		return now, err
	}
	undo := b.deleteValue(ctx, by, b.tree.members(name), "member", b.tree.person(id))
	return now, cmp.Or(undo, err)
}

// activation ends the case and opens the account, provided that it still waits.
func (b *Backend) activation(by directory.Actor, name directory.CollectiveName, at time.Time, now fields) *ldap.ModifyRequest {
	m := ldap.NewModifyRequest(now.DN, nil)
	swap(m, "clauState", string(directory.PendingApproval), string(directory.Active))
	conclude(m, now)
	replace(m, "clauExpires")
	replace(m, "clauPrimaryCollective", b.tree.collective(name))
	replace(m, "clauValidatedAt", formatTime(at))
	if id, ok := by.Person(); ok {
		replace(m, "clauValidatedBy", b.tree.person(id))
	}
	return m
}

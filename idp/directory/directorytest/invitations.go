// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
)

func (w *world) anInvitation(unit directory.CollectiveName, by directory.PersonID, uses int) directory.Invitation {
	return directory.Invitation{
		ID: uuid.NewString(), Collective: unit, By: by, Mail: "nova." + w.mark + "@example.org",
		Digest: "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", Words: "Benvinguda!\n(*)", Uses: uses,
		Created: asked, Expires: asked.AddDate(0, 0, 14),
	}
}

func invitationLife(w *world) {
	unit, other := w.collective("ateneu"), w.collective("forn")
	manager := w.manager("marta", unit.Name)
	i := w.anInvitation(unit.Name, manager.ID, 2)
	w.ok(w.AddInvitation(w.ctx, directory.System(), i))
	w.is(w.AddInvitation(w.ctx, directory.System(), i), directory.ErrExists)
	got, err := w.Invitation(w.ctx, i.ID)
	w.ok(err)
	same(w, got, i)
	later := w.anInvitation(unit.Name, manager.ID, 1)
	later.Created, later.Expires, later.Mail, later.Words = asked.Add(time.Hour), asked.AddDate(0, 1, 0), "", ""
	w.ok(w.AddInvitation(w.ctx, directory.System(), later))
	list := func(f directory.InvitationFilter) []directory.Invitation {
		return collect(w, w.ListInvitations(w.ctx, f))
	}
	same(w, list(directory.InvitationFilter{Collective: unit.Name}), []directory.Invitation{i, later})
	same(w, list(directory.InvitationFilter{Collective: unit.Name, Due: i.Expires}), []directory.Invitation{i})
	same(w, len(list(directory.InvitationFilter{Collective: unit.Name, Due: i.Expires.Add(-time.Second)})), 0)
	same(w, len(list(directory.InvitationFilter{Collective: other.Name})), 0)
	same(w, len(list(directory.InvitationFilter{Collective: "no-such-unit"})), 0)

	w.ok(w.UseInvitation(w.ctx, i.ID))
	w.ok(w.UseInvitation(w.ctx, i.ID))
	w.is(w.UseInvitation(w.ctx, i.ID), directory.ErrNotFound)
	i.Uses = 0
	got, err = w.Invitation(w.ctx, i.ID)
	w.ok(err)
	same(w, got, i)
	w.ok(w.RemoveInvitation(w.ctx, directory.System(), other.Name, i.ID)) // of another: nothing happens
	_, err = w.Invitation(w.ctx, i.ID)
	w.ok(err)
	w.ok(w.RemoveInvitation(w.ctx, directory.System(), unit.Name, i.ID))
	w.ok(w.RemoveInvitation(w.ctx, directory.System(), unit.Name, i.ID))
	for _, id := range []string{i.ID, "", "*", "x)(objectClass=*"} {
		_, err = w.Invitation(w.ctx, id)
		w.is(err, directory.ErrNotFound)
		w.is(w.UseInvitation(w.ctx, id), directory.ErrNotFound)
	}
}

func invitationInvalid(w *world) {
	unit := w.collective("ateneu")
	for name, spoil := range map[string]func(*directory.Invitation){
		"no id":              func(i *directory.Invitation) { i.ID = "" },
		"an id that is none": func(i *directory.Invitation) { i.ID = "a,ou=system" },
		"by nobody":          func(i *directory.Invitation) { i.By = "" },
		"no secret":          func(i *directory.Invitation) { i.Digest = "" },
		"no uses":            func(i *directory.Invitation) { i.Uses = 0 },
		"no end":             func(i *directory.Invitation) { i.Expires = time.Time{} },
		"no beginning":       func(i *directory.Invitation) { i.Created = time.Time{} },
		"no collective":      func(i *directory.Invitation) { i.Collective = "" },
	} {
		i := w.anInvitation(unit.Name, "marta", 1)
		spoil(&i)
		w.Log(name)
		w.is(w.AddInvitation(w.ctx, directory.System(), i), directory.ErrInvalid)
	}
	w.is(w.AddInvitation(w.ctx, directory.System(), w.anInvitation("no-such-unit", "marta", 1)), directory.ErrNotFound)
	w.is(w.AddInvitation(w.ctx, directory.Actor{}, w.anInvitation(unit.Name, "marta", 1)), directory.ErrRefused)
}

// invitationRaces: fifty people follow an invitation for seven.
func invitationRaces(w *world) {
	unit := w.collective("ateneu")
	i := w.anInvitation(unit.Name, "marta", 7)
	w.ok(w.AddInvitation(w.ctx, directory.System(), i))
	var calls []func() error
	for range 50 {
		calls = append(calls, func() error { return w.UseInvitation(w.ctx, i.ID) })
	}
	used := 0
	for _, err := range allAtOnce(calls...) {
		if err == nil {
			used++
		} else if !errors.Is(err, directory.ErrNotFound) {
			w.Error(err)
		}
	}
	same(w, used, 7)
}

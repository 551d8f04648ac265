// SPDX-License-Identifier: AGPL-3.0-or-later

package membership_test

import (
	"context"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/membership"
)

func TestLeavingTakesAwayWhatTheCollectiveGave(t *testing.T) {
	f := newFederation(t)
	members := f.service("fons", ateneu)
	members.Access = directory.AccessCollective
	f.must(f.dir.ReplaceService(t.Context(), directory.System(), members))
	public := f.service("placa", horta)
	public.Access = directory.AccessPublic
	f.must(f.dir.ReplaceService(t.Context(), directory.System(), public))
	pau := f.somebody("pau", ateneu, horta)
	inside, outside := f.signedOn(pau, members.ID), f.signedOn(pau, public.ID)

	f.must(f.room.Leave(t.Context(), pau, ateneu))
	if s := f.standing(pau); s.MemberOf(ateneu) || !s.MemberOf(horta) {
		t.Errorf("%+v", s)
	}
	if !f.grantOver(inside) || f.grantOver(outside) || f.services.count() != 1 {
		t.Error("what is open to members of it only ends, and nothing else")
	}
	if e := f.events(audit.MemberLeft, pau); len(e) != 1 || e[0].Collective != ateneu {
		t.Errorf("%+v", e)
	}
	f.is(f.room.Leave(t.Context(), pau, ateneu), membership.ErrNotThere)
	f.is(f.room.Leave(t.Context(), pau, "no-such"), membership.ErrNotThere)
	f.is(f.room.Leave(t.Context(), "no-such", ateneu), membership.ErrNotThere)

	f.must(f.room.Leave(t.Context(), pau, horta))
	if l := f.mails.of(letter.NoCollective, pau); len(l) != 1 || f.person(pau).Expires.IsZero() {
		t.Errorf("%+v", l)
	}
}

// The directory has the last word: what it refuses leaves everything as it was.
func TestWhatTheDirectoryRefusesDidNotHappen(t *testing.T) {
	f := newFederation(t)
	pau := f.somebody("pau", ateneu)
	strict := f.node(&refusing{f.dir})
	_, err := strict.Expel(t.Context(), manager(f.anna, ateneu), pau, "a reason")
	f.is(err, directory.ErrRefused)
	_, err = strict.Suspend(t.Context(), manager(f.anna, ateneu), pau, "a reason", time.Time{})
	f.is(err, directory.ErrRefused)
	if p := f.person(pau); p.Primary != ateneu || p.State != directory.Active || !p.Expires.IsZero() || !f.standing(pau).MemberOf(ateneu) {
		t.Errorf("%+v", p)
	}
	if len(f.mails.all())+len(f.audit.Events()) != 0 {
		t.Error("said to be done")
	}
}

// refusing is a directory whose rules let no manager do anything.
type refusing struct{ directory.Backend }

func (r *refusing) RemoveMember(ctx context.Context, by directory.Actor, name directory.CollectiveName, id directory.PersonID) error {
	if !by.IsSystem() {
		return directory.ErrRefused
	}
	return r.Backend.RemoveMember(ctx, by, name, id)
}

func (r *refusing) ChangePerson(ctx context.Context, by directory.Actor, id directory.PersonID, change directory.PersonChange) error {
	if !by.IsSystem() {
		return directory.ErrRefused
	}
	return r.Backend.ChangePerson(ctx, by, id, change)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"errors"
	"slices"
	"sync"

	"commonscloud.coop/clau/idp/directory"
)

// managersRelieved: somebody is relieved while another stays, and not otherwise.
func managersRelieved(w *world) {
	c := w.collective("ateneu")
	anna, pau := w.person("anna"), w.person("pau")
	for _, p := range []directory.Person{anna, pau} {
		w.ok(w.AddManager(w.ctx, directory.System(), c.Name, p.ID))
	}
	w.is(w.RelieveManager(w.ctx, c.Name, anna.ID, anna.ID), directory.ErrConflict)
	for range 2 { // twice: it is idempotent
		w.ok(w.RelieveManager(w.ctx, c.Name, anna.ID, pau.ID))
	}
	w.is(w.RelieveManager(w.ctx, c.Name, pau.ID, anna.ID), directory.ErrConflict)
	got, err := w.Collective(w.ctx, c.Name)
	w.ok(err)
	same(w, got.Managers, []directory.PersonID{pau.ID})
	is, err := w.Standing(w.ctx, anna.ID)
	w.ok(err)
	same(w, []bool{is.MemberOf(c.Name), is.Manages(c.Name)}, []bool{true, false})
	w.is(w.RelieveManager(w.ctx, "no-such-unit", anna.ID, pau.ID), directory.ErrNotFound)
}

// managersRace: everybody relieves the next at the same moment, in a ring.
func managersRace(w *world) {
	c := w.collective("ateneu")
	var ring []directory.PersonID
	for _, name := range []string{"a1", "b1", "c1", "d1", "e1"} {
		p := w.person(name)
		w.ok(w.AddManager(w.ctx, directory.System(), c.Name, p.ID))
		ring = append(ring, p.ID)
	}
	var all sync.WaitGroup
	for i, staying := range ring {
		all.Go(func() {
			err := w.RelieveManager(w.ctx, c.Name, ring[(i+1)%len(ring)], staying)
			if err != nil && !errors.Is(err, directory.ErrConflict) {
				w.Error(err)
			}
		})
	}
	all.Wait()
	got, err := w.Collective(w.ctx, c.Name)
	w.ok(err)
	if len(got.Managers) == 0 || slices.ContainsFunc(got.Managers, func(id directory.PersonID) bool { return !slices.Contains(ring, id) }) {
		w.Errorf("managers are left: %v of %v", got.Managers, ring)
	}
}

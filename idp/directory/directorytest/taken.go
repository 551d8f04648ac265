// SPDX-License-Identifier: AGPL-3.0-or-later

package directorytest

import (
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/directory"
)

// taken: who has the handle or has proven the address, and who waits to. An
// invitation to an address stands in nobody's way.
func taken(w *world) {
	unit := w.collective("ateneu")
	p, erased := w.person("marta"), w.person("pau")
	waiting, c := w.applicant("nil", unit.Name)
	w.ok(w.Register(w.ctx, waiting, c))
	w.ok(w.RemovePerson(w.ctx, directory.System(), erased.ID))
	invitation := w.anInvitation(unit.Name, p.ID, 1)
	w.ok(w.AddInvitation(w.ctx, directory.System(), invitation))

	handles := func(handle directory.Handle, address string) (found []directory.Handle) {
		w.Helper()
		list, err := w.Taken(w.ctx, handle, address)
		w.ok(err)
		for _, each := range list {
			found = append(found, each.Handle)
		}
		slices.Sort(found)
		return found
	}
	none := []directory.Handle(nil)
	same(w, handles("", ""), none)
	same(w, handles("ningu."+directory.Handle(w.mark), "ningu."+w.mark+"@example.org"), none)
	same(w, handles("ningu."+directory.Handle(w.mark), invitation.Mail), none)
	same(w, handles(p.Handle, ""), []directory.Handle{p.Handle})
	same(w, handles("", strings.ToUpper(p.Mail)), []directory.Handle{p.Handle})
	same(w, handles(p.Handle, p.Mail), []directory.Handle{p.Handle})
	same(w, handles(waiting.Handle, p.Mail), []directory.Handle{p.Handle, waiting.Handle})
	same(w, handles("", waiting.Pending), []directory.Handle{waiting.Handle})
	same(w, handles(erased.Handle, erased.Mail), []directory.Handle{erased.Handle})
	for _, text := range hostile(string(p.Handle)) {
		if got := handles(directory.Handle(text), text); len(got) > 0 {
			w.Errorf("%q is %v", text, got)
		}
	}
	list, err := w.Taken(w.ctx, erased.Handle, "")
	w.ok(err)
	same(w, list[0].State, directory.Deleted)
}

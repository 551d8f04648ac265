// SPDX-License-Identifier: AGPL-3.0-or-later

package services_test

import (
	"net/http"
	"net/url"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// Who stops a service says when it opens again: a keeper does not undo what a
// manager did, and nobody here what an operator did.
func TestWhoStoppedOpensAgain(t *testing.T) {
	w := build(t)
	anna, bernat := w.enters("anna"), w.enters("bernat")
	visitors := map[string]*visitor{"anna": anna, "bernat": bernat}
	for _, c := range []struct {
		by, who string
		status  int
	}{
		{directory.StoppedByKeeper, "bernat", http.StatusOK},
		{directory.StoppedByKeeper, "anna", http.StatusOK},
		{directory.StoppedByManager, "bernat", http.StatusForbidden},
		{directory.StoppedByManager, "anna", http.StatusOK},
		{"", "bernat", http.StatusForbidden},
		{"", "anna", http.StatusForbidden},
	} {
		v := visitors[c.who]
		v.goes(idptest.Ateneu, "/services/eina/keep")
		s := w.service("eina")
		s.State, s.StoppedBy = directory.Suspended, c.by
		w.must(w.clau.Directory.ReplaceService(t.Context(), directory.System(), s))
		s = w.service("eina")
		status := v.posts("#keep-suspend", url.Values{"do": {"activate"}, "version": {s.Version}})
		if open := w.service("eina").State == directory.Active; status != c.status || open != (c.status == http.StatusOK) {
			t.Errorf("stopped by %q, opened by %s: %d", c.by, c.who, status)
		}
		s = w.service("eina")
		s.State, s.StoppedBy = directory.Active, ""
		w.must(w.clau.Directory.ReplaceService(t.Context(), directory.System(), s))
	}
	for who, by := range map[string]string{"anna": directory.StoppedByManager, "bernat": directory.StoppedByKeeper} {
		v := visitors[who]
		v.goes(idptest.Ateneu, "/services/eina/keep")
		v.Press("#keep-suspend")
		if s := w.service("eina"); s.State != directory.Suspended || s.StoppedBy != by {
			t.Errorf("%s stopped it: %s by %q", who, s.State, s.StoppedBy)
		}
		v.Press("#keep-activate")
		if s := w.service("eina"); s.State != directory.Active || s.StoppedBy != "" {
			t.Errorf("%s opened it again: %s by %q", who, s.State, s.StoppedBy)
		}
	}
}

// In a collective that is closed the pages are there to read, and change nothing.
func TestAClosedCollectiveIsRead(t *testing.T) {
	w := build(t)
	anna, bernat := w.enters("anna"), w.enters("bernat")
	closed := directory.Suspended
	w.must(w.clau.Directory.ChangeCollective(t.Context(), directory.System(), idptest.Ateneu, directory.CollectiveChange{State: &closed}))
	before := w.service("eina")
	for _, v := range []*visitor{anna, bernat} {
		if status := v.goes(idptest.Ateneu, "/services/eina/keep"); status != http.StatusOK {
			t.Errorf("reading is answered %d", status)
			continue
		}
		for _, do := range []string{"suspend", "change", "rotate", "remove"} {
			if status := v.posts("#keep-suspend", url.Values{"do": {do}, "confirm": {"eina"}}); status != http.StatusForbidden {
				t.Errorf("%s is answered %d", do, status)
			}
			v.goes(idptest.Ateneu, "/services/eina/keep")
		}
	}
	anna.goes(idptest.Ateneu, "/registrars")
	if status := anna.fills("#registrar-make", "#label", "forge"); status != http.StatusForbidden {
		t.Errorf("a token is answered %d", status)
	}
	if after := w.service("eina"); after.Version != before.Version {
		t.Errorf("changed: %+v", after)
	}
}

// A guest that is closed at the moment stands on no form, and stays a guest.
func TestAGuestThatIsClosedStays(t *testing.T) {
	w := build(t)
	closed := directory.Suspended
	w.must(w.clau.Directory.ChangeCollective(t.Context(), directory.System(), idptest.Horta, directory.CollectiveChange{State: &closed}))
	s := w.service("eina")
	s.Guests = []directory.CollectiveName{idptest.Horta}
	w.must(w.clau.Directory.ReplaceService(t.Context(), directory.System(), s))
	anna := w.enters("anna")
	anna.goes(idptest.Ateneu, "/services/eina/keep")
	if status := anna.fills("#keep-change", "#called", "Una eina"); status != http.StatusOK {
		t.Fatalf("%d: %s", status, anna.Text())
	}
	if s := w.service("eina"); s.Title != "Una eina" || len(s.Guests) != 1 || s.Guests[0] != idptest.Horta {
		t.Errorf("%q with guests %v", s.Title, s.Guests)
	}
}

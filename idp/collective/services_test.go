// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"context"
	"net/http"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

func (h *house) holders(name directory.ServiceName) []directory.Holder {
	h.t.Helper()
	s, err := h.kept.ServiceByName(context.Background(), name)
	h.must(err)
	all, err := h.kept.Holders(context.Background(), s.Collective, s.ID)
	h.must(err)
	return all
}

// Somebody from outside the collective enters, by name or by address, and is
// shut out again.
func TestAdmitAndShut(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "/services/arxiu")
	anna.Fill("#login", "ningu@exemple.coop")
	anna.Press("#access-admit")
	anna.Sees("no hi ha ningú que es digui així")
	if anna.Status != http.StatusUnprocessableEntity || anna.Value("#login") != "ningu@exemple.coop" {
		t.Errorf("%d, %q", anna.Status, anna.Value("#login"))
	}
	anna.Fill("#login", " ELIES@exemple.coop ")
	anna.Fill("#role", "Redacció")
	anna.Press("#access-admit")
	anna.Sees("només minúscules sense accents")
	anna.Fill("#role", "redaccio")
	anna.Press("#access-admit")
	anna.Sees("Ja pot entrar al servei.", "Elies Bosch", "redaccio", "Accessos oberts: 1")
	if got := h.holders("arxiu"); len(got) != 1 || got[0].Person != h.people["elies"].ID || got[0].Role != "redaccio" {
		t.Fatalf("holders %v", got)
	}
	anna.Press("Treu-li l’accés: Elies Bosch (redaccio)")
	anna.Sees("Ja no hi té accés per aquesta via.", "A ningú en particular.")
	if got := h.holders("arxiu"); len(got) > 0 {
		t.Errorf("holders %v", got)
	}
}

// Who keeps a service says who enters, and not who else keeps it.
func TestAKeeperAdmits(t *testing.T) {
	h := build(t)
	h.entrusts("arxiu", "carme")
	carme := h.enters("carme")
	carme.goes(idptest.Ateneu, "/services/arxiu")
	carme.Fill("#login", "elies")
	carme.Press("#access-admit")
	carme.Sees("Ja pot entrar al servei.", "Elies Bosch")
	values := carme.hidden()
	values.Set("do", "unkeep")
	values.Set("person", string(h.people["carme"].ID))
	carme.posts(h.address+"/collectives/ateneu/services/arxiu", values)
	if carme.Status != http.StatusNotFound {
		t.Errorf("a keeper decides who keeps: %d", carme.Status)
	}
	for _, below := range []string{"/services/forum", "/services/arxius", "/services", ""} {
		if carme.Plain.Open(h.address + "/collectives/ateneu" + below); carme.Status != http.StatusNotFound {
			t.Errorf("a keeper sees %s: %d", below, carme.Status)
		}
	}
}

// entrusts makes somebody an admin of a service.
func (h *house) entrusts(service directory.ServiceName, handle string) {
	h.t.Helper()
	s, err := h.kept.ServiceByName(context.Background(), service)
	h.must(err)
	s.Managers = append(s.Managers, h.people[handle].ID)
	h.must(h.kept.ReplaceService(context.Background(), directory.System(), s))
}

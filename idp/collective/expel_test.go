// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// Where two suspend, two take somebody out: the page of the member says so, the
// other manager reads why, and until then they belong.
func TestAProposalToExpel(t *testing.T) {
	h := build(t)
	h.trusts("bernat")
	h.rules(directory.MatterSuspending)
	anna, bernat := h.enters("anna"), h.enters("bernat")
	carme := h.people["carme"]
	anna.goes(idptest.Ateneu, "/members/"+string(carme.ID))
	anna.Fill("#expel-reason", "Ha venut adreces.")
	anna.Press("#member-expel")
	if !h.isMember(carme.ID, idptest.Ateneu) {
		t.Fatal("one voice was enough")
	}
	bernat.goes(idptest.Ateneu, "/requests")
	bernat.Press("Carme Vidal")
	bernat.Sees("Ha venut adreces.", "Anna Ferrer i Puig")
	bernat.Press("#request-accept")
	if h.isMember(carme.ID, idptest.Ateneu) {
		t.Error("two voices were not enough")
	}
}

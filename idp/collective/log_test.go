// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// What was done is read with names; of somebody who is gone, that they were.
func TestTheLog(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	for _, handle := range []string{"carme", "bernat"} {
		anna.goes(idptest.Ateneu, "/members/"+string(h.people[handle].ID))
		anna.Fill("#expel-reason", "Ha marxat.")
		anna.Press("#member-expel")
	}
	h.must(h.kept.RemovePerson(context.Background(), directory.System(), h.people["bernat"].ID))
	h.room.Audit.Write(context.Background(), audit.Event{
		Kind: audit.CasePassed, Collective: idptest.Ateneu, Actor: audit.Command, Reason: string(idptest.Horta),
	})
	h.room.Audit.Write(context.Background(), audit.Event{Kind: "something-new", Collective: idptest.Ateneu, Actor: audit.System})
	h.room.Audit.Write(context.Background(), audit.Event{Kind: audit.MemberAdded, Collective: idptest.Horta, Person: h.people["elies"].ID})
	h.clock.Advance(11 * time.Minute) // names are kept for ten
	anna.goes(idptest.Ateneu, "/activity")
	anna.Sees("Fora del col·lectiu: Carme Vidal", "per Anna Ferrer i Puig", "algú que ja no hi és",
		"Sol·licitud passada a un altre col·lectiu → Horta Viva", "per qui porta els servidors", "Una altra cosa", "per el programa, quan tocava")
	anna.SeesNot("Bernat Soler", "Elies Bosch", string(h.people["bernat"].ID))
}

func TestTheLogByPages(t *testing.T) {
	h := build(t)
	for i := range 120 {
		h.room.Audit.Write(context.Background(), audit.Event{
			Kind: audit.MemberAdded, Collective: idptest.Ateneu, Person: directory.PersonID(fmt.Sprint("gone", i)), Actor: h.people["anna"].ID,
		})
	}
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "/activity?ui_locales=ca")
	anna.SeesNot("Més nous")
	before := h.kept.reads.Load()
	anna.Press("Més antics")
	if reads := h.kept.reads.Load() - before; reads > 3 {
		t.Errorf("a page costs %d reads", reads)
	}
	anna.Press("Més antics")
	anna.Sees("Més nous")
	anna.SeesNot("Més antics")
}

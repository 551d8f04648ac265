// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/letter"
)

func (h *house) invitations(of directory.CollectiveName) []directory.Invitation {
	h.t.Helper()
	var all []directory.Invitation
	for i, err := range h.kept.ListInvitations(context.Background(), directory.InvitationFilter{Collective: of}) {
		h.must(err)
		all = append(all, i)
	}
	return all
}

// The link of an invitation for an address is in the letter, and on no page.
func TestAnInvitationByMail(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "/invitations")
	anna.Fill("#mail", "Núria <nuria@exemple.coop>")
	anna.Fill("#words", "Hola, Núria!")
	anna.Press("#invite-mail")
	anna.Sees("La seva adreça de correu: no és una adreça que serveixi")
	if anna.Status != http.StatusUnprocessableEntity || anna.Value("#words") != "Hola, Núria!" {
		t.Errorf("%d, %q", anna.Status, anna.Value("#words"))
	}
	anna.Fill("#mail", "nuria@exemple.coop")
	anna.Press("#invite-mail")
	anna.Sees("Invitació enviada.", "nuria@exemple.coop", "Usos que queden: 1.", "Feta per Anna Ferrer i Puig")
	anna.SeesNot("/invitation?t=")
	var link string
	for _, l := range h.letters.sent {
		if l.Kind == letter.Invited && l.Address == "nuria@exemple.coop" && l.Text == "Hola, Núria!" {
			link = l.Path
		}
	}
	if !strings.HasPrefix(link, "/invitation?t=") {
		t.Errorf("the letter leads to %q", link)
	}
}

// A link to hand out is shown once, and cannot be had again.
func TestAnInvitationToHandOut(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "/invitations")
	for _, uses := range []string{"0", "-1", "201", "molts", "1e3"} {
		anna.Fill("#uses", uses)
		anna.Press("#invite-link")
		anna.Sees("Quanta gent?: ha de ser un nombre")
	}
	anna.Fill("#uses", "25")
	anna.Fill("#link-until", h.clock.Now().AddDate(0, 0, 7).Format(time.DateOnly))
	anna.Press("#invite-link")
	link := anna.Value("#invitation-link")
	if !strings.HasPrefix(link, h.address+"/invitation?t=") {
		t.Fatalf("the link is %q", link)
	}
	anna.Sees("Serveix 25 cops")
	anna.goes(idptest.Ateneu, "/invitations")
	anna.Sees("Usos que queden: 25.")
	if secret := link[strings.Index(link, "t=")+2:]; strings.Contains(anna.Body, secret) {
		t.Error("the link is shown again")
	}
	anna.Press("Retira-la")
	anna.Sees("Invitació retirada", "No n’hi ha cap.")
	if left := h.invitations(idptest.Ateneu); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/letter"
)

// joins makes somebody a member of the Horta.
func (h *house) joins(handle, name string) directory.Person {
	h.t.Helper()
	ctx, by := context.Background(), directory.System()
	p := directory.Person{
		ID: directory.PersonID(uuid.NewString()), Handle: directory.Handle(handle), State: directory.Active, Name: name,
		Primary: idptest.Horta, Seed: make([]byte, 32), Created: time.Now().UTC().Truncate(time.Second),
	}
	h.must(h.kept.AddPerson(ctx, by, p))
	h.must(h.kept.AddMember(ctx, by, idptest.Horta, p.ID))
	return p
}

// Names are sorted as people sort them, and found however they are typed.
func TestMembersByName(t *testing.T) {
	h := build(t)
	h.joins("zoe", "Zoe Àlvarez")
	h.joins("agata", "Àgata Zamora")
	h.joins("nuria", "Núria Gómez")
	dolors := h.enters("dolors")
	dolors.goes(idptest.Horta, "/members")
	text := dolors.Text()
	var at []int
	for _, name := range []string{"Àgata Zamora", "Carme Vidal", "Dolors Grau", "Elies Bosch", "Núria Gómez", "Zoe Àlvarez"} {
		at = append(at, strings.LastIndex(text, name))
	}
	if !slices.IsSorted(at) || at[0] < 0 {
		t.Errorf("not by name: %v\n%s", at, text)
	}
	for query, want := range map[string]string{
		"NURIA": "Núria Gómez", "gomez nuria": "Núria Gómez", "elies@": "Elies Bosch", "zoe": "Zoe Àlvarez",
	} {
		dolors.Fill("#q", query)
		dolors.Press("#members-search")
		dolors.Sees(want, "Del 1 al 1, de 1")
	}
	dolors.Fill("#q", "anna")
	dolors.Press("#members-search")
	dolors.Sees("No hem trobat ningú.")
	dolors.SeesNot("Anna Ferrer")
}

func TestMembersByPages(t *testing.T) {
	h := build(t)
	for i := range 60 {
		h.joins(fmt.Sprintf("soci%02d", i), fmt.Sprintf("Soci %02d", i))
	}
	dolors := h.enters("dolors")
	dolors.goes(idptest.Horta, "/members?ui_locales=ca")
	dolors.Sees("Del 1 al 50, de 63", "Carme Vidal", "Soci 46")
	dolors.SeesNot("Soci 47", "Anteriors")
	before := h.kept.reads.Load()
	dolors.Press("Següents")
	dolors.Sees("Del 51 al 63, de 63", "Soci 47", "Soci 59")
	dolors.SeesNot("Següents")
	if reads := h.kept.reads.Load() - before; reads > 4 {
		t.Errorf("a second page costs %d reads", reads)
	}
	for _, page := range []string{"0", "-1", "99999999999999999999", "3", "x"} {
		dolors.goes(idptest.Horta, "/members?page="+page)
	}
	dolors.Sees("Del 1 al 50")
}

// What is done on these pages shows at once; what others do, after a moment.
func TestWhoCameAndWent(t *testing.T) {
	h := build(t)
	dolors := h.enters("dolors")
	dolors.goes(idptest.Horta, "/members")
	late := h.joins("nuria", "Núria Gómez")
	h.clock.Advance(11 * time.Second)
	dolors.goes(idptest.Horta, "/members")
	dolors.Sees("Núria Gómez")
	dolors.Press("Núria Gómez")
	dolors.Fill("#expel-reason", "Ha marxat a viure lluny.")
	dolors.Press("#member-expel")
	dolors.IsAt(h.address + "/collectives/horta/members?done=expelled")
	dolors.Sees("La persona ja no és del col·lectiu.")
	dolors.SeesNot("Núria Gómez")
	if h.isMember(late.ID, idptest.Horta) {
		t.Error("is still a member")
	}
}

// A card has what a manager needs, and of other collectives nothing but which
// of them answers for the account.
func TestAMembersCard(t *testing.T) {
	h := build(t)
	ctx, by := context.Background(), directory.System()
	forum, err := h.kept.ServiceByName(ctx, "forum")
	h.must(err)
	h.must(h.kept.GrantAccess(ctx, by, directory.Access{Collective: idptest.Ateneu, Service: forum.ID, Role: "secret"}, h.people["carme"].ID))
	dolors, anna := h.enters("dolors"), h.enters("anna")
	dolors.goes(idptest.Horta, "/members/"+string(h.people["carme"].ID))
	dolors.Sees("Carme Vidal", "En respon Ateneu Popular", "El col·lectiu no li ha obert cap servei")
	dolors.SeesNot("secret", "carme@exemple.coop")
	if dolors.Has("#member-suspend") || dolors.Has("#member-reset") {
		t.Error("a manager is offered what is another collective's")
	}
	anna.goes(idptest.Ateneu, "/members/"+string(h.people["carme"].ID))
	anna.Sees("Fòrum", "secret")
	anna.SeesNot("Horta Viva")
	anna.goes(idptest.Ateneu, "/members/"+string(h.people["falcia"].ID))
	anna.Sees("és un compte anònim")
	if anna.Has("#member-reset") {
		t.Error("a link would be sent to nowhere")
	}
}

// Of somebody who is at home in another collective its managers know the address,
// why the account is shut and until when. These know neither, and cannot find it
// out by searching for it.
func TestWhatOnlyTheHomeCollectiveReads(t *testing.T) {
	h := build(t)
	carme := h.people["carme"]
	until := time.Date(2031, 4, 5, 0, 0, 0, 0, time.UTC)
	h.must(h.kept.ChangePerson(t.Context(), directory.System(), carme.ID, directory.PersonChange{
		State: new(directory.Suspended), Reason: new("Una raó molt seva"), Until: &until,
	}))
	for manager, test := range map[string]struct {
		of   directory.CollectiveName
		sees bool
	}{"anna": {idptest.Ateneu, true}, "dolors": {idptest.Horta, false}} {
		b := h.enters(manager)
		b.goes(test.of, "/members/"+string(carme.ID))
		b.Sees("Carme Vidal")
		for _, private := range []string{"carme@exemple.coop", "Una raó molt seva", "2031"} {
			if strings.Contains(b.Text(), private) != test.sees {
				t.Errorf("%s: %q is there: %v", manager, private, !test.sees)
			}
		}
		for query, found := range map[string]bool{"vidal": true, "carme@exemple": test.sees, "@exemple.coop": test.sees} {
			b.goes(test.of, "/members?q="+url.QueryEscape(query))
			if strings.Contains(b.Text(), "Carme Vidal") != found {
				t.Errorf("%s looks for %q: found %v", manager, query, !found)
			}
		}
	}
}

// Whoever was taken in and has not come yet is told from who has, and the manager
// reads what to do. Who has no name is called by the handle once.
func TestWhoHasNoPasswordYet(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	with, without := h.knocks("xavi", "xavi", idptest.Ateneu), h.knocksWithout("lloba", idptest.Ateneu)
	for _, id := range []directory.CaseID{with, without} {
		anna.goes(idptest.Ateneu, "/requests/"+string(id))
		anna.Press("#request-accept")
	}
	anna.goes(idptest.Ateneu, "/members?q=xavi")
	anna.Sees("Encara no té contrasenya")
	anna.SeesNot("xavi xavi")
	anna.Press("xavi")
	anna.Sees("Si l’enllaç del correu de benvinguda s’ha perdut")
	anna.Press("#member-reset")
	anna.Sees("Li hem enviat un enllaç perquè triï la contrasenya.")
	anna.goes(idptest.Ateneu, "/members/"+string(without))
	anna.Sees("la triarà quan torni amb el codi que té en paper")

	h.must(h.kept.Backend.ChangePerson(t.Context(), directory.System(), directory.PersonID(with), directory.PersonChange{RaiseEpoch: true}))
	anna.goes(idptest.Ateneu, "/members?q=xavi")
	anna.SeesNot("Encara no té contrasenya")
}

// Nobody is offered to decide about themselves, and reads why.
func TestOnesOwnCard(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "/members/"+string(h.people["anna"].ID))
	anna.Sees("Aquesta fitxa és la teva.")
	anna.goes(idptest.Ateneu, "/members/"+string(h.people["carme"].ID))
	anna.SeesNot("Aquesta fitxa és la teva.")
}

func TestSuspendAndRestore(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	carme := h.people["carme"]
	anna.goes(idptest.Ateneu, "/members/"+string(carme.ID))
	anna.Fill("#suspend-reason", "Una raó")
	anna.Fill("#suspend-until", "2001-01-01")
	anna.Press("#member-suspend")
	anna.Sees("ha de ser un dia que encara no hagi arribat")
	if got := anna.Value("#suspend-reason"); got != "Una raó" {
		t.Errorf("what was typed is gone: %q", got)
	}
	anna.Fill("#suspend-until", h.clock.Now().AddDate(0, 1, 0).Format(time.DateOnly))
	anna.Press("#member-suspend")
	anna.Sees("Compte suspès: totes les seves sessions s’han tancat.", "Motiu de la suspensió Una raó", "La suspensió s’acaba el")
	anna.goes(idptest.Ateneu, "/members")
	anna.Sees("Compte suspès S’acaba el")
	anna.Press("Carme Vidal")
	anna.Press("#member-restore")
	anna.Sees("La suspensió s’ha acabat")
	if got := h.letters.to("carme"); !slices.Equal(got, []letter.Kind{letter.Suspended, letter.Restored}) {
		t.Errorf("letters %v", got)
	}
}

func TestAppointAndDismiss(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "/members/"+string(h.people["bernat"].ID))
	anna.Press("#member-appoint")
	anna.Sees("A partir d’ara aquesta persona gestiona el col·lectiu.")
	if anna.Has("#member-suspend") || anna.Has("#member-expel") {
		t.Error("a manager is offered to touch another one")
	}
	anna.goes(idptest.Ateneu, "")
	anna.SeesNot("Ets l’única persona")
	anna.Press("Bernat Soler")
	anna.Press("#member-dismiss")
	anna.Sees("A partir d’ara aquesta persona no gestiona el col·lectiu.")
	anna.goes(idptest.Ateneu, "/members/"+string(h.people["anna"].ID))
	for _, id := range []string{"#member-dismiss", "#member-expel", "#member-suspend", "#member-reset", "#member-keep"} {
		if anna.Has(id) {
			t.Errorf("the last manager is offered %s about themselves", id)
		}
	}
}

// What the page does not offer is refused when it is sent all the same, in words.
func TestWhatIsSentAllTheSame(t *testing.T) {
	h := build(t)
	h.trusts("bernat")
	anna := h.enters("anna")
	tests := []struct {
		of, do, says string
	}{
		{"anna", "suspend", "Això no ho pots decidir sobre tu."},
		{"anna", "expel", "Això no ho pots decidir sobre tu."},
		{"bernat", "suspend", "té una responsabilitat que tu no tens"},
		{"bernat", "expel", "té una responsabilitat que tu no tens"},
		{"falcia", "reset", "no té adreça"},
		{"carme", "restore", "Ja estava fet."},
	}
	for _, test := range tests {
		at := "/members/" + string(h.people[test.of].ID)
		anna.goes(idptest.Ateneu, "/members/"+string(h.people["carme"].ID))
		values := anna.hidden()
		values.Set("do", test.do)
		values.Set("suspend-reason", "perquè sí")
		values.Set("expel-reason", "perquè sí")
		anna.posts(h.address+"/collectives/ateneu"+at, values)
		if anna.Status != http.StatusConflict {
			t.Errorf("%s %s: %d", test.do, test.of, anna.Status)
		}
		anna.Sees(test.says)
	}
	anna.goes(idptest.Ateneu, "/members/"+string(h.people["carme"].ID))
	values := anna.hidden()
	values.Set("do", "promote")
	anna.posts(h.address+"/collectives/ateneu/members/"+string(h.people["carme"].ID), values)
	if anna.Status != http.StatusBadRequest {
		t.Errorf("something unheard of: %d", anna.Status)
	}
}

func TestAServiceIsEntrusted(t *testing.T) {
	h := build(t)
	anna, bernat := h.enters("anna"), h.enters("bernat")
	bernat.Plain.Open(h.address + "/collectives/ateneu/services/arxiu")
	if bernat.Status != http.StatusNotFound {
		t.Fatalf("a member sees who enters: %d", bernat.Status)
	}
	anna.goes(idptest.Ateneu, "/members/"+string(h.people["bernat"].ID))
	anna.Fill("#service", "arxiu")
	anna.Press("#member-keep")
	anna.Sees("A partir d’ara aquesta persona decideix qui entra al servei.", "Decideix qui entra a", "Arxiu")
	bernat.goes(idptest.Ateneu, "/services/arxiu")
	if bernat.Has("#request-accept") || strings.Contains(bernat.Text(), "Sol·licituds") {
		t.Error("who keeps a service sees the managers' pages")
	}
	bernat.Plain.Open(h.address + "/collectives/ateneu/members")
	if bernat.Status != http.StatusNotFound {
		t.Errorf("who keeps a service sees all members: %d", bernat.Status)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/letter"
)

// knocks puts somebody who wants to join before a collective's door.
func (h *house) knocks(handle, name string, of directory.CollectiveName) directory.CaseID {
	h.t.Helper()
	p := h.stranger(handle, name, of)
	p.Mail, p.Verified = handle+"@exemple.coop", []string{handle + "@exemple.coop"}
	return h.asks(p)
}

// knocksWithout is the same of somebody without name and address.
func (h *house) knocksWithout(handle string, of directory.CollectiveName) directory.CaseID {
	h.t.Helper()
	p := h.stranger(handle, handle, of)
	p.Anonymous = true
	return h.asks(p)
}

func (h *house) stranger(handle, name string, of directory.CollectiveName) directory.Person {
	return directory.Person{
		ID: directory.PersonID(uuid.NewString()), Handle: directory.Handle(handle), State: directory.PendingApproval, Name: name,
		Language: "ca", Primary: of, Seed: make([]byte, 32), Created: h.clock.Now().UTC().Truncate(time.Second),
	}
}

func (h *house) asks(p directory.Person) directory.CaseID {
	h.t.Helper()
	c := directory.Case{
		ID: directory.CaseID(p.ID), Kind: directory.CaseRegister, Collective: p.Primary, Person: p.ID, By: p.ID,
		Words: "Soc del grup de consum.", Created: p.Created, Expires: p.Created.AddDate(0, 0, 14),
	}
	h.must(h.kept.Register(context.Background(), p, c))
	return c.ID
}

// trusts makes somebody a manager of the Ateneu as well.
func (h *house) trusts(handle string) {
	h.t.Helper()
	h.must(h.kept.AddManager(context.Background(), directory.System(), idptest.Ateneu, h.people[handle].ID))
}

// rules lets two managers of the Ateneu decide about some matters.
func (h *house) rules(matters ...directory.Matter) {
	h.t.Helper()
	change := directory.CollectiveChange{Settings: &directory.Settings{Together: matters}}
	h.must(h.kept.Backend.ChangeCollective(context.Background(), directory.System(), idptest.Ateneu, change))
}

func (h *house) isMember(id directory.PersonID, of directory.CollectiveName) bool {
	h.t.Helper()
	ids, err := h.kept.MemberIDs(context.Background(), of)
	h.must(err)
	return slices.Contains(ids, id)
}

func TestARequestIsSeenAndAccepted(t *testing.T) {
	h := build(t)
	id := h.knocks("nuria", "Núria Vila", idptest.Ateneu)
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "")
	anna.Sees("Núria Vila", "Vol un compte i entrar al col·lectiu")
	anna.Press("Núria Vila")
	anna.Sees("Soc del grup de consum.", "nuria@exemple.coop", "S’esborra sola")
	anna.SeesNot("Calen dues veus")
	anna.Press("#request-accept")
	anna.IsAt(h.address + "/collectives/ateneu/requests?done=accepted")
	anna.Sees("la sol·licitud s’ha acceptat", "Ara mateix no hi ha res que esperi una decisió.")
	if !h.isMember(directory.PersonID(id), idptest.Ateneu) {
		t.Error("whoever was accepted is no member")
	}
	anna.goes(idptest.Ateneu, "/members?q=nuria")
	anna.Sees("Núria Vila")
	if got := h.letters.to("nuria"); !slices.Contains(got, letter.Accepted) {
		t.Errorf("letters %v", got)
	}
}

func TestAQuestionIsAskedAndSeen(t *testing.T) {
	h := build(t)
	id := string(h.knocks("nuria", "Núria Vila", idptest.Ateneu))
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "/requests/"+id)
	anna.Fill("#question", "De quin torn ets?\r\n\r\n\r\nHola")
	anna.Press("#request-ask")
	anna.Sees("Pregunta enviada.", "De quin torn ets?", "Anna Ferrer i Puig,")
	anna.goes(idptest.Ateneu, "/requests")
	anna.Sees("Esperem la seva resposta")
	c, err := h.kept.Case(context.Background(), idptest.Ateneu, directory.CaseID(id))
	h.must(err)
	if len(c.Dialogue) != 1 || c.Dialogue[0].Text != "De quin torn ets?\n\nHola" {
		t.Errorf("the dialogue is %+v", c.Dialogue)
	}
}

// The page says that somebody was written to when they were, and only then.
func TestWhoHasNoAddressIsNotSaidToBeWrittenTo(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	decides := func(do string, fields map[string]string) {
		anna.goes(idptest.Ateneu, "/requests/"+string(h.knocksWithout("lloba"+do, idptest.Ateneu)))
		for field, value := range fields {
			anna.Fill(field, value)
		}
		anna.Press("#request-" + do)
		anna.SeesNot("Hem escrit", "Hem avisat")
	}
	decides("ask", map[string]string{"#question": "De quin torn ets?"})
	anna.Sees("la llegirà quan torni amb el codi")
	decides("accept", nil)
	anna.Sees("la sol·licitud s’ha acceptat", "ho veurà quan torni amb el codi")
	decides("refuse", map[string]string{"#reason": "No et coneixem."})
	anna.Sees("no hem pogut escriure el motiu")
	decides("pass", map[string]string{"#to": "horta"})
	anna.Sees("Ara ho decideix l’altre col·lectiu.", "quan torni amb el codi")
}

// What was said of a question is not said of an answer.
func TestAnAnswerEndsTheNoticeOfTheQuestion(t *testing.T) {
	h := build(t)
	id := h.knocks("nuria", "Núria Vila", idptest.Ateneu)
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "/requests/"+string(id))
	anna.Fill("#question", "De quin torn ets?")
	anna.Press("#request-ask")
	c, err := h.kept.Case(t.Context(), idptest.Ateneu, id)
	h.must(err)
	lines := append(c.Dialogue, directory.Line{At: c.Created, Text: "Del de dijous."})
	h.must(h.kept.ChangeCase(t.Context(), directory.System(), idptest.Ateneu, id, directory.CaseChange{Dialogue: &lines, Version: c.Version}))
	anna.goes(idptest.Ateneu, "/requests/"+string(id)+"?done=asked")
	anna.Sees("Del de dijous.")
	anna.SeesNot("Pregunta enviada.")
}

func TestAReasonMustBeGiven(t *testing.T) {
	h := build(t)
	id := string(h.knocks("nuria", "Núria Vila", idptest.Ateneu))
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "/requests/"+id)
	anna.Fill("#reason", " \u200b ")
	anna.Press("#request-refuse")
	if anna.Status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", anna.Status)
	}
	anna.Sees("Falta arreglar això:", "cal escriure-hi alguna cosa")
	anna.Fill("#reason", "No et coneixem.")
	anna.Press("#request-refuse")
	anna.Sees("Sol·licitud rebutjada.", "Ara mateix no hi ha res que esperi una decisió.")
	if _, err := h.kept.Backend.Person(context.Background(), directory.PersonID(id)); err == nil {
		t.Error("something is left of whoever was refused")
	}
}

func TestARequestIsPassedOn(t *testing.T) {
	h := build(t)
	id := string(h.knocks("nuria", "Núria Vila", idptest.Ateneu))
	anna, dolors := h.enters("anna"), h.enters("dolors")
	anna.goes(idptest.Ateneu, "/requests/"+id)
	anna.Fill("#to", "horta")
	anna.Press("#request-pass")
	anna.Sees("Ara ho decideix l’altre col·lectiu.")
	anna.Plain.Open(h.address + "/collectives/ateneu/requests/" + id)
	if anna.Status != http.StatusNotFound {
		t.Errorf("who passed it on still sees it: %d", anna.Status)
	}
	dolors.goes(idptest.Horta, "/requests/"+id)
	dolors.Sees("Núria Vila")
}

// Two must agree: each of them sees whose voice is missing, and since when.
func TestTwoVoices(t *testing.T) {
	h := build(t)
	h.trusts("bernat")
	h.rules(directory.MatterAccepting)
	id := h.knocks("nuria", "Núria Vila", idptest.Ateneu)
	anna, bernat := h.enters("anna"), h.enters("bernat")
	anna.goes(idptest.Ateneu, "/requests/"+string(id))
	anna.Sees("Calen dues veus")
	anna.Press("#request-accept")
	anna.Sees("La teva veu ja compta.", "N’hi ha prou amb la veu d’una d’aquestes persones:", "Bernat Soler", "S’espera des del")
	if anna.Has("#request-accept") {
		t.Error("one person is asked for both voices")
	}
	bernat.goes(idptest.Ateneu, "")
	bernat.Sees("Falta la teva veu")
	bernat.goes(idptest.Ateneu, "/requests/"+string(id))
	bernat.Sees("Anna Ferrer i Puig", "Hi està d’acord des del", "La teva veu és la que falta")
	bernat.Press("#request-accept")
	bernat.Sees("la sol·licitud s’ha acceptat")
	if !h.isMember(directory.PersonID(id), idptest.Ateneu) {
		t.Error("two voices are not enough")
	}
}

// A proposal of one is the other's to decide, and is told as what it is.
func TestAProposalToSuspend(t *testing.T) {
	h := build(t)
	h.trusts("bernat")
	h.rules(directory.MatterSuspending)
	anna, bernat := h.enters("anna"), h.enters("bernat")
	carme := h.people["carme"]
	anna.goes(idptest.Ateneu, "/members/"+string(carme.ID))
	anna.Fill("#suspend-reason", "Ha venut adreces.")
	anna.Press("#member-suspend")
	anna.Sees("Falta que hi estigui d’acord una altra persona")
	if p, _ := h.kept.Backend.Person(context.Background(), carme.ID); p.State != directory.Active {
		t.Fatalf("one voice was enough: %s", p.State)
	}
	bernat.goes(idptest.Ateneu, "/requests")
	bernat.Press("Carme Vidal")
	bernat.Sees("Proposta de suspendre el compte", "Ha venut adreces.", "Ho proposa Anna Ferrer i Puig", "Hi està d’acord des del")
	bernat.Press("#request-accept")
	bernat.Sees("Fet: hi esteu d’acord i ja és així.")
	if p, _ := h.kept.Backend.Person(context.Background(), carme.ID); p.State != directory.Suspended {
		t.Errorf("two voices were not enough: %s", p.State)
	}
}

// A case that somebody else decided meanwhile is not there any more.
func TestACaseThatIsOver(t *testing.T) {
	h := build(t)
	id := h.knocks("nuria", "Núria Vila", idptest.Ateneu)
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "/requests/"+string(id))
	h.must(h.kept.RemoveCase(context.Background(), directory.System(), idptest.Ateneu, id))
	anna.Press("#request-accept")
	if anna.Status != http.StatusNotFound {
		t.Errorf("status %d", anna.Status)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

func (h *house) ateneu() directory.Collective {
	h.t.Helper()
	c, err := h.kept.Backend.Collective(context.Background(), idptest.Ateneu)
	h.must(err)
	return c
}

func TestSettingsAreKept(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "/settings")
	anna.presses("save", map[string]string{
		"title": "Ateneu <b>Nou</b>", "mail": "hola@ateneu.exemple", "url": "https://ateneu.exemple/", "own-colour": "yes", "colour": "#8A2B4A",
		"language": "es", "speaks.ca": "yes", "words.ca": "Un ateneu de barri.\r\n\r\n\r\nVine!", "closed": "yes", "lapse": "30",
		"question.ca": "Com es diu la plaça?", "answers": "Rovira\r\n\r\nplaça Rovira", "two.accepting": "yes",
	})
	anna.IsAt(h.address + "/collectives/ateneu/settings?done=saved")
	anna.Sees("Canvis desats.", "Ateneu <b>Nou</b>")
	c := h.ateneu()
	s := c.Settings
	if c.Title != "Ateneu <b>Nou</b>" || c.Mail != "hola@ateneu.exemple" || c.URL != "https://ateneu.exemple/" || c.Language != "es" {
		t.Errorf("kept %+v", c)
	}
	if s.Colour != "#8a2b4a" || !s.Closed || s.LapseDays != 30 || s.Words["ca"] != "Un ateneu de barri.\n\nVine!" || len(s.Words) != 1 {
		t.Errorf("kept %+v", s)
	}
	if !slices.Equal(s.Languages, []string{"es", "ca"}) || !slices.Equal(s.Answers, []string{"Rovira", "plaça Rovira"}) ||
		!slices.Equal(s.Together, []directory.Matter{directory.MatterAccepting}) || s.Question["ca"] != "Com es diu la plaça?" {
		t.Errorf("kept %+v", s)
	}
	if !strings.Contains(anna.Body, "/colour/8a2b4a.css") {
		t.Error("the page is not in the collective's colour")
	}
	anna.presses("save", map[string]string{"-own-colour": "", "-closed": "", "words.ca": "", "question.ca": "", "answers": "", "-two.accepting": ""})
	anna.Sees("Canvis desats.")
	if s := h.ateneu().Settings; s.Colour != "" || s.Closed || len(s.Words)+len(s.Question)+len(s.Answers)+len(s.Together) > 0 {
		t.Errorf("left over: %+v", s)
	}
}

// Each mistake is told at its field, nothing is kept, and nothing typed is lost.
func TestSettingsThatAreWrong(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	tests := []struct{ field, value, label, says string }{
		{"title", " \u202e ", "Nom del col·lectiu", "cal escriure-hi"},
		{"title", strings.Repeat("a", 101), "Nom del col·lectiu", "massa llarg"},
		{"mail", "hola", "Adreça de correu de contacte", "no és una adreça"},
		{"url", "javascript:alert(1)", "Pàgina web", "no és una adreça"},
		{"url", "https://a:b@exemple.coop/", "Pàgina web", "no és una adreça"},
		{"colour", "#12345g", "El color", "no és un color"},
		{"colour", "red;background:url(//x)", "El color", "no és un color"},
		{"language", "tlh", "Llengua pròpia", "no va bé"},
		{"lapse", "0", "Dies que espera una sol·licitud", "dins dels límits"},
		{"lapse", "91", "Dies que espera una sol·licitud", "dins dels límits"},
		{"words.es", strings.Repeat("ñ", 1001), "Què dieu a qui hi vol entrar – Castellano", "massa llarg"},
		{"question.en", "Which square?", "Respostes bones", "cal escriure-hi"},
		{"answers", strings.Repeat("a\n", 11), "Respostes bones", "massa llarg"},
	}
	before := h.ateneu()
	for _, test := range tests {
		anna.goes(idptest.Ateneu, "/settings")
		anna.presses("save", map[string]string{"own-colour": "yes", test.field: test.value})
		if anna.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s %q: %d", test.field, test.value, anna.Status)
		}
		anna.Sees(test.label, test.says)
	}
	if h.ateneu().Version != before.Version {
		t.Error("something was kept")
	}
}

// What others wrote meanwhile is shown, and not written over; a policy is
// something else.
func TestTwoManagersWriteSettings(t *testing.T) {
	h := build(t)
	h.trusts("bernat")
	anna, bernat := h.enters("anna"), h.enters("bernat")
	anna.goes(idptest.Ateneu, "/settings")
	bernat.goes(idptest.Ateneu, "/settings")
	bernat.presses("save", map[string]string{"title": "Ateneu d’en Bernat"})
	anna.presses("save", map[string]string{"title": "Ateneu de l’Anna"})
	if anna.Status != http.StatusConflict || anna.field("title") != "Ateneu d’en Bernat" {
		t.Errorf("%d, %q", anna.Status, anna.field("title"))
	}
	anna.Sees("Mentre escrivies, algú altre ho ha canviat.")
	h.write(idptest.Ateneu, `{"remember_days":30}`)
	anna.presses("save", map[string]string{"title": "Ateneu de tothom"})
	if anna.Sees("Canvis desats."); h.ateneu().Title != "Ateneu de tothom" {
		t.Error("not kept")
	}
}

// To decide alone again, two must agree; the rest holds at once.
func TestDecidingAloneAgain(t *testing.T) {
	h := build(t)
	h.trusts("bernat")
	h.rules(directory.MatterAccepting, directory.MatterAppointing)
	anna, bernat := h.enters("anna"), h.enters("bernat")
	anna.goes(idptest.Ateneu, "/settings")
	anna.presses("save", map[string]string{"-two.accepting": "", "title": "Ateneu nou"})
	anna.Sees("Falta que hi estigui d’acord una altra persona", "Ateneu nou")
	if got := h.ateneu().Settings.Together; len(got) != 2 {
		t.Fatalf("one was enough: %v", got)
	}
	bernat.goes(idptest.Ateneu, "/requests")
	bernat.Sees("Proposta que decideixi una sola persona", "Falta la teva veu")
	bernat.Press("Configuració")
	bernat.goes(idptest.Ateneu, "/requests")
	bernat.follows("/collectives/ateneu/requests/")
	bernat.Sees("Acceptar gent nova", "Ho proposa Anna Ferrer i Puig")
	bernat.SeesNot("Nomenar qui gestiona")
	bernat.Press("#request-accept")
	if got := h.ateneu().Settings.Together; !slices.Equal(got, []directory.Matter{directory.MatterAppointing}) {
		t.Errorf("two were not enough: %v", got)
	}
}

// The directory is away: what was typed is there to be sent again.
func TestSettingsWhileTheDirectoryIsAway(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "/settings")
	h.kept.fault = directory.ErrUnavailable
	anna.presses("save", map[string]string{"title": "Ateneu nou"})
	if anna.Status != http.StatusServiceUnavailable || anna.field("title") != "Ateneu nou" {
		t.Errorf("%d, %q", anna.Status, anna.field("title"))
	}
	h.kept.fault = nil
	anna.presses("save", nil)
	if anna.Sees("Canvis desats."); h.ateneu().Title != "Ateneu nou" {
		t.Error("not kept")
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package services_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// registers is what software does with a token.
func (w *town) registers(token, metadata string) (int, map[string]any) {
	w.t.Helper()
	r, err := http.NewRequest("POST", w.clau.Issuer+"/register", strings.NewReader(metadata))
	w.must(err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	w.must(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	w.must(err)
	var said map[string]any
	w.must(json.Unmarshal(text, &said))
	return answer.StatusCode, said
}

const tablesMetadata = `{"client_name":"Taules","redirect_uris":["https://taules.exemple.coop/cb"],"client_uri":"https://taules.exemple.coop/"}`

// A manager gives software a token; what it registers waits until the manager
// has looked at it; taken back, the token is worth nothing.
func TestSoftwareRegistersByTheManagersWord(t *testing.T) {
	w := build(t)
	anna, dolors := w.enters("anna"), w.enters("dolors")
	anna.goes(idptest.Ateneu, "/registrars")
	anna.Sees("No n’hi ha cap.", w.clau.Issuer+"/register")
	if status := anna.fills("#registrar-make", "#label", "Servidors", "#days", "91", "#limit", "0"); status != http.StatusUnprocessableEntity {
		t.Errorf("%d", status)
	}
	anna.Sees("ha de ser un nombre de dies", "ha de ser un nombre entre els límits")
	if anna.Value("#label") != "Servidors" {
		t.Error("what was typed is gone")
	}
	anna.fills("#registrar-make", "#days", "30", "#limit", "1")
	token := anna.Value("#registrar-token")
	anna.Sees("Servidors", "Anna Ferrer i Puig", "Serveis: 0 de 1")
	anna.goes(idptest.Ateneu, "/registrars")
	anna.SeesNot(token)

	status, said := w.registers(token, tablesMetadata)
	if status != http.StatusCreated || said["clau_waits"] != true {
		t.Fatalf("%d %v", status, said)
	}
	if again, _ := w.registers(token, tablesMetadata); again != http.StatusForbidden {
		t.Errorf("beyond the limit it is answered %d", again)
	}
	anna.goes(idptest.Ateneu, "/services")
	anna.Sees("Serveis que esperen que els miris")
	anna.Press("Taules")
	anna.Sees("Espera que algú el miri")
	if code := dolors.goes(idptest.Ateneu, "/services/taules/keep"); code != http.StatusNotFound {
		t.Errorf("another collective's manager is answered %d", code)
	}
	anna.Press("#keep-approve")
	anna.Sees("Servei obert: la gent ja hi pot entrar.")
	if w.service("taules").State != directory.Active {
		t.Error("it waits still")
	}
	anna.goes(idptest.Ateneu, "/registrars")
	anna.Sees("Serveis: 1 de 1")
	anna.Press("Anul·la’l: Servidors")
	anna.Sees("Testimoni anul·lat.", "No n’hi ha cap.")
	if status, _ := w.registers(token, tablesMetadata); status != http.StatusUnauthorized {
		t.Errorf("a token that was taken back is answered %d", status)
	}
	if w.gone("taules") {
		t.Error("what it registered is gone")
	}
}

func TestWhatWaitsIsRefused(t *testing.T) {
	w := build(t)
	anna := w.enters("anna")
	anna.goes(idptest.Ateneu, "/registrars")
	anna.fills("#registrar-make", "#label", "Servidors")
	w.registers(anna.Value("#registrar-token"), tablesMetadata)
	anna.goes(idptest.Ateneu, "/services/taules/keep")
	anna.Press("#keep-refuse")
	anna.Sees("Servei esborrat.")
	if !w.gone("taules") {
		t.Error("it is there")
	}
}

// A token ends by itself, and the page says so.
func TestATokenEnds(t *testing.T) {
	w := build(t)
	anna := w.enters("anna")
	anna.goes(idptest.Ateneu, "/registrars")
	anna.Tick("#waits")
	anna.fills("#registrar-make", "#label", "Servidors", "#days", "1")
	token := anna.Value("#registrar-token")
	if status, said := w.registers(token, tablesMetadata); status != http.StatusCreated || said["clau_waits"] != nil {
		t.Errorf("%d %v", status, said)
	}
	w.clau.Later(t, 25*time.Hour)
	if status, _ := w.registers(token, tablesMetadata); status != http.StatusUnauthorized {
		t.Errorf("an expired token is answered %d", status)
	}
	again := w.enters("anna")
	again.goes(idptest.Ateneu, "/registrars")
	again.Sees("Caducat")
}

// Software cannot hold open what managers proposed before: the settings of a
// collective go their way, and the tokens theirs.
func TestTokensAndSettingsLeaveEachOtherAlone(t *testing.T) {
	w := build(t)
	anna := w.enters("anna")
	anna.goes(idptest.Ateneu, "/registrars")
	anna.fills("#registrar-make", "#label", "Servidors")
	token := anna.Value("#registrar-token")
	anna.goes(idptest.Ateneu, "/settings")
	anna.Tick("#closed")
	anna.fills("#settings-save")
	if status, _ := w.registers(token, tablesMetadata); status != http.StatusCreated {
		t.Errorf("after a change of settings the token is answered %d", status)
	}
}

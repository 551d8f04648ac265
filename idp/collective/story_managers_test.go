// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"testing"

	"commonscloud.coop/clau/idp/idptest"
)

// TestADayOfAManager, on the whole Clau: a member is found and helped to a new
// password, people are invited, the rules change, and all of it is in the log.
func TestADayOfAManager(t *testing.T) {
	for name, browser := range map[string]func(*testing.T) idptest.Browser{
		"plain":    func(t *testing.T) idptest.Browser { return idptest.NewBrowser(t) },
		"chromium": func(t *testing.T) idptest.Browser { return idptest.NewChromium(t) },
	} {
		t.Run(name, func(t *testing.T) {
			clau := idptest.Start(t, idptest.Options{})
			page := clau.Issuer + "/collectives/ateneu"
			anna := idptest.Sits(t, browser(t))
			anna.Open(page)
			anna.LogsIn("anna", idptest.Password)
			anna.Sees("Ets l’única persona que gestiona el col·lectiu.", "Ara mateix no hi ha res que esperi una decisió.")
			anna.Press("#overview-members")
			anna.Fill("#q", "bernat")
			anna.Press("#members-search")
			anna.Press("Bernat Soler")
			anna.Press("#member-reset")
			anna.Sees("Li hem enviat un enllaç perquè triï la contrasenya.")
			anna.Open(page + "/invitations")
			anna.Fill("#uses", "25")
			anna.Press("#invite-link")
			anna.Sees("Aquí tens l’enllaç", "Serveix 25 cops")
			anna.Open(page + "/settings")
			anna.Fill("#lapse", "21")
			anna.Press("#settings-save")
			anna.Sees("Canvis desats.")
			anna.Open(page + "/requests")
			anna.Sees("Cada sol·licitud espera com a màxim 21 dies.")
			anna.Open(page + "/activity")
			anna.Sees("Configuració canviada", "Invitació feta", "Enllaç per a la contrasenya enviat: Bernat Soler", "per Anna Ferrer i Puig")
		})
	}
}

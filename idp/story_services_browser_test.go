// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"os"
	"path/filepath"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// TestKeepingAServiceInABrowser goes through the pages of who keeps a service in
// a browser as people have it, without scripts, in each language.
func TestKeepingAServiceInABrowser(t *testing.T) {
	idptest.Program(t, "chromium")
	for lang, guide := range map[string]string{"ca": "Guia per a connectar-lo", "es": "Guía para conectarlo", "en": "Guide to connect it"} {
		t.Run(lang, func(t *testing.T) {
			clau := idptest.Start(t, idptest.Options{})
			person := clau.People["anna"]
			check(t, clau.Directory.ChangePerson(t.Context(), directory.System(), person.ID, directory.PersonChange{Language: &lang}))
			b := idptest.NewChromium(t)
			b.Speaks(lang)
			anna, p := idptest.Sits(t, b), pictures{t, b, lang}
			anna.Open(clau.Issuer + "/collectives/ateneu/add-service")
			anna.LogsIn("anna", idptest.Password)
			anna.Open(clau.Issuer + "/collectives/ateneu/add-service")
			p.takes("add-choose")
			anna.Press("#kind-nextcloud")
			anna.Fill("#called", "El Núvol")
			anna.Fill("#name", "Núvol")
			anna.Fill("#url", "https://nuvol.exemple.coop")
			p.takes("add-form")
			anna.Press("#service-add")
			anna.SeesElement("#faults")
			p.takes("add-fault")
			anna.Fill("#name", "nuvol")
			anna.Press("#service-add")
			anna.Sees(guide)
			anna.SeesElement("#secret")
			p.takes("guide")
			anna.Open(clau.Issuer + "/collectives/ateneu/services/nuvol/keep")
			p.takes("keep")
			anna.Press("#to-trace")
			anna.Press("#trace-start")
			anna.Open(clau.Issuer + "/authorize?client_id=nuvol&redirect_uri=https://elsewhere.example/cb")
			anna.Open(clau.Issuer + "/collectives/ateneu/services/nuvol/trace")
			anna.Sees("redirect-unproven")
			p.takes("trace")
			anna.Open(clau.Issuer + "/collectives/ateneu/registrars")
			anna.Fill("#label", "Proves")
			anna.Press("#registrar-make")
			anna.SeesElement("#registrar-token")
			p.takes("registrars")
			anna.Open(clau.Issuer + "/collectives/ateneu/services")
			p.takes("list")
		})
	}
}

// pictures are kept of the pages, if somebody wants to look at them.
type pictures struct {
	t       *testing.T
	browser *idptest.Chromium
	lang    string
}

func (p pictures) takes(name string) {
	p.t.Helper()
	dir := os.Getenv(picturesDir)
	if dir == "" {
		return
	}
	check(p.t, os.WriteFile(filepath.Join(dir, name+"."+p.lang+".png"), p.browser.Picture(), 0o600))
	p.browser.Phone()
	check(p.t, os.WriteFile(filepath.Join(dir, name+"."+p.lang+".phone.png"), p.browser.Picture(), 0o600))
	p.browser.Desk()
}

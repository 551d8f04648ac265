// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"testing"

	"commonscloud.coop/clau/idp/idptest"
)

// TestTheWholeHouse: a manager logs in on the way to the page, mistypes, looks,
// and saves, with a browser that runs no scripts.
func TestTheWholeHouse(t *testing.T) {
	for name, browser := range map[string]func(*testing.T) idptest.Browser{
		"plain":    func(t *testing.T) idptest.Browser { return idptest.NewBrowser(t) },
		"chromium": func(t *testing.T) idptest.Browser { return idptest.NewChromium(t) },
	} {
		t.Run(name, func(t *testing.T) {
			clau := idptest.Start(t, idptest.Options{})
			clau.Party(t, "forum")
			anna := idptest.Sits(t, browser(t))
			page := clau.Issuer + "/collectives/ateneu/policy"
			anna.Open(page)
			anna.LogsIn("anna", idptest.Password)
			anna.IsAt(page)
			anna.Fill("#remember", "un any")
			anna.Press("#policy-save")
			anna.SeesElement("#faults")
			anna.Fill("#remember", "40")
			anna.Press("#policy-preview")
			anna.Sees("Alex Riera Soler", "Encara no s’ha desat")
			anna.Press("#policy-save")
			anna.Sees("Desat.")
			if got := anna.Value("#remember"); got != "40" {
				t.Errorf("the page says %q", got)
			}
		})
	}
}

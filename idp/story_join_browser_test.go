// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"regexp"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/idptest"
)

// TestJoiningInAnotherBrowser: what a real browser makes of the pages, with
// scripts turned off: from the list of collectives to the first service, with
// the manager in a browser of her own.
func TestJoiningInAnotherBrowser(t *testing.T) {
	l := &life{t: t, lang: "ca", clau: idptest.Start(t, idptest.Options{})}
	const address = "marta@correu.example"
	marta := idptest.Sits(t, idptest.NewChromium(t))
	marta.Open(l.clau.Issuer + "/join")
	marta.Press("Ateneu Popular")
	marta.Fill("#handle", "marta.puig")
	marta.Fill("#mail", address)
	marta.Fill("#words", "Soc la veïna del segon.")
	l.clau.Clock.Advance(20 * time.Second)
	marta.Press("#join")
	marta.Fill("#code", regexp.MustCompile(`(?m)^\s*\d{4} ?\d{4}\s*$`).FindString(l.letter(address).Text))
	marta.Press("#prove-code")

	anna := idptest.Sits(t, idptest.NewChromium(t))
	anna.Open(l.clau.Issuer + "/login")
	anna.LogsIn("anna", idptest.Password)
	anna.Open(l.link("anna@exemple.coop", "/collectives/ateneu"))
	anna.Press("marta.puig")
	anna.Sees("Soc la veïna del segon.")
	anna.Press("#request-accept")

	marta.Open(l.link(address, "/join/password"))
	marta.Fill("#password", newPassword)
	marta.Fill("#password-again", newPassword)
	marta.Press("#set-password")
	marta.IsAt(l.clau.Issuer + "/")
	forum := l.clau.Party(t, "forum")
	marta.Open(forum.URL + "/login")
	marta.Sees("You are in.")
}

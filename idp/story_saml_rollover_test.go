// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"crypto/rand"
	"testing"
	"time"

	"commonscloud.coop/clau/idp"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/keys"
)

// TestCertificateTurnedOver (case P23): a certificate is turned over in steps
// during which nobody fails to log in: neither at a service that reads several
// from metadata, nor at one that holds the old one by hand.
func TestCertificateTurnedOver(t *testing.T) {
	var master keys.Master
	clau := idptest.Start(t, idptest.Options{Configure: func(c *idp.Config) { master = c.Master }})
	operator := certificatesOf(t, clau, master)
	old, err := operator.Signing("")
	check(t, err)
	held := startNodeSAML(t, clau) // copied the certificate that signs now

	next, err := operator.Publish(t.Context())
	check(t, err)
	idptest.Eventually(t, 10*time.Second, "both certificates are published", func() bool {
		return len(certificateIn.FindAll(fetch(t, clau.Issuer+"/saml/metadata"), -1)) == 3 // and that of the signature
	})
	both := startMellon(t, clau) // read the metadata with both

	anna := idptest.Sits(t, idptest.NewBrowser(t))
	anna.Open(both.Enter)
	anna.LogsIn("anna", idptest.Password)
	arrives(t, anna, both.URL, "You are in.")
	anna.Open(held.Enter)
	arrives(t, anna, held.URL, "You are in.")

	before := signingCert(t, clau)
	check(t, operator.Sign(t.Context(), next, true))
	idptest.Eventually(t, 10*time.Second, "the next one signs", func() bool { return signingCert(t, clau) != before })

	bernat := idptest.Sits(t, idptest.NewBrowser(t))
	bernat.Open(both.Enter)
	bernat.LogsIn("bernat", idptest.Password)
	arrives(t, bernat, both.URL, "You are in.")

	s, err := clau.Directory.Service(t.Context(), held.Service.ID)
	check(t, err)
	s.SAML.Settings.Key = old.ID
	check(t, clau.Directory.ReplaceService(t.Context(), directory.System(), s))
	idptest.Eventually(t, 10*time.Second, "the service with the old one lets people in", func() bool {
		bernat.Open(held.Enter)
		for range 3 {
			if bernat.Has("#go-on") {
				bernat.Press("#go-on")
			}
		}
		return bernat.Has("#name-id")
	})
}

// certificatesOf is what an operator's command works with.
func certificatesOf(t *testing.T, clau *idptest.Clau, master keys.Master) *keys.Certificates {
	t.Helper()
	sealer, err := keys.NewSealer(master, rand.Reader)
	check(t, err)
	all := keys.NewCertificates(keys.CertificatesConfig{
		Directory: clau.Directory, Sealer: sealer, Now: clau.Clock.Now, Rand: rand.Reader, Name: "localhost",
	})
	check(t, all.Load(t.Context()))
	return all
}

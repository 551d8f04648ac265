// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// portalServices are one of each kind, so that each tile leads where it should.
func portalServices(t *testing.T, clau *idptest.Clau) {
	t.Helper()
	var picture bytes.Buffer
	check(t, png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 8, 8))))
	for name, change := range map[string]func(*directory.Service){
		"cloud": func(s *directory.Service) {
			s.Title, s.Description, s.Logo = "El Núvol", "Fitxers i calendaris", picture.Bytes()
			s.OIDC.Metadata.InitiateLoginURI = "https://cloud.example/login?provider=1"
			s.OIDC.Metadata.BackchannelLogoutURI = "https://cloud.example/backchannel"
		},
		"tasks": func(s *directory.Service) { s.Title = "Tasques" },
		"learn": func(s *directory.Service) {
			s.Title, s.OIDC, s.Preset = "Aules", nil, "moodle-saml"
			s.SAML = &directory.SAMLProvider{EntityID: "https://learn.example/saml", Metadata: []byte("<EntityDescriptor/>")}
		},
		"wiki": func(s *directory.Service) {
			s.Title, s.OIDC = "Viquis", nil
			s.Forward = &directory.ForwardAuth{Origins: []string{"https://wiki.example"}}
		},
		"closed": func(s *directory.Service) { s.Title, s.Access = "Tancat", directory.AccessGroup },
	} {
		s, _ := idptest.Client(name, "https://"+name+".example/callback")
		s.URL = "https://" + name + ".example/"
		change(&s)
		clau.AddService(t, s)
	}
}

// TestPortal: a manager puts the services in order, and a member sees them so,
// each with where it leads and what a log-out does there.
func TestPortal(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	portalServices(t, clau)
	anna := idptest.Sits(t, idptest.NewBrowser(t))
	anna.Open(clau.Issuer + "/collectives/ateneu/settings")
	anna.LogsIn("anna", idptest.Password)
	anna.Fill("#place.wiki", "1")
	anna.Fill("#place.tasks", "2")
	anna.Press("#settings-save")
	anna.SeesElement("#settings-save")
	if first := anna.Value("#place.wiki"); first != "10" {
		t.Errorf("the wiki's place is %q", first)
	}
	c, err := clau.Directory.Collective(context.Background(), idptest.Ateneu)
	check(t, err)
	if !slices.Equal(c.Settings.Order, []directory.ServiceName{"wiki", "tasks"}) {
		t.Errorf("kept %v", c.Settings.Order)
	}

	plain := idptest.NewBrowser(t)
	bernat := idptest.Sits(t, plain)
	bernat.Open(clau.Issuer + "/")
	bernat.LogsIn("bernat", idptest.Password)
	text := bernat.Text()
	at := -1
	for _, title := range []string{"Viquis", "Tasques", "Aules", "El Núvol"} {
		next := strings.Index(text, title)
		if next <= at {
			t.Errorf("%s is at %d, after %d: %s", title, next, at, text)
		}
		at = next
	}
	bernat.SeesNot("Tancat")
	bernat.Sees("Fitxers i calendaris", "cloud.example")
}

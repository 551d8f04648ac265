// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// TestTraceOfEveryProtocol: whatever a service speaks, whoever tests it sees what
// it asked and what was decided, and no secret.
func TestTraceOfEveryProtocol(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	browser := idptest.NewBrowser(t)
	anna := idptest.Sits(t, browser)
	anna.Open(clau.Issuer + "/login")
	anna.LogsIn("anna", idptest.Password)
	for _, c := range []struct{ preset, request, asked, shown string }{
		{"phabricator", "/phabricator/servei/oauthserver/auth/?client_id=servei&scope=&response_type=code&state=canary&redirect_uri=REDIRECT", "GET /phabricator/servei/oauthserver/auth/", "phabricator"},
		{"discourse-connect", "/discourse/servei?sso=canary&sig=canary", "GET /discourse/servei", "400"},
		{"simplesamlphp", "/saml/sso?SAMLRequest=canary&RelayState=canary", "GET /saml/sso", "400"},
		{"forward-auth", "/forward/servei/start?rd=https://elsewhere.example/%3Fx=canary", "GET /forward/servei/", "40"},
	} {
		t.Run(c.preset, func(t *testing.T) {
			at := clau.Issuer + "/collectives/ateneu/"
			anna.Open(at + "add-service?preset=" + c.preset)
			anna.Fill("#called", "Servei")
			anna.Fill("#name", "servei")
			anna.Fill("#url", "https://servei.exemple.coop")
			if anna.Has("#param.server") {
				anna.Fill("#param.server", "clau")
			}
			if anna.Has("#metadata") {
				anna.Fill("#metadata", `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://servei.exemple.coop/m"><SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://servei.exemple.coop/acs" index="0"/></SPSSODescriptor></EntityDescriptor>`)
			}
			anna.Press("#service-add")
			s, err := clau.Directory.ServiceByName(context.Background(), "servei")
			if err != nil {
				t.Fatal(anna.Text())
			}
			defer func() { check(t, clau.Directory.RemoveService(context.Background(), directory.System(), s.ID)) }()
			anna.Open(at + "services/servei/trace")
			anna.Press("#trace-start")
			request := c.request
			if s.OIDC != nil {
				request = strings.Replace(request, "REDIRECT", url.QueryEscape(s.OIDC.RedirectURIs[0]), 1)
			}
			browser.Catch("https://servei.exemple.coop")
			anna.Open(clau.Issuer + request)
			browser.Catch("")
			anna.Open(at + "services/servei/trace")
			if browser.Status != http.StatusOK || strings.Contains(browser.Body, "canary") {
				t.Errorf("%d: %s", browser.Status, anna.Text())
			}
			anna.Sees(c.asked, c.shown)
		})
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
)

// benchProvider is a SAML service provider that does not sign its requests and
// reads nothing of the answers.
type benchProvider struct{ entity string }

func (bed *bed) registerSAML() *benchProvider {
	p := &benchProvider{entity: "http://127.0.0.1:9/saml"}
	metadata := fmt.Sprintf(`<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="%[1]s">`+
		`<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">`+
		`<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="%[1]s/acs" index="0"/>`+
		`</md:SPSSODescriptor></md:EntityDescriptor>`, p.entity)
	check(bed.b, bed.clau.Directory.AddService(context.Background(), directory.System(), directory.Service{
		ID: directory.ServiceID(uuid.NewString()), Name: "bench-saml", Title: "bench-saml", Collective: "ateneu",
		State: directory.Active, Access: directory.AccessPublic, Created: time.Now(),
		SAML: &directory.SAMLProvider{EntityID: p.entity, Metadata: []byte(metadata), Settings: directory.SAMLSettings{
			Attributes: []string{"name", "preferred_username", "email", "groups"},
		}},
	}))
	return p
}

// request is what the browser is redirected to.
func (p *benchProvider) request(issuer string) string {
	message := fmt.Sprintf(`<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_%s" Version="2.0"`+
		` IssueInstant="%s" Destination="%s/saml/sso" AssertionConsumerServiceURL="%s/acs"`+
		` ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST">`+
		`<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">%s</saml:Issuer>`+
		`<samlp:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" AllowCreate="true"/>`+
		`</samlp:AuthnRequest>`,
		strings.ReplaceAll(uuid.NewString(), "-", ""), time.Now().UTC().Format(time.RFC3339), issuer, p.entity, p.entity)
	var deflated bytes.Buffer
	w, _ := flate.NewWriter(&deflated, flate.BestSpeed)
	_, _ = w.Write([]byte(message))
	_ = w.Close()
	return issuer + "/saml/sso?" + url.Values{
		"SAMLRequest": {base64.StdEncoding.EncodeToString(deflated.Bytes())}, "RelayState": {"an-opaque-state-of-the-service"},
	}.Encode()
}

// signOnSAML is the one request of a whole sign-on.
func (bed *bed) signOnSAML(w int) {
	c := bed.clients[w]
	answer := c.get(bed.saml.request(bed.clau.Issuer), nil)
	if answer.StatusCode != 200 || answer.Header.Get("Location") != "" {
		bed.b.Errorf("a SAML sign-on was answered %d to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
}

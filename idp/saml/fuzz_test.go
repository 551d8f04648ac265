// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/saml/xmlsig/xmlsigtest"
)

// FuzzAuthnRequest sends anything to the whole door below the pipeline. Whatever
// comes out of it is the registered service's, goes where its metadata says, and
// asks for no more than its record allows.
func FuzzAuthnRequest(f *testing.F) {
	w := start(f)
	settings := directory.SAMLSettings{Attributes: []string{"name", "email"}}
	nuvol := w.provider("nuvol", settings, func(l *look) {
		l.acs += acs(1, "https://nuvol.example/two", "")
		l.sets = requestedSet(1, "", "mail") + requestedSet(2, "", "uid")
	})
	strict := w.provider("strict", directory.SAMLSettings{RequireSigned: true})
	for _, message := range requestsOf(nuvol, strict) {
		f.Add(message, "relay", false)
		f.Add(message, "", true)
	}
	f.Fuzz(func(t *testing.T, message, relay string, post bool) {
		r := httptest.NewRequest(http.MethodGet, ssoAddress, nil)
		r.URL.RawQuery = redirected(message, relay)
		if post {
			r = httptest.NewRequest(http.MethodPost, ssoAddress, strings.NewReader(posted(message, relay).Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		m, err := receive(r)
		if err != nil {
			return
		}
		from, request, err := w.p.readRequest(t.Context(), m)
		if err != nil {
			return
		}
		if from.entityID() == strict.entityID && !strings.Contains(message, "SignatureValue") {
			t.Error("unsigned, of a service that signs")
		}
		to, err := address(from, request, m.relay)
		if err != nil {
			return
		}
		if !strings.HasPrefix(to.ACS, "https://nuvol.example/") && to.ACS != strict.acs || !isID(to.InResponseTo) {
			t.Errorf("goes to %q in response to %q", to.ACS, to.InResponseTo)
		}
		signOn, no := w.p.translate(from, request, &to)
		if no != nil {
			return
		}
		allowed := release.Need{release.Name, release.Mail, release.MailVerified}
		beyond := slices.ContainsFunc(signOn.Need, func(a release.Attribute) bool { return !allowed.Has(a) })
		if signOn.Service != from.service.ID || beyond || to.Format != metadata.NameIDPersistent && to.Format != metadata.NameIDTransient {
			t.Errorf("%+v, %+v", signOn, to)
		}
	})
}

// requestsOf are messages of every kind that the door knows.
func requestsOf(nuvol, strict *sp) []string {
	all := []string{
		nuvol.asks().xml(),
		nuvol.asks(with(`ForceAuthn="true" IsPassive="0" AssertionConsumerServiceIndex="1" AttributeConsumingServiceIndex="2"`)).xml(),
		nuvol.asks(with(`AssertionConsumerServiceURL="` + nuvol.acs + `" ProtocolBinding="` + metadata.BindingPOST + `"`)).xml(),
		nuvol.asks(policy(`Format="` + metadata.NameIDTransient + `" AllowCreate="true" SPNameQualifier="` + nuvol.entityID + `"`)).xml(),
		nuvol.asks(within(`<saml:Subject><saml:NameID Format="` + metadata.NameIDPersistent + `">abc</saml:NameID></saml:Subject>`)).xml(),
		nuvol.asks(within(`<samlp:RequestedAuthnContext Comparison="minimum"><saml:AuthnContextClassRef>` + classPassword +
			`</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>`)).xml(),
		nuvol.asks(within(`<samlp:Scoping ProxyCount="1"><samlp:IDPList><samlp:IDPEntry ProviderID="` + ourself + `"/></samlp:IDPList></samlp:Scoping>`)).xml(),
		nuvol.signedXML(nuvol.asks().xml()),
		strict.signedXML(strict.asks().xml()),
		strict.asks().xml(),
	}
	for _, attack := range xmlsigtest.Wrap(nuvol.signedXML(nuvol.asks().xml()), strict.asks().xml())[:8] {
		all = append(all, attack.Document)
	}
	return all
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// shapes are documents as the applications of cooperatives write them: each has
// habits that a strict reader could stumble over.
var shapes = []struct {
	name     string
	document string // KEY stands for a certificate
	acs      string
	slo      string // where answers to log-outs go, by the binding below
	binding  string
	signs    bool
	seals    bool // it can be encrypted to
}{
	{
		// php-saml: an end within two days in a document that nobody renews, no
		// keys, an index that begins with 1.
		name: "Nextcloud",
		document: `<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
                     validUntil="2026-03-03T12:00:00Z"
                     cacheDuration="PT604800S"
                     entityID="https://cloud.example/apps/user_saml/saml/metadata">
    <md:SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
        <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
                                Location="https://cloud.example/apps/user_saml/saml/sls" />
        <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified</md:NameIDFormat>
        <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
                                     Location="https://cloud.example/apps/user_saml/saml/acs"
                                     index="1" />
    </md:SPSSODescriptor>
</md:EntityDescriptor>`,
		acs: "https://cloud.example/apps/user_saml/saml/acs", slo: "https://cloud.example/apps/user_saml/saml/sls", binding: BindingRedirect,
	},
	{
		// ruby-saml: apostrophes, an ID that is no signature's, an entityID that
		// is the whole site, certificates by a KeyDescriptor without a use.
		name: "Discourse",
		document: `<?xml version='1.0' encoding='UTF-8'?>
<md:EntityDescriptor ID='_8e0a3f6c-2d8a-4f2a-9a40-1a2b3c4d5e6f' entityID='https://forum.example' xmlns:md='urn:oasis:names:tc:SAML:2.0:metadata' xmlns:saml='urn:oasis:names:tc:SAML:2.0:assertion'>
  <md:SPSSODescriptor AuthnRequestsSigned='true' WantAssertionsSigned='false' protocolSupportEnumeration='urn:oasis:names:tc:SAML:2.0:protocol'>
    <md:KeyDescriptor><ds:KeyInfo xmlns:ds='http://www.w3.org/2000/09/xmldsig#'><ds:X509Data><ds:X509Certificate>KEY</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:AssertionConsumerService Binding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST' Location='https://forum.example/auth/saml/callback' index='0' isDefault='true'/>
    <md:AttributeConsumingService index='1' isDefault='true'><md:ServiceName xml:lang='en'>Required attributes</md:ServiceName>
      <md:RequestedAttribute FriendlyName='Email address' Name='email' NameFormat='urn:oasis:names:tc:SAML:2.0:attrname-format:basic' isRequired='false'/>
    </md:AttributeConsumingService>
  </md:SPSSODescriptor>
</md:EntityDescriptor>`,
		acs: "https://forum.example/auth/saml/callback", signs: true, seals: true,
	},
	{
		// mod_auth_mellon: a default namespace, PAOS and Artifact beside POST.
		name: "mod_auth_mellon",
		document: `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<EntityDescriptor entityID="https://app.example/mellon/metadata" xmlns="urn:oasis:names:tc:SAML:2.0:metadata">
 <SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
   <KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>
KEY
   </ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
   <KeyDescriptor use="encryption"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>KEY</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
   <SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="https://app.example/mellon/logout" />
   <SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://app.example/mellon/logout" />
   <NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</NameIDFormat>
   <AssertionConsumerService index="0" isDefault="true" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://app.example/mellon/postResponse" />
   <AssertionConsumerService index="1" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact" Location="https://app.example/mellon/artifactResponse" />
   <AssertionConsumerService index="2" Binding="urn:oasis:names:tc:SAML:2.0:bindings:PAOS" Location="https://app.example/mellon/paosResponse" />
 </SPSSODescriptor>
</EntityDescriptor>`,
		acs: "https://app.example/mellon/postResponse", slo: "https://app.example/mellon/logout", binding: BindingSOAP, signs: true, seals: true,
	},
	{
		// Shibboleth: comments, extensions of four kinds in both places, a KeyName
		// and a subject name beside the certificate, methods in which the key can
		// be encrypted to, another way to end a session.
		name: "Shibboleth",
		document: `<!--
This is example metadata only. Do *NOT* supply it as is without review.
 -->
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_0123" entityID="https://sp.example/shibboleth">
  <md:Extensions xmlns:alg="urn:oasis:names:tc:SAML:metadata:algsupport">
    <alg:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"/>
    <alg:SigningMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"/>
  </md:Extensions>
  <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol urn:oasis:names:tc:SAML:1.1:protocol">
    <md:Extensions>
      <init:RequestInitiator xmlns:init="urn:oasis:names:tc:SAML:profiles:SSO:request-init" Binding="urn:oasis:names:tc:SAML:profiles:SSO:request-init" Location="https://sp.example/Shibboleth.sso/Login"/>
      <idpdisc:DiscoveryResponse xmlns:idpdisc="urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol" Binding="urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol" Location="https://sp.example/Shibboleth.sso/Login" index="1"/>
    </md:Extensions>
    <md:KeyDescriptor use="encryption">
      <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
        <ds:KeyName>sp.example</ds:KeyName>
        <ds:X509Data><ds:X509SubjectName>CN=sp.example</ds:X509SubjectName><ds:X509Certificate>KEY</ds:X509Certificate></ds:X509Data>
      </ds:KeyInfo>
      <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes128-gcm"/>
      <md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"><ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/></md:EncryptionMethod>
    </md:KeyDescriptor>
    <md:ArtifactResolutionService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="https://sp.example/Shibboleth.sso/Artifact/SOAP" index="1"/>
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="https://sp.example/Shibboleth.sso/SLO/SOAP"/>
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact" Location="https://sp.example/Shibboleth.sso/SLO/Artifact"/>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example/Shibboleth.sso/SAML2/POST" index="1"/>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST-SimpleSign" Location="https://sp.example/Shibboleth.sso/SAML2/POST-SimpleSign" index="2"/>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:PAOS" Location="https://sp.example/Shibboleth.sso/SAML2/ECP" index="4"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>`,
		acs: "https://sp.example/Shibboleth.sso/SAML2/POST", slo: "https://sp.example/Shibboleth.sso/SLO/SOAP", binding: BindingSOAP, seals: true,
	},
	{
		// SimpleSAMLphp, and Moodle's plugin that holds one: the profiles of SAML 1
		// among the bindings, a contact that is nobody.
		name: "SimpleSAMLphp",
		document: `<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://lms.example/auth/saml2/sp/metadata.php">
  <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol urn:oasis:names:tc:SAML:2.0:protocol" AuthnRequestsSigned="true">
    <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>KEY</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:KeyDescriptor use="encryption"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>KEY</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://lms.example/auth/saml2/sp/saml2-logout.php/lms"/>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://lms.example/auth/saml2/sp/saml2-acs.php/lms" index="0"/>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:1.0:profiles:browser-post" Location="https://lms.example/auth/saml2/sp/saml1-acs.php/lms" index="1"/>
  </md:SPSSODescriptor>
  <md:ContactPerson contactType="technical"><md:GivenName>Administrator</md:GivenName><md:EmailAddress>mailto:na@example.org</md:EmailAddress></md:ContactPerson>
</md:EntityDescriptor>`,
		acs: "https://lms.example/auth/saml2/sp/saml2-acs.php/lms", slo: "https://lms.example/auth/saml2/sp/saml2-logout.php/lms", binding: BindingRedirect, signs: true, seals: true,
	},
	{
		// LemonLDAP::NG: it is provider and service at once, answers to log-outs
		// have an address of their own, and the default is written as a number.
		name: "LemonLDAP::NG",
		document: `<?xml version="1.0"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://auth.example/saml/metadata">
  <IDPSSODescriptor WantAuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://auth.example/saml/singleSignOn"/>
  </IDPSSODescriptor>
  <SPSSODescriptor AuthnRequestsSigned="1" WantAssertionsSigned="1" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>KEY</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
    <SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://auth.example/saml/proxySingleLogout" ResponseLocation="https://auth.example/saml/proxySingleLogoutReturn"/>
    <NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</NameIDFormat>
    <AssertionConsumerService isDefault="0" index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact" Location="https://auth.example/saml/proxySingleSignOnArtifact"/>
    <AssertionConsumerService isDefault="1" index="1" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://auth.example/saml/proxySingleSignOnPost"/>
  </SPSSODescriptor>
</EntityDescriptor>`,
		acs: "https://auth.example/saml/proxySingleSignOnPost", slo: "https://auth.example/saml/proxySingleLogoutReturn", binding: BindingRedirect, signs: true,
	},
	{
		// node-saml: an entityID without a scheme of the web, everything in one
		// line, a default namespace.
		name: "node-saml",
		document: `<?xml version="1.0"?><EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="urn:example:wiki" ID="urn_example_wiki">` +
			`<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAssertionsSigned="true"><NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</NameIDFormat>` +
			`<AssertionConsumerService index="1" isDefault="true" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://wiki.example/login/callback"/></SPSSODescriptor></EntityDescriptor>`,
		acs: "https://wiki.example/login/callback",
	},
}

// TestShapes reads each, whole and taken out of a document.
func TestShapes(t *testing.T) {
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			raw := []byte(strings.ReplaceAll(shape.document, "KEY", keysOf(t).first.text()))
			p := parsed(t, raw)
			e, ok := p.DefaultACS()
			same(t, "answers", ok, true)
			same(t, "answers", e.Location, shape.acs)
			slo, _ := p.Logout(shape.binding)
			same(t, "log-outs", slo.Answer(), shape.slo)
			same(t, "signs", p.AuthnRequestsSigned, shape.signs)
			same(t, "seals", len(p.EncryptionKeys) > 0, shape.seals)
			same(t, "notes", len(p.Notes), 0)
			for e, err := range Split(raw, noon, Options{}) {
				must(t, err)
				readsTheSame(t, e)
			}
		})
	}
	t.Run("methods of Shibboleth's key", func(t *testing.T) {
		p := parsed(t, []byte(strings.ReplaceAll(shapes[3].document, "KEY", keysOf(t).first.text())))
		same(t, "cipher", p.EncryptionKeys[0].Supports(xmlsig.AES128GCM), true)
		same(t, "digest", p.EncryptionKeys[0].Methods[1].Digest, xmlsig.SHA1)
	})
}

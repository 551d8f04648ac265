// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// soapDoor is where a service provider hears SOAP.
const soapDoor = "/sp/soap"

// serviceProvider is the SAML of an application: it writes and reads messages
// with nothing of Clau's but the verification of signatures.
type serviceProvider struct {
	app            *presetApp
	entityID, home string
	key            *rsa.PrivateKey
	cert           string // base64

	mu    sync.Mutex
	asked string // ID of the last AuthnRequest
	heard []samlLogout
}

func newServiceProvider(a *presetApp, home string) *serviceProvider {
	made := newSAMLKey(a.t)
	block, _ := pem.Decode([]byte(made.key))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	check(a.t, err)
	block, _ = pem.Decode([]byte(made.cert))
	return &serviceProvider{
		app: a, entityID: home + "/sp", home: home, key: key.(*rsa.PrivateKey),
		cert: base64.StdEncoding.EncodeToString(block.Bytes),
	}
}

// signs reports whether it signs its log-outs.
func (s *serviceProvider) signs() bool { return !s.app.preset.SAML.UnsignedLogout }

// metadata is what it says of itself, where it says anything.
func (s *serviceProvider) metadata() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="%s">`+
		`<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" AuthnRequestsSigned="%t">`,
		s.entityID, s.app.does.AuthnReq.Signed != "")
	if s.signs() {
		fmt.Fprintf(&b, `<KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>%s</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`, s.cert)
	}
	if s.app.does.Logout.Takes == "slo-soap" {
		fmt.Fprintf(&b, `<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="%s%s"/>`, s.home, soapDoor)
	}
	answers := ""
	if s.app.preset.Name == "lemonldap" {
		answers = fmt.Sprintf(` ResponseLocation="%s/sp/slo-return"`, s.home)
	}
	fmt.Fprintf(&b, `<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="%s/sp/slo"%s/>`+
		`<AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="%s/sp/acs" index="0"/>`+
		`</SPSSODescriptor></EntityDescriptor>`, s.home, answers, s.home)
	return b.String()
}

// What it is registered as is what counts: some presets need no metadata.
var (
	acsIn    = regexp.MustCompile(`AssertionConsumerService[^>]* Location="([^"]*)"`)
	sloIn    = regexp.MustCompile(`SingleLogoutService[^>]*HTTP-Redirect" Location="([^"]*)"`)
	returnIn = regexp.MustCompile(`ResponseLocation="([^"]*)"`)
)

func (s *serviceProvider) entity() string { return s.app.service.SAML.EntityID }
func (s *serviceProvider) acs() string    { return s.registered(acsIn) }

func (s *serviceProvider) sloAnswers() string {
	if at := s.registered(returnIn); at != "" {
		return at
	}
	return s.registered(sloIn)
}

func (s *serviceProvider) registered(form *regexp.Regexp) string {
	found := form.FindSubmatch(s.app.service.SAML.Metadata)
	if found == nil {
		return ""
	}
	return html.UnescapeString(string(found[1]))
}

// sendsAway sends the browser with an AuthnRequest as the application makes it,
// with further attributes.
func (s *serviceProvider) sendsAway(attributes ...string) {
	s.app.t.Helper()
	does := s.app.does.AuthnReq
	s.asked = "_" + rand.Text()
	var inner, acs string
	if does.NameID != "" {
		inner = fmt.Sprintf(`<p:NameIDPolicy Format="%s" AllowCreate="%t"/>`, does.NameID, does.AllowCreate)
	}
	if does.AuthnContext != "" {
		inner += `<p:RequestedAuthnContext Comparison="exact"><a:AuthnContextClassRef>` + does.AuthnContext + `</a:AuthnContextClassRef></p:RequestedAuthnContext>`
	}
	if does.ACS == "url" {
		acs = ` ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" AssertionConsumerServiceURL="` + s.acs() + `"`
	}
	message := s.message("AuthnRequest", s.asked, s.app.at.SSO, acs+strings.Join(attributes, ""), inner)
	s.app.nuria.Open(s.app.at.SSO + "?" + s.query("SAMLRequest", message, s.relay(), does.Signed != ""))
	s.app.comesHome()
}

// relay is longer than the 80 octets that it may have at most, as real ones are.
func (s *serviceProvider) relay() string { return s.home + "/?page=" + strings.Repeat("à", 40) }

func (s *serviceProvider) message(name, id, destination, attributes, inner string) string {
	return fmt.Sprintf(`<p:%[1]s xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" `+
		`ID="%[2]s" Version="2.0" IssueInstant="%[3]s" Destination="%[4]s"%[5]s><a:Issuer>%[6]s</a:Issuer>%[7]s</p:%[1]s>`,
		name, id, s.app.clau.Clock.Now().UTC().Format(time.RFC3339), destination, attributes, s.entity(), inner)
}

// query is of the HTTP-Redirect binding (saml-bindings-2.0-os section 3.4.4.1).
func (s *serviceProvider) query(parameter, message, relay string, signed bool) string {
	var deflated bytes.Buffer
	w, _ := flate.NewWriter(&deflated, flate.DefaultCompression)
	io.WriteString(w, message) // into memory
	w.Close()
	out := parameter + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString(deflated.Bytes()))
	if relay != "" {
		out += "&RelayState=" + url.QueryEscape(relay)
	}
	if !signed {
		return out
	}
	out += "&SigAlg=" + url.QueryEscape("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
	sum := sha256.Sum256([]byte(out))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	check(s.app.t, err)
	return out + "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signature))
}

// isAnswered is the answer to the last AuthnRequest.
func (s *serviceProvider) isAnswered() samlResponse {
	s.app.t.Helper()
	s.app.isHome()
	k := s.app.site.last(pathOf(s.app.t, s.acs()))
	if k.Method != http.MethodPost || k.Form.Get("RelayState") != s.relay() {
		s.app.t.Errorf("%s brought the relay %q", k.Method, k.Form.Get("RelayState"))
	}
	r := s.opens(k.Form.Get("SAMLResponse"))
	if r.InResponseTo != s.asked || r.Destination != s.acs() || r.Issuer != s.app.at.EntityID {
		s.app.t.Fatalf("the service read an answer to %s, at %s, of %s", r.InResponseTo, r.Destination, r.Issuer)
	}
	return r
}

// opens reads the answer: it, or else its assertion, must be signed by the
// certificate that the guide shows. Whoever shows a key is sent an assertion that
// only that key opens.
func (s *serviceProvider) opens(encoded string) samlResponse {
	t := s.app.t
	t.Helper()
	r := s.reads(encoded, http.MethodPost)
	root, err := xmlsig.Parse(s.decoded(encoded, http.MethodPost), xmlsig.Message())
	check(t, err)
	proven := s.isProven(xmlsig.Bytes(root))
	for _, el := range root.ChildElements() {
		if el.Tag == "EncryptedAssertion" {
			el, err = xmlsig.Decrypt(el, []crypto.Decrypter{s.key}, rand.Reader)
			check(t, err)
			alone, err := xmlsig.Bytes(el)
			check(t, err)
			r.Assertions = append(r.Assertions, samlAssertion{})
			check(t, xml.Unmarshal(alone, &r.Assertions[len(r.Assertions)-1]))
		}
		proven = el.Tag == "Assertion" && s.isProven(xmlsig.Bytes(el)) || proven
	}
	if !proven && len(r.Assertions) > 0 {
		t.Errorf("nothing of the answer is proven: %s", s.decoded(encoded, http.MethodPost))
	}
	return r
}

// isProven reports whether a message is signed. A signature that is not Clau's
// ends the story.
func (s *serviceProvider) isProven(alone []byte, err error) bool {
	t := s.app.t
	t.Helper()
	check(t, err)
	document, err := xmlsig.Read(string(alone), xmlsig.Message())
	check(t, err)
	if !document.Signed() {
		return false
	}
	block, _ := pem.Decode([]byte(signingCert(t, s.app.clau)))
	cert, err := x509.ParseCertificate(block.Bytes)
	check(t, err)
	check(t, document.Verify([]crypto.PublicKey{cert.PublicKey}, xmlsig.Options{}))
	return true
}

// reads a message as it came, by the binding of a method.
func (s *serviceProvider) reads(encoded, method string) samlResponse {
	s.app.t.Helper()
	var r samlResponse
	check(s.app.t, xml.Unmarshal(s.decoded(encoded, method), &r))
	return r
}

func (s *serviceProvider) decoded(encoded, method string) []byte {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	check(s.app.t, err)
	if method == http.MethodGet {
		raw, err = io.ReadAll(flate.NewReader(bytes.NewReader(raw)))
		check(s.app.t, err)
	}
	return raw
}

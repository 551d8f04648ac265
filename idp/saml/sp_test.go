// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/saml/xmlsig/xmlsigtest"
)

// sp is a service provider: its metadata, and what it asks.
type sp struct {
	w        *world
	name     string
	entityID string
	acs      string
	keys     *pair
	service  directory.Service
}

// look is how the metadata of a service provider looks.
type look struct {
	role       string // attributes of the role
	signing    string // KeyDescriptors
	encryption string
	formats    string
	acs        string
	sets       string
	more       string // further roles
	entity     string // Extensions of the entity
}

// provider registers a service provider, for everybody with an account.
func (w *world) provider(name string, settings directory.SAMLSettings, change ...func(*look)) *sp {
	w.t.Helper()
	host := "https://" + name + ".example"
	s := &sp{w: w, name: name, entityID: host + "/metadata", acs: host + "/acs", keys: pairNamed(name)}
	l := look{signing: keyDescriptor("signing", s.keys), acs: acs(0, s.acs, "")}
	for _, one := range change {
		one(&l)
	}
	s.service = directory.Service{
		ID: directory.ServiceID("id-of-" + name), Name: directory.ServiceName(name), Title: "The " + name, Collective: "ateneu",
		State: directory.Active, Access: directory.AccessPublic, URL: host + "/",
		SAML: &directory.SAMLProvider{EntityID: s.entityID, Settings: settings, Metadata: []byte(s.metadata(l))},
	}
	w.town.mu.Lock()
	defer w.town.mu.Unlock()
	w.town.services[s.service.ID] = s.service
	return s
}

func (s *sp) metadata(l look) string {
	const role = `<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" `
	return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="` + xmlsig.Dsig +
		`" xmlns:saml="` + nsAssertion + `" entityID="` + s.entityID + `">` + l.entity +
		role + l.role + `>` + l.signing + l.encryption + l.formats + l.acs + l.sets + `</md:SPSSODescriptor>` +
		strings.ReplaceAll(l.more, "<role>", role+`>`) + `</md:EntityDescriptor>`
}

func acs(index int, location, more string) string {
	return fmt.Sprintf(`<md:AssertionConsumerService index="%d" Binding="%s" Location="%s" %s/>`, index, metadata.BindingPOST, location, more)
}

// keyDescriptor is for a use, or for both where it is empty.
func keyDescriptor(use string, p *pair, methods ...string) string {
	if use != "" {
		use = ` use="` + use + `"`
	}
	out := `<md:KeyDescriptor` + use + `><ds:KeyInfo><ds:X509Data><ds:X509Certificate>` +
		base64.StdEncoding.EncodeToString(p.der) + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`
	for _, m := range methods {
		out += `<md:EncryptionMethod Algorithm="` + m + `"/>`
	}
	return out + `</md:KeyDescriptor>`
}

// requestedSet is an AttributeConsumingService.
func requestedSet(index int, more string, names ...string) string {
	out := fmt.Sprintf(`<md:AttributeConsumingService index="%d" %s><md:ServiceName xml:lang="en">set</md:ServiceName>`, index, more)
	for _, n := range names {
		out += `<md:RequestedAttribute Name="` + n + `" isRequired="true"/>`
	}
	return out + `</md:AttributeConsumingService>`
}

// entityAttribute is an Extensions with one entity attribute.
func entityAttribute(name, value string) string {
	return `<md:Extensions><a:EntityAttributes xmlns:a="urn:oasis:names:tc:SAML:metadata:attribute"><saml:Attribute Name="` + name +
		`" NameFormat="` + metadata.NameFormatURI + `"><saml:AttributeValue>` + value + `</saml:AttributeValue></saml:Attribute></a:EntityAttributes></md:Extensions>`
}

// ask is an AuthnRequest before it is written.
type ask struct {
	id, version, issued, destination string
	attributes                       string // further ones of the root
	issuer                           string // the element
	inner                            string // after the Issuer
}

// asks is what s asks for when it asks for nothing in particular.
func (s *sp) asks(change ...func(*ask)) ask {
	a := ask{
		id: s.w.nextID(), version: "2.0", issued: s.w.clock.Now().Format(time.RFC3339), destination: ssoAddress,
		issuer: `<saml:Issuer>` + s.entityID + `</saml:Issuer>`,
	}
	for _, one := range change {
		one(&a)
	}
	return a
}

func (a ask) xml() string {
	out := `<samlp:AuthnRequest xmlns:samlp="` + nsProtocol + `" xmlns:saml="` + nsAssertion + `"`
	for _, one := range [][2]string{{"ID", a.id}, {"Version", a.version}, {"IssueInstant", a.issued}, {"Destination", a.destination}} {
		if one[1] != "" {
			out += ` ` + one[0] + `="` + one[1] + `"`
		}
	}
	return out + ` ` + a.attributes + `>` + a.issuer + a.inner + `</samlp:AuthnRequest>`
}

// with adds attributes to the request, inner elements to it.
func with(attributes string) func(*ask) { return func(a *ask) { a.attributes = attributes } }
func within(inner string) func(*ask)    { return func(a *ask) { a.inner = inner } }

func policy(attributes string) func(*ask) {
	return within(`<samlp:NameIDPolicy ` + attributes + `/>`)
}

// redirected is the query of the HTTP-Redirect binding, unsigned.
func redirected(xml, relay string) string {
	q := "SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString(xmlsig.Deflate([]byte(xml))))
	if relay != "" {
		q += "&RelayState=" + url.QueryEscape(relay)
	}
	return q
}

// signedQuery signs a query as it stands, whatever its escapes.
func (s *sp) signedQuery(query string) string {
	octets := query + "&SigAlg=" + url.QueryEscape(xmlsig.RSASHA256)
	return octets + "&Signature=" + url.QueryEscape(signatureOver(s.keys.key, octets))
}

func signatureOver(key *rsa.PrivateKey, octets string) string {
	sum := sha256.Sum256([]byte(octets))
	raw, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// posted is the form of the HTTP-POST binding.
func posted(xml, relay string) url.Values {
	f := url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString([]byte(xml))}}
	if relay != "" {
		f.Set("RelayState", relay)
	}
	return f
}

// signedXML signs the message itself.
func (s *sp) signedXML(xml string) string {
	return xmlsigtest.Sign(xml, s.keys.key, xmlsigtest.Taste{})
}

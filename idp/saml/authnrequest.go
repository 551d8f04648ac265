// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"errors"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// authnRequest is an AuthnRequest (saml-core-2.0-os section 3.4.1), read from
// bytes that are proven as far as they claim to be.
type authnRequest struct {
	envelope
	fresh   bool // ForceAuthn
	passive bool // IsPassive

	acsIndex *int
	acsURL   string
	binding  string // ProtocolBinding

	attributes *int // AttributeConsumingServiceIndex

	format    string // of NameIDPolicy; empty: any
	qualifier string // SPNameQualifier of NameIDPolicy

	subject *askedSubject    // nil: anybody
	context requestedContext // zero: any

	scoped bool     // it names identity providers
	idps   []string // that may answer
}

// parseAuthnRequest reads all that Clau acts upon. What it does not know, such
// as extensions, it passes over; what stands twice or makes no sense it refuses.
func parseAuthnRequest(root *etree.Element) (authnRequest, error) {
	e, err := envelopeOf(root, "AuthnRequest")
	if err != nil {
		return authnRequest{}, err
	}
	r := authnRequest{envelope: e}
	for _, read := range []func(*etree.Element) error{
		r.readAttributes, r.readPolicy, r.readSubject, r.readContext, r.readScoping,
	} {
		if err := read(root); err != nil {
			return authnRequest{}, err
		}
	}
	return r, nil
}

func (r *authnRequest) readAttributes(root *etree.Element) error {
	r.acsURL, _ = xmlsig.Attr(root, "AssertionConsumerServiceURL")
	r.binding, _ = xmlsig.Attr(root, "ProtocolBinding")
	var errs [5]error
	r.fresh, errs[0] = boolOf(root, "ForceAuthn")
	r.passive, errs[1] = boolOf(root, "IsPassive")
	r.acsIndex, errs[2] = indexOf(root, "AssertionConsumerServiceIndex")
	r.attributes, errs[3] = indexOf(root, "AttributeConsumingServiceIndex")
	errs[4] = errors.Join(atMost(addressMax, r.acsURL), atMost(wordMax, r.binding))
	return errors.Join(errs[:]...)
}

// readPolicy reads the NameIDPolicy. AllowCreate is of no matter: identifiers
// are computed, and there is never one to be created.
func (r *authnRequest) readPolicy(root *etree.Element) error {
	el, err := one(root, nsProtocol, "NameIDPolicy")
	if err != nil || el == nil {
		return err
	}
	r.format, _ = xmlsig.Attr(el, "Format")
	r.qualifier, _ = xmlsig.Attr(el, "SPNameQualifier")
	_, err = boolOf(el, "AllowCreate")
	return errors.Join(err, atMost(wordMax, r.format), atMost(issuerMax, r.qualifier))
}

// askedSubject is who a request expects. A kind that cannot be compared with
// anybody has an empty name.
type askedSubject struct {
	name        nameID
	confirmable bool // it has a SubjectConfirmation, which no request may have
}

func (r *authnRequest) readSubject(root *etree.Element) error {
	el, err := one(root, nsAssertion, "Subject")
	if err != nil || el == nil {
		return err
	}
	name, err := one(el, nsAssertion, "NameID")
	if err != nil {
		return err
	}
	r.subject = &askedSubject{}
	if name != nil {
		r.subject.name = readNameID(name)
		err = r.subject.name.fits()
	}
	r.subject.confirmable = len(xmlsig.Children(el, nsAssertion, "SubjectConfirmation")) > 0
	return err
}

// classesMax bounds how many ways of proving who one is are looked through.
const classesMax = 20

func (r *authnRequest) readContext(root *etree.Element) error {
	el, err := one(root, nsProtocol, "RequestedAuthnContext")
	if err != nil || el == nil {
		return err
	}
	r.context.Asked = true
	r.context.Comparison = "exact"
	if how, said := xmlsig.Attr(el, "Comparison"); said {
		r.context.Comparison = how
	}
	switch r.context.Comparison {
	case "exact", "minimum", "maximum", "better":
	default:
		return errors.New("saml: Comparison is none of the four")
	}
	for _, class := range xmlsig.Children(el, nsAssertion, "AuthnContextClassRef") {
		if len(r.context.Classes) == classesMax {
			return errors.New("saml: too many authentication contexts")
		}
		r.context.Classes = append(r.context.Classes, xmlsig.Text(class))
	}
	return atMost(wordMax, r.context.Classes...)
}

// readScoping reads the IDPList. ProxyCount is of no matter: Clau answers by
// itself.
func (r *authnRequest) readScoping(root *etree.Element) error {
	scoping, err := one(root, nsProtocol, "Scoping")
	if err != nil || scoping == nil {
		return err
	}
	list, err := one(scoping, nsProtocol, "IDPList")
	if err != nil || list == nil {
		return err
	}
	r.scoped = true
	for _, entry := range xmlsig.Children(list, nsProtocol, "IDPEntry") {
		id, _ := xmlsig.Attr(entry, "ProviderID")
		r.idps = append(r.idps, id)
	}
	return atMost(issuerMax, r.idps...)
}

// errNoACS says that nobody knows where the answer would go.
var errNoACS = errors.New("saml: no such assertion consumer service")

// consumer is where the answer goes: by index, or by address and binding, or
// where the metadata says, and never two of them (saml-core-2.0-os section
// 3.4.1). Addresses are compared letter by letter with those of the metadata.
func (r *authnRequest) consumer(sp *metadata.Provider) (string, error) {
	if r.acsIndex != nil && (r.acsURL != "" || r.binding != "") {
		return "", errors.New("saml: assertion consumer service by index and by address")
	}
	if r.binding != "" && r.binding != metadata.BindingPOST {
		return "", errors.New("saml: answers go by POST")
	}
	found, ok := metadata.Endpoint{}, false
	switch {
	case r.acsIndex != nil:
		found, ok = sp.ACSByIndex(*r.acsIndex)
	case r.acsURL != "":
		found, ok = sp.ACSByURL(r.acsURL)
	default:
		found, ok = sp.DefaultACS()
	}
	if !ok {
		return "", errNoACS
	}
	return found.Location, nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

const (
	defaultValidFor = 14 * 24 * time.Hour
	defaultCacheFor = 6 * time.Hour
)

// Describe writes Clau's own EntityDescriptor, signed. Equal input gives equal
// bytes. The order of elements is that of the schema
// (saml-schema-metadata-2.0.xsd), to which several readers hold a document.
func Describe(o Own) ([]byte, error) {
	if o.EntityID == "" || o.SSO == "" || len(o.Certificates) == 0 || o.Signer == nil {
		return nil, errors.New("metadata: an identity provider has a name, an address and a key")
	}
	root, err := xmlsig.Sign(o.entity(), o.Signer, o.Certificates[0])
	if err != nil {
		return nil, fmt.Errorf("metadata: sign: %w", err)
	}
	return xmlsig.Bytes(root)
}

func (o Own) entity() *etree.Element {
	until := o.Now.Add(cmp.Or(o.ValidFor, defaultValidFor)).UTC().Truncate(time.Second)
	root := newElement("md:EntityDescriptor",
		"xmlns:md", nsMD, "xmlns:ds", xmlsig.Dsig, "xmlns:mdui", nsUI, "xmlns:alg", nsAlg,
		"xmlns:shibmd", nsShibMD, "xmlns:mdattr", nsAttr, "xmlns:saml", nsSAML,
		"ID", o.id(until),
		"entityID", o.EntityID,
		"validUntil", until.Format(time.RFC3339),
		"cacheDuration", lasting(cmp.Or(o.CacheFor, defaultCacheFor)))
	o.extensions(root)
	o.role(root)
	o.organization(root)
	for _, c := range o.Contacts {
		c.write(root)
	}
	return root
}

// id is what the signature refers to: another one for each document, as
// resolvers of ids demand.
func (o Own) id(until time.Time) string {
	sum := sha256.Sum256([]byte(o.EntityID + "\x00" + until.Format(time.RFC3339)))
	return "_" + hex.EncodeToString(sum[:16])
}

// lasting writes an xs:duration.
func lasting(d time.Duration) string {
	return "PT" + strconv.FormatInt(int64(d/time.Second), 10) + "S"
}

// extensions say which signatures Clau verifies (sstc-saml-metadata-algsupport
// section 2), so that nobody signs with an algorithm that it refuses.
func (o Own) extensions(root *etree.Element) {
	extensions := add(root, "md:Extensions")
	if len(o.EntityAttributes) > 0 {
		list := add(extensions, "mdattr:EntityAttributes")
		for _, name := range slices.Sorted(maps.Keys(o.EntityAttributes)) {
			attribute := add(list, "saml:Attribute", "Name", name, "NameFormat", NameFormatURI)
			for _, value := range o.EntityAttributes[name] {
				addText(attribute, "saml:AttributeValue", value)
			}
		}
	}
	for _, digest := range []string{xmlsig.SHA256, xmlsig.SHA384, xmlsig.SHA512} {
		add(extensions, "alg:DigestMethod", "Algorithm", digest)
	}
	for _, signing := range []string{xmlsig.RSASHA256, xmlsig.RSASHA384, xmlsig.RSASHA512} {
		add(extensions, "alg:SigningMethod", "MinKeySize", strconv.Itoa(rsaMin), "Algorithm", signing)
	}
}

// role writes the IDPSSODescriptor (saml-metadata-2.0-os section 2.4.3).
func (o Own) role(root *etree.Element) {
	role := add(root, "md:IDPSSODescriptor", "protocolSupportEnumeration", protocolSAML2)
	if o.WantAuthnRequestsSigned {
		role.CreateAttr("WantAuthnRequestsSigned", "true")
	}
	if o.ErrorURL != "" {
		role.CreateAttr("errorURL", o.ErrorURL)
	}
	o.roleExtensions(role)
	for _, der := range o.Certificates {
		addKey(role, "signing", der)
	}
	for _, der := range o.Encryption {
		key := addKey(role, "encryption", der)
		for _, method := range []string{xmlsig.AES256GCM, xmlsig.AES128GCM, xmlsig.OAEP} {
			add(key, "md:EncryptionMethod", "Algorithm", method)
		}
	}
	// Redirect first: several take the first, and can speak nothing else.
	addEndpoint(role, "md:SingleLogoutService", BindingRedirect, o.SLO)
	addEndpoint(role, "md:SingleLogoutService", BindingPOST, o.SLO)
	addEndpoint(role, "md:SingleLogoutService", BindingSOAP, o.SOAP)
	for _, format := range o.formats() {
		addText(role, "md:NameIDFormat", format)
	}
	addEndpoint(role, "md:SingleSignOnService", BindingRedirect, o.SSO)
	addEndpoint(role, "md:SingleSignOnService", BindingPOST, o.SSO)
}

func (o Own) formats() []string {
	if len(o.NameIDFormats) > 0 {
		return o.NameIDFormats
	}
	return []string{NameIDPersistent, NameIDTransient, NameIDEmailAddress}
}

func (o Own) roleExtensions(role *etree.Element) {
	if len(o.Scopes)+len(o.Texts)+len(o.Logos) == 0 {
		return
	}
	extensions := add(role, "md:Extensions")
	for _, scope := range o.Scopes {
		addText(extensions, "shibmd:Scope", scope, "regexp", "false")
	}
	if len(o.Texts)+len(o.Logos) == 0 {
		return
	}
	info := add(extensions, "mdui:UIInfo")
	o.localised(info, "mdui:DisplayName", func(t Text) string { return t.DisplayName })
	o.localised(info, "mdui:Description", func(t Text) string { return t.Description })
	for _, logo := range o.Logos {
		el := addText(info, "mdui:Logo", logo.URL,
			"height", strconv.Itoa(logo.Height), "width", strconv.Itoa(logo.Width))
		if logo.Language != "" {
			el.CreateAttr("xml:lang", logo.Language)
		}
	}
	o.localised(info, "mdui:InformationURL", func(t Text) string { return t.Information })
	o.localised(info, "mdui:PrivacyStatementURL", func(t Text) string { return t.Privacy })
}

func (o Own) localised(parent *etree.Element, name string, of func(Text) string) {
	for _, t := range o.Texts {
		if text := of(t); text != "" {
			addText(parent, name, text, "xml:lang", t.Language)
		}
	}
}

// organization is all of it or nothing: the schema wants each part.
func (o Own) organization(root *etree.Element) {
	whole := slices.ContainsFunc(o.Texts, func(t Text) bool {
		return t.Organization != "" && t.OrganizationDisplayName != "" && t.OrganizationURL != ""
	})
	if !whole {
		return
	}
	el := add(root, "md:Organization")
	o.localised(el, "md:OrganizationName", func(t Text) string { return t.Organization })
	o.localised(el, "md:OrganizationDisplayName", func(t Text) string { return t.OrganizationDisplayName })
	o.localised(el, "md:OrganizationURL", func(t Text) string { return t.OrganizationURL })
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"errors"
	"fmt"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// seal signs and encrypts as the service's record says: the assertion is signed,
// then hidden, then the response around it is signed.
func (p *Provider) seal(from party, response *crewjam.Response, assertion *etree.Element) ([]byte, error) {
	settings := from.settings()
	cert, err := p.c.Certificates.Signing(settings.Key)
	if err != nil {
		return nil, fmt.Errorf("saml: nothing to sign with: %w", err)
	}
	if settings.Sign != "response" {
		if assertion, err = xmlsig.Sign(assertion, cert.Signer, cert.DER); err != nil {
			return nil, err
		}
	}
	if assertion, err = p.hide(from, assertion); err != nil {
		return nil, err
	}
	el := response.Element()
	el.AddChild(assertion)
	if settings.Sign != "assertion" {
		if el, err = xmlsig.Sign(el, cert.Signer, cert.DER); err != nil {
			return nil, err
		}
	}
	return xmlsig.Bytes(el)
}

// sealRefusal signs a response without an assertion, whatever the record says:
// nothing else in it could be signed.
func (p *Provider) sealRefusal(from party, response *crewjam.Response) ([]byte, error) {
	cert, err := p.c.Certificates.Signing(from.settings().Key)
	if err != nil {
		return nil, fmt.Errorf("saml: nothing to sign with: %w", err)
	}
	el, err := xmlsig.Sign(response.Element(), cert.Signer, cert.DER)
	if err != nil {
		return nil, err
	}
	return xmlsig.Bytes(el)
}

var errNoEncryptionKey = errors.New("saml: the record demands encryption, and the metadata has no key for it")

// hide encrypts an assertion for those who have a key, unless their record says
// otherwise.
func (p *Provider) hide(from party, assertion *etree.Element) (*etree.Element, error) {
	settings := from.settings()
	switch {
	case settings.Encrypt == "never":
		return assertion, nil
	case len(from.metadata.EncryptionKeys) == 0 && settings.Encrypt == "required":
		return nil, errNoEncryptionKey
	case len(from.metadata.EncryptionKeys) == 0:
		return assertion, nil
	}
	key := from.metadata.EncryptionKeys[0]
	data, err := xmlsig.Encrypt(assertion, key.Key, cipherFor(key, settings), p.c.Rand)
	if err != nil {
		return nil, err
	}
	hidden := etree.NewElement("saml:EncryptedAssertion")
	hidden.AddChild(data)
	return hidden, nil
}

// cipherFor is the best that the service lists, or what its record says where it
// lists none that Clau speaks.
func cipherFor(key metadata.EncryptionKey, settings directory.SAMLSettings) string {
	for _, cipher := range []string{xmlsig.AES256GCM, xmlsig.AES128GCM, xmlsig.AES256CBC, xmlsig.AES128CBC} {
		if key.Supports(cipher) {
			return cipher
		}
	}
	switch settings.Cipher {
	case "aes256-gcm":
		return xmlsig.AES256GCM
	case "aes128-cbc":
		return xmlsig.AES128CBC
	case "aes256-cbc":
		return xmlsig.AES256CBC
	}
	return xmlsig.AES128GCM
}

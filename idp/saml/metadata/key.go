// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// RSA keys, in bits. Longer ones cost whoever verifies, at a stranger's word.
const (
	rsaMin = 2048
	rsaMax = 8192
)

// keysMax is far above what any service has: each is tried at each request.
const keysMax = 10

// keyring is what the KeyDescriptors of one use hold.
type keyring struct {
	keys   []EncryptionKey
	others []string // kinds of key that Clau does not know
}

// key reads a KeyDescriptor (saml-metadata-2.0-os section 2.4.1.1). Without use
// it is for both. Of certificates nothing counts but the key: neither dates nor
// names nor who signed them (saml-metadata-iop-os section 2.5.1).
func (r *reader) key(el *etree.Element) {
	use, said := xmlsig.Attr(el, "use")
	if said && use != "signing" && use != "encryption" {
		r.fault("key-use", use)
		return
	}
	certificates := certificatesOf(el)
	if len(certificates) == 0 {
		r.fault("key-missing", purpose(use))
		return
	}
	methods := methodsOf(el)
	for _, text := range certificates {
		der, key, err := certificate(text)
		if err != nil {
			r.fault("key-unreadable", purpose(use))
			continue
		}
		public := EncryptionKey{Certificate: der, Methods: methods}
		kind := ""
		if public.Key, kind = r.fit(key); kind == "" && public.Key == nil {
			continue
		}
		if use != "encryption" {
			r.signing.add(public, kind)
		}
		if use != "signing" {
			r.sealing.add(public, kind)
		}
	}
}

func purpose(use string) string {
	if use == "" {
		return "signing and encryption"
	}
	return use
}

func certificatesOf(el *etree.Element) []string {
	var found []string
	for _, info := range xmlsig.Children(el, xmlsig.Dsig, "KeyInfo") {
		for _, data := range xmlsig.Children(info, xmlsig.Dsig, "X509Data") {
			for _, c := range xmlsig.Children(data, xmlsig.Dsig, "X509Certificate") {
				found = append(found, xmlsig.Text(c))
			}
		}
	}
	return found
}

func methodsOf(el *etree.Element) []Method {
	var methods []Method
	for _, m := range xmlsig.Children(el, nsMD, "EncryptionMethod") {
		algorithm, _ := xmlsig.Attr(m, "Algorithm")
		digest, _ := xmlsig.Attr(xmlsig.Child(m, xmlsig.Dsig, "DigestMethod"), "Algorithm")
		if len(methods) < most {
			methods = append(methods, Method{Algorithm: clip(algorithm), Digest: clip(digest)})
		}
	}
	return methods
}

// certificate reads base64 with whatever space is in it. Some write the armour
// of PEM around it.
func certificate(text string) ([]byte, any, error) {
	text = strings.ReplaceAll(text, "-----BEGIN CERTIFICATE-----", "")
	text = strings.ReplaceAll(text, "-----END CERTIFICATE-----", "")
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, nil, err
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	return der, c.PublicKey, nil
}

// fit returns a key that can be used, the kind of one that cannot, or nothing
// where the key is at fault.
func (r *reader) fit(key any) (*rsa.PublicKey, string) {
	k, is := key.(*rsa.PublicKey)
	if !is {
		return nil, kindOf(key)
	}
	bits := k.N.BitLen()
	switch {
	case bits < rsaMin:
		r.fault("key-short", strconv.Itoa(bits))
	case bits > rsaMax:
		r.fault("key-long", strconv.Itoa(bits))
	case k.E < 3 || k.E%2 == 0:
		r.fault("key-odd", strconv.Itoa(k.E))
	default:
		return k, ""
	}
	return nil, ""
}

func kindOf(key any) string {
	kind := strings.TrimPrefix(fmt.Sprintf("%T", key), "*")
	switch name, _, _ := strings.Cut(kind, "."); name {
	case "ecdsa", "ecdh":
		return "an elliptic curve"
	case "dsa":
		return "DSA"
	case "ed25519":
		return "Ed25519"
	}
	return "another kind of key"
}

func (k *keyring) add(key EncryptionKey, kind string) {
	if kind != "" {
		k.others = append(k.others, kind)
		return
	}
	for i, known := range k.keys {
		if known.Key.Equal(key.Key) {
			k.keys[i].Methods = slices.Concat(known.Methods, key.Methods)
			return
		}
	}
	k.keys = append(k.keys, key)
}

// keys concludes. A kind of key that Clau does not know is passed over where it
// can do without: where there is another, or nothing has to be verified. But to
// encrypt to nobody where encryption was asked for would be to send it in clear.
func (r *reader) keys() {
	p := &r.provider
	for _, k := range r.signing.keys {
		p.SigningKeys = append(p.SigningKeys, k.Key)
	}
	p.EncryptionKeys = r.sealing.keys
	r.others("key-signing-rsa", r.signing.others, p.AuthnRequestsSigned && len(p.SigningKeys) == 0)
	r.others("key-encryption", r.sealing.others, len(p.EncryptionKeys) == 0)
	if len(p.SigningKeys) > keysMax || len(p.EncryptionKeys) > keysMax {
		r.fault("too-many", "KeyDescriptor")
	}
}

func (r *reader) others(code string, kinds []string, needed bool) {
	say := r.note
	if needed {
		say = r.fault
	}
	for _, kind := range kinds {
		say(code, kind)
	}
}

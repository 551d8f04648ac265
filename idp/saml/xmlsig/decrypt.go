// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"io"

	"github.com/beevik/etree"
)

// Decrypt returns the element that el, a saml:EncryptedID, holds encrypted for
// one of keys. It takes GCM, which is what our metadata offers, and keys that
// travel by OAEP. CBC has no integrity of its own: whoever can send what they
// altered learns of the plaintext by what is made of it (Jager and Somorovsky,
// "How to Break XML Encryption", 2011).
//
// Every failure is [ErrDecrypt], nothing else. A key that cannot be unwrapped
// is replaced by a random one, and decryption goes on with it to its end, so
// that what fails first does not show either.
func Decrypt(el *etree.Element, keys []crypto.Decrypter, rand io.Reader) (*etree.Element, error) {
	e, ok := readEncrypted(el)
	if !ok {
		return nil, ErrDecrypt
	}
	var found *etree.Element
	for _, key := range keys[:min(len(keys), maxKeys)] {
		content, ok := e.open(key, rand)
		if !ok {
			continue
		}
		if root, err := parse(string(content), Message()); err == nil && found == nil {
			found = root
		}
	}
	if found == nil {
		return nil, ErrDecrypt
	}
	return found, nil
}

// envelope is what an xenc:EncryptedData holds.
type envelope struct {
	algorithm string
	oaep      rsa.OAEPOptions
	wrapped   []byte // the content's key
	sealed    []byte
}

// readEncrypted reads el's one xenc:EncryptedData and its one
// xenc:EncryptedKey, which is inside it or beside it (SAML Core 2.2.4).
func readEncrypted(el *etree.Element) (envelope, bool) {
	data := Child(el, Xenc, "EncryptedData")
	inside := Children(Child(data, Dsig, "KeyInfo"), Xenc, "EncryptedKey")
	beside := Children(el, Xenc, "EncryptedKey")
	if len(inside)+len(beside) != 1 {
		return envelope{}, false
	}
	key := append(inside, beside...)[0]
	e := envelope{}
	e.algorithm, _ = Attr(Child(data, Xenc, "EncryptionMethod"), "Algorithm")
	if !isGCM(e.algorithm) || !e.transport(Child(key, Xenc, "EncryptionMethod")) {
		return envelope{}, false
	}
	var wrapped, sealed bool
	e.wrapped, wrapped = cipherOctets(key)
	e.sealed, sealed = cipherOctets(data)
	return e, wrapped && sealed
}

// transport reads how the key travels: by rsa-oaep-mgf1p with SHA-1, or with
// SHA-256 for the label alone, as the standard's name has MGF1 with SHA-1 always.
func (e *envelope) transport(method *etree.Element) bool {
	if name, _ := Attr(method, "Algorithm"); name != OAEP || Child(method, Xenc, "OAEPparams") != nil {
		return false
	}
	e.oaep = rsa.OAEPOptions{Hash: crypto.SHA1, MGFHash: crypto.SHA1}
	switch digest, _ := Attr(Child(method, Dsig, "DigestMethod"), "Algorithm"); digest {
	case "", SHA1:
	case SHA256:
		e.oaep.Hash = crypto.SHA256
	default:
		return false
	}
	return true
}

func cipherOctets(el *etree.Element) ([]byte, bool) {
	value := Child(Child(el, Xenc, "CipherData"), Xenc, "CipherValue")
	octets, err := decode(Text(value))
	return octets, err == nil && len(octets) > 0
}

// open decrypts the content with key.
func (e *envelope) open(key crypto.Decrypter, rand io.Reader) ([]byte, bool) {
	contentKey := make([]byte, keySize(e.algorithm))
	if _, err := io.ReadFull(rand, contentKey); err != nil {
		return nil, false
	}
	unwrapped, err := key.Decrypt(rand, e.wrapped, &e.oaep)
	if err == nil && len(unwrapped) == len(contentKey) {
		contentKey = unwrapped
	}
	block, err := aes.NewCipher(contentKey)
	if err != nil {
		return nil, false
	}
	return openGCM(block, e.sealed)
}

func openGCM(block cipher.Block, sealed []byte) ([]byte, bool) {
	gcm, err := cipher.NewGCM(block)
	if err != nil || len(sealed) < gcm.NonceSize() {
		return nil, false
	}
	plain, err := gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], nil)
	return plain, err == nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"crypto/sha1"
	"io"

	"github.com/beevik/etree"
)

// Encrypt returns el as an xenc:EncryptedData for the holder of to, ready to be
// put into a saml:EncryptedAssertion. algorithm is one of the four of this
// package; GCM wherever the service can, since CBC has no integrity of its own.
//
// The key travels as rsa-oaep-mgf1p with SHA-1, the one way that all services
// know; OAEP does not rest on the hash's resistance to collisions.
func Encrypt(el *etree.Element, to *rsa.PublicKey, algorithm string, rand io.Reader) (*etree.Element, error) {
	plain, err := Bytes(el)
	if err != nil {
		return nil, err
	}
	size := keySize(algorithm)
	if size == 0 || !sound(to) {
		return nil, malformed("not a cipher, or not a key, that is used here")
	}
	key := make([]byte, size)
	if _, err := io.ReadFull(rand, key); err != nil {
		return nil, err
	}
	sealed, err := seal(algorithm, key, plain, rand)
	if err != nil {
		return nil, err
	}
	wrapped, err := rsa.EncryptOAEP(sha1.New(), rand, to, key, nil)
	if err != nil {
		return nil, err
	}
	return encrypted(algorithm, wrapped, sealed), nil
}

// keySize is the length of a cipher's key in bytes, 0 if it is none of ours.
func keySize(algorithm string) int {
	switch algorithm {
	case AES128GCM, AES128CBC:
		return 16
	case AES256GCM, AES256CBC:
		return 32
	}
	return 0
}

// isGCM reports whether a cipher of ours is GCM.
func isGCM(algorithm string) bool { return algorithm == AES128GCM || algorithm == AES256GCM }

// seal encrypts plain: the nonce or the initial vector, then the ciphertext (XML
// Encryption 1.1, section 5.2).
func seal(algorithm string, key, plain []byte, rand io.Reader) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if isGCM(algorithm) {
		return sealGCM(block, plain, rand)
	}
	return sealCBC(block, plain, rand)
}

func sealGCM(block cipher.Block, plain []byte, rand io.Reader) ([]byte, error) {
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, gcm.NonceSize(), gcm.NonceSize()+len(plain)+gcm.Overhead())
	if _, err := io.ReadFull(rand, nonce); err != nil {
		return nil, err
	}
	return gcm.Seal(nonce, nonce, plain, nil), nil
}

// sealCBC pads as the standard says: the last byte is the length of the padding.
func sealCBC(block cipher.Block, plain []byte, rand io.Reader) ([]byte, error) {
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	out := make([]byte, aes.BlockSize+len(plain)+padding)
	iv, body := out[:aes.BlockSize], out[aes.BlockSize:]
	if _, err := io.ReadFull(rand, iv); err != nil {
		return nil, err
	}
	copy(body, plain)
	body[len(body)-1] = byte(padding)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(body, body)
	return out, nil
}

// encrypted is the xenc:EncryptedData, with its key inside.
func encrypted(cipher string, wrapped, sealed []byte) *etree.Element {
	data := etree.NewElement("xenc:EncryptedData")
	data.CreateAttr("xmlns:xenc", Xenc)
	data.CreateAttr("Type", Xenc+"Element")
	algorithm(data, "xenc:EncryptionMethod", cipher)
	info := data.CreateElement("ds:KeyInfo")
	info.CreateAttr("xmlns:ds", Dsig)
	key := info.CreateElement("xenc:EncryptedKey")
	algorithm(algorithm(key, "xenc:EncryptionMethod", OAEP), "ds:DigestMethod", SHA1)
	cipherValue(key, wrapped)
	cipherValue(data, sealed)
	return data
}

func cipherValue(parent *etree.Element, octets []byte) {
	parent.CreateElement("xenc:CipherData").CreateElement("xenc:CipherValue").CreateText(encode(octets))
}

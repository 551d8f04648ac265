// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsigtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/beevik/etree"
)

// Open returns what el holds encrypted for key, as services open it: by GCM, and
// by CBC, which is written for those that know no better and taken of nobody.
func Open(el *etree.Element, key *rsa.PrivateKey) (*etree.Element, error) {
	data := el.FindElement(".//EncryptedData")
	if data == nil {
		return nil, errors.New("xmlsigtest: nothing is encrypted")
	}
	wrapped, err := octets(data.FindElement("./KeyInfo/EncryptedKey/CipherData/CipherValue"))
	if err != nil {
		return nil, err
	}
	sealed, err := octets(data.FindElement("./CipherData/CipherValue"))
	if err != nil {
		return nil, err
	}
	content, err := rsa.DecryptOAEP(sha1.New(), rand.Reader, key, wrapped, nil)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(content)
	if err != nil {
		return nil, err
	}
	open := openCBC
	if strings.HasSuffix(data.FindElement("./EncryptionMethod").SelectAttrValue("Algorithm", ""), "-gcm") {
		open = openGCM
	}
	plain, err := open(block, sealed)
	if err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(plain); err != nil {
		return nil, err
	}
	return doc.Root(), nil
}

func octets(el *etree.Element) ([]byte, error) {
	if el == nil {
		return nil, errors.New("xmlsigtest: no CipherValue")
	}
	return base64.StdEncoding.DecodeString(strings.TrimSpace(el.Text()))
}

func openGCM(block cipher.Block, sealed []byte) ([]byte, error) {
	gcm, err := cipher.NewGCM(block)
	if err != nil || len(sealed) < gcm.NonceSize() {
		return nil, errors.New("xmlsigtest: too short")
	}
	return gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], nil)
}

func openCBC(block cipher.Block, sealed []byte) ([]byte, error) {
	if len(sealed) < 2*aes.BlockSize || len(sealed)%aes.BlockSize != 0 {
		return nil, errors.New("xmlsigtest: not whole blocks")
	}
	plain := make([]byte, len(sealed)-aes.BlockSize)
	cipher.NewCBCDecrypter(block, sealed[:aes.BlockSize]).CryptBlocks(plain, sealed[aes.BlockSize:])
	padding := int(plain[len(plain)-1])
	if padding < 1 || padding > aes.BlockSize {
		return nil, errors.New("xmlsigtest: padding")
	}
	return plain[:len(plain)-padding], nil
}

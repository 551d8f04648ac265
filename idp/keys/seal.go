// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
)

// Why something sealed does not open.
var (
	ErrOtherMaster = errors.New("keys: sealed with another master secret")
	ErrSealBroken  = errors.New("keys: sealed data is damaged or belongs elsewhere")
)

// What is sealed is: version, id of the sealing key, nonce, ciphertext and tag.
const (
	sealVersion = 1
	sealIDSize  = 4
	nonceSize   = 12
	sealHeader  = 1 + sealIDSize
)

// Sealer keeps secrets at rest: nobody without the master secret reads or
// changes them, or moves them to another place.
type Sealer struct {
	id   []byte
	aead cipher.AEAD
	rand io.Reader
}

// NewSealer returns the sealer of a master secret (AES-256-GCM with random
// nonces, good for billions of secrets; Clau seals some dozens).
func NewSealer(m Master, rand io.Reader) (*Sealer, error) {
	block, err := aes.NewCipher(m.Derive(PurposeSealing, 32))
	if err != nil {
		return nil, fmt.Errorf("keys: sealer: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("keys: sealer: %w", err)
	}
	return &Sealer{id: m.Derive(PurposeSealingID, sealIDSize), aead: aead, rand: rand}, nil
}

// Seal encrypts plain. The context says what it is and whose, such as
// "signing-key/<kid>"; it is not kept, and Open must be given the same.
func (s *Sealer) Seal(plain []byte, context string) ([]byte, error) {
	sealed := make([]byte, 0, sealHeader+nonceSize+len(plain)+s.aead.Overhead())
	sealed = append(append(sealed, sealVersion), s.id...)
	nonce := make([]byte, nonceSize)
	if _, err := io.ReadFull(s.rand, nonce); err != nil {
		return nil, fmt.Errorf("keys: sealing: %w", err)
	}
	ad := append(bytes.Clone(sealed), context...)
	return s.aead.Seal(append(sealed, nonce...), nonce, plain, ad), nil
}

// Open returns what was sealed in the same context. It answers with
// [ErrOtherMaster] or [ErrSealBroken].
func (s *Sealer) Open(sealed []byte, context string) ([]byte, error) {
	if len(sealed) < sealHeader+nonceSize+s.aead.Overhead() || sealed[0] != sealVersion {
		return nil, ErrSealBroken
	}
	header, rest := sealed[:sealHeader], sealed[sealHeader:]
	if !bytes.Equal(header[1:], s.id) {
		return nil, ErrOtherMaster
	}
	ad := append(bytes.Clone(header), context...)
	plain, err := s.aead.Open(nil, rest[:nonceSize], rest[nonceSize:], ad)
	if err != nil {
		return nil, ErrSealBroken
	}
	return plain, nil
}

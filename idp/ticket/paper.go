// SPDX-License-Identifier: AGPL-3.0-or-later

package ticket

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// paperBytes is the randomness of a code on paper: 80 bits, sixteen characters.
// Nobody guesses that, so its digest needs no salt and no slow hash.
const paperBytes = 10

// paperAlphabet is that of Crockford's base32: no I, L, O or U, which people
// take for other characters, or read as words.
const paperAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewPaper makes a code for somebody without an address, to be written down, in
// four groups, and the digest by which it is known again.
func NewPaper(rand io.Reader) (code, digest string, err error) {
	var b [paperBytes]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return "", "", fmt.Errorf("ticket: no randomness: %w", err)
	}
	text := base32.NewEncoding(paperAlphabet).WithPadding(base32.NoPadding).EncodeToString(b[:])
	code = strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:]}, "-")
	return code, PaperDigest(code), nil
}

// PaperDigest is the digest of a code as somebody typed it: without regard to
// case, spaces and dashes, and with the letters that are written like digits
// read as those. Of what can be no code it is empty, which is nobody's digest.
func PaperDigest(typed string) string {
	plain := strings.Map(paperCharacter, typed)
	if len(plain) != paperBytes*8/5 || strings.ContainsRune(plain, '?') {
		return ""
	}
	sum := sha256.Sum256([]byte(plain))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// paperCharacter reads one character of a typed code; '?' is none.
func paperCharacter(c rune) rune {
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	switch {
	case strings.ContainsRune(" -\t\u00a0\u2010\u2011\u2012\u2013\u2014.", c):
		return -1
	case c == 'O':
		return '0'
	case c == 'I', c == 'L':
		return '1'
	case strings.ContainsRune(paperAlphabet, c):
		return c
	}
	return '?'
}

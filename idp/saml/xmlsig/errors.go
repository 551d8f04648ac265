// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsig

import (
	"errors"
	"fmt"
)

// What can be wrong with what others send. Errors of this package wrap one of
// these; the rest of their text is for the log, never for the sender.
var (
	ErrMalformed = errors.New("xmlsig: not the XML that is read here")
	ErrTooLarge  = errors.New("xmlsig: larger than anybody needs")
	ErrUnsigned  = errors.New("xmlsig: there is no signature")
	ErrSignature = errors.New("xmlsig: the signature is not good")
	// ErrDecrypt is all that is ever said about a decryption that failed:
	// whoever learns where it failed can read what they were not given
	// (padding oracles; XML Encryption 1.1, section 6.1).
	ErrDecrypt = errors.New("xmlsig: cannot be decrypted")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

func badSignature(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrSignature, fmt.Sprintf(format, args...))
}

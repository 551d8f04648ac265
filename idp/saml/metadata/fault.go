// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// What can be wrong with metadata. Errors of this package wrap one of these.
var (
	ErrFaulty    = errors.New("metadata: cannot be used")              // a [Faults]
	ErrExpired   = errors.New("metadata: its validity is over")        // in use, not at registration
	ErrEntity    = errors.New("metadata: that entity is not in it")    // or is in it twice
	ErrUntrusted = errors.New("metadata: nobody vouches for it")       // unsigned, or by another key
	ErrValidity  = errors.New("metadata: its validity is no good")     // missing, over, or too long, where one is demanded
	ErrSource    = errors.New("metadata: the source does not deliver") // unreachable, an error, too large
	ErrShrunk    = errors.New("metadata: too much of it is gone")
)

// Fault is one thing that is wrong with a document, for the admin who brings it.
type Fault struct {
	Code  string // as "acs-not-https": stable, names a sentence
	Value string // of the document; what the sentence is about
}

// sentences are what admins read on the command line. Pages have words of their
// own for the codes, in the language of who reads.
var sentences = map[string]string{
	"xml":               "it is not XML that Clau reads: %s",
	"aggregate":         "it is an %s, of many; say which entity is meant, by its entityID",
	"not-metadata":      "it is no SAML metadata: the document is a %s",
	"expired":           "it was valid until %s; ask for a new one",
	"entity-id":         "entityID %q is no identifier: it must be an absolute URI of at most 256 characters without spaces",
	"no-role":           "%s is no service provider for SAML 2.0: it has no SPSSODescriptor with that protocol",
	"number":            "%q is no index",
	"date":              "%q is no date and time",
	"duration":          "%q is no duration",
	"boolean":           "%q is neither true nor false",
	"no-post-acs":       "%s takes no answers by POST: an AssertionConsumerService with the HTTP-POST binding is needed",
	"acs-index":         "two AssertionConsumerServices have the index %s",
	"acs-index-missing": "the AssertionConsumerService %s has no index",
	"acs-default":       "more than one AssertionConsumerService says that it is the default: %s",
	"too-many":          "there are more of %s than any service has",
	"address":           "%q is no address",
	"address-https":     "%q must be https; http is for this machine alone",
	"address-user":      "%q has a user in it, which would hide where it leads",
	"address-fragment":  "%q has a fragment, which no answer can reach",
	"address-odd":       "%q is a pattern or malformed; endpoints are written exactly",
	"address-script":    "%q is no place, but a program or a document in itself",
	"key-missing":       "a KeyDescriptor (use: %s) has no certificate",
	"key-unreadable":    "a certificate cannot be read (use: %s)",
	"key-use":           `a KeyDescriptor is for %q; there are "signing" and "encryption"`,
	"key-short":         "an RSA key of %s bits is too short; it takes 2048",
	"key-long":          "an RSA key of %s bits is longer than anybody needs",
	"key-odd":           "an RSA key has an exponent that no key has: %s",
	"key-signing-rsa":   "it signs with %s; Clau verifies RSA keys",
	"key-encryption":    "it wants to be encrypted to with %s; Clau encrypts to RSA keys",
	"key-for-signed":    "%s says that its requests are signed, and names no key to verify them with",
}

func (f Fault) Error() string {
	if sentence, ok := sentences[f.Code]; ok {
		return fmt.Sprintf(sentence, f.Value)
	}
	return f.Code + " " + f.Value
}

// Codes are all that a [Fault] may have, so that each has its words.
func Codes() []string { return slices.Sorted(maps.Keys(sentences)) }

// Faults are all that is wrong with one document: who corrects it sees the end.
// It is an [ErrFaulty].
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

func (f Faults) Unwrap() error { return ErrFaulty }

// findings gathers faults and notes while a document is read.
type findings struct {
	faults, notes []Fault
}

// most bounds what one document can make an admin read.
const most = 50

func (f *findings) fault(code, value string) { f.faults = gather(f.faults, code, value) }
func (f *findings) note(code, value string)  { f.notes = gather(f.notes, code, value) }

func gather(into []Fault, code, value string) []Fault {
	fault := Fault{Code: code, Value: clip(value)}
	if len(into) >= most {
		return into
	}
	for _, known := range into {
		if known == fault {
			return into
		}
	}
	return append(into, fault)
}

// clip keeps what a document says printable, in one line and short.
func clip(value string) string {
	value = strings.Map(func(c rune) rune {
		if odd(c) {
			return '?'
		}
		return c
	}, value)
	if runes := []rune(value); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return value
}

// odd reports whether a character changes how those around it are shown: on a
// terminal, or by turning the direction of reading.
func odd(c rune) bool {
	return c == unicode.ReplacementChar || unicode.In(c, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

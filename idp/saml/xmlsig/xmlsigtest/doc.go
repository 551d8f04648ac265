// SPDX-License-Identifier: AGPL-3.0-or-later

// Package xmlsigtest makes what attackers and odd services send, for the tests of
// every door that takes a SAML message: signatures wrapped around something else
// ([Wrap]), signatures of every taste ([Sign]), and documents that no reader may
// take ([Broken]). And it opens what is encrypted for them ([Open]). It shares no code with the package it is for: it signs with
// another canonicalizer and builds documents as text.
//
// It never decides what a door answers, only that it must not be yes.
package xmlsigtest

// Attack is a document, and what is wrong with it.
type Attack struct {
	Name     string
	Document string
}

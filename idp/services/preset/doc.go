// SPDX-License-Identifier: AGPL-3.0-or-later

// Package preset knows the applications that cooperatives run: what each wants
// to be registered as, what its administrators must type where, and what can go
// wrong with it.
//
// What is known of an application is data, one file of the directory library
// each. A [Preset] makes of one address, and for SAML of metadata, a complete
// directory.Service ([Preset.Register]), and of a registered service the
// instructions for the other side, with the real values in them
// ([Preset.Guide]). [Minter] makes and changes the secrets that the two share.
//
//	address ──Register──► directory.Service + Credentials
//	                             │
//	           issuer ──Guide────┴──► steps, fields, commands, warnings
//
// A value that stands in a command line, in YAML or in PHP is quoted for that
// syntax by the template itself, so that no preset can forget to: see quote.go.
//
// The package reads no network and no directory, writes nothing, and never
// decides who may register what. Whether metadata is sound is for
// idp/saml/metadata, which looks before it comes here.
package preset

// SPDX-License-Identifier: AGPL-3.0-or-later

// Package wire owns the bytes of LDAP: the Basic Encoding Rules as RFC 4511
// section 5.1 restricts them, the messages of section 4 and the values of the
// controls that the embedded directory speaks.
//
// It decodes what strangers send, so it never panics, never allocates by a
// length it was told, and bounds depth and number. It knows nothing of entries:
// what a message means is decided elsewhere.
package wire

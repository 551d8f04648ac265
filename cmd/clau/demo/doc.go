// SPDX-License-Identifier: AGPL-3.0-or-later

// Package demo owns what a newcomer meets: a sample federation, and small
// services that rely on Clau and show what they were told.
//
// A [Site] is a relying party as anybody would write one, with a client library
// that is not Clau's: it knows of Clau an issuer, a client id and a secret, and
// nothing else. What it shows is exactly what it received.
//
// Nothing here is for production. Sessions live in memory, and everybody in the
// federation has the same password, which is printed.
package demo

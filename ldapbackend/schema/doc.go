// SPDX-License-Identifier: AGPL-3.0-or-later

// Package schema owns what a directory server must know before Clau can live
// in it: attribute types and object classes, the tree below the base, the
// access rules, limits, overlays and indexes. Everything comes out as LDIF
// (RFC 2849) that an operator can read before loading it.
//
// The order on a new OpenLDAP is [OpenLDAP], [Access], [BaseEntries]. One that an
// older Clau prepared needs [Upgrade] and nothing else.
//
// The package never talks to a server. It never uses the overlays refint,
// memberof and dynlist: each costs a scan of the whole database on common
// operations once there are some ten thousand people.
package schema

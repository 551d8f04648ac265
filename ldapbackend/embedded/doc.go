// SPDX-License-Identifier: AGPL-3.0-or-later

// Package embedded owns the directory server inside Clau: LDAP (RFC 4511) over
// one bbolt file, for installations that do without OpenLDAP.
//
//	wire    bytes and messages
//	model   what an entry may look like
//	tree    entries, indexes and the log of changes in the file
//	here    who may do what (rules.go), and how each operation is done
//
// It answers as OpenLDAP does with the configuration of package schema: the
// same rules, the same result codes, so that everything above is tested once
// and runs over either. What OpenLDAP offers beyond that it refuses.
//
// What it does not have: referrals, aliases, matching rules by name, a subschema
// entry, password history, TLS, and more than one process. Whoever needs these
// moves to OpenLDAP by [Server.Export], and back by [Server.Import].
//
// A connection from [Server.Dial], or from a process of the same user over the
// Unix socket, is Clau itself (cn=idp) after a SASL EXTERNAL bind. The package
// opens no TCP port, has no administrator who may do everything, and never logs
// a password, a hash or a value of an entry.
package embedded

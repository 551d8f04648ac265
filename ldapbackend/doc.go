// SPDX-License-Identifier: AGPL-3.0-or-later

// Package ldapbackend keeps people, collectives, services and keys in a
// directory that speaks LDAP (RFC 4511): OpenLDAP, or the server of package
// embedded in the same process. It implements directory.Backend.
//
// It owns the mapping between the words of Clau and LDAP entries, the
// connections, and the translation of LDAP results into the sentinels of
// package directory. It decides nothing about who may do what: a write for a
// person travels under that person's identity (proxied authorization,
// RFC 4370) and the server's access rules decide.
//
// # Connections
//
//	search   up to SearchConns, as cn=idp; reads and writes, one operation at a time on each
//	bind     up to BindConns; nothing but password checks, which cost the server 40 ms each
//	watch    one, for Syncrepl (RFC 4533), which would block any other operation
//
// All of them go to one server at a time, the first of URLs that answers, so
// that what was written is also what is read. A read that fails with its
// connection is tried once more on a fresh one. A write never is: nobody knows
// whether the server had done it.
//
// # The tree
//
//	<base>
//	├ ou=people
//	│  └ clauId=<id>   a person; credentials hang below, and
//	│     └ clauServiceId=<id of a service>: what the person decided about it
//	├ ou=retired       what is left of people who were removed
//	├ ou=collectives
//	│  └ ou=<name>     a collective; clauManager names its managers
//	│     ├ cn=members
//	│     ├ ou=access         cn=<service> or cn=<service>--<role>: to whom a service is open
//	│     ├ ou=services       cn=<name>
//	│     ├ ou=registrations  people whom the collective has not accepted yet, each with the case about them
//	│     └ ou=requests       cn=<kind>.<person>: a case about somebody with an account; clauId=<id>: an invitation
//	├ ou=keys          clauId=<kid>
//	├ ou=federation, ou=policies
//	└ ou=system        cn=idp, the account of Clau
//
// A person who is added in a pending state, with a primary collective, waits
// below its registrations and moves to ou=people on becoming active. Members
// are always named by the place in ou=people, so nothing else has to move. Of
// two who decide about the same case the one who finds its entry in its place
// decides: it is moved, or it is deleted, once.
//
// What a service knows a person by is reserved on the person's own entry, in
// clauSubject: two services of one sector share it, so it belongs to neither
// consent. Digests of that, and of the handle, are in clauReserved. When a
// person is removed they move to an entry in ou=retired, one for everybody of a
// year, that keeps them from re-use: at no moment are they free, and nothing
// shows which of them were one person's.
//
// What was typed by somebody reaches a filter or a DN only through the escapes
// of RFC 4515 and RFC 4514; an empty password reaches nothing; a certificate
// that cannot be verified ends the connection.
package ldapbackend

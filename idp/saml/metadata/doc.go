// SPDX-License-Identifier: AGPL-3.0-or-later

// Package metadata owns SAML metadata (saml-metadata-2.0-os): Clau's own, which
// it writes, and that of service providers, which it reads, fetches and keeps
// fresh.
//
//	Describe ──► /saml/metadata                       Clau's own
//
//	file ──► Select ─────────► Parse ──► the service's record ──► Book ──► a sign-on
//	address ──► Fetcher ──► trusted? ──┘        ▲
//	                               Refresher ───┘  last good copy stays
//
// What is trusted. A document handed in as a file is the admin's word. A
// fetched one is signed with a key that was pinned when the service was
// registered, never one that the document brings along; without a pinned key
// only the address of a single entity will do, where TLS vouches for the host
// and the admin for the address. An aggregate speaks for many, so it must be
// signed. What is signed says until when it is valid, at most 28 days ahead, be it
// of many or of one (as a metadata query answers): a signature is as good from
// any mirror, and whoever holds an old copy could bring back a key that was
// withdrawn.
//
// What a refresh never does. It moves no service to another entity, takes in
// nothing that Parse would refuse at registration, and loosens nothing: where
// the copy on hand says that requests are signed and the new one does not, the
// service's record says so from then on, until an admin lifts it. A source that
// fails, lies or shrinks changes nothing; the last good copy stays, and serves
// until it says itself that it is too old. A document that came as a file is not
// held to that end: nobody would renew it, and what several applications write
// ends within two days.
//
// Who causes a fetch. An admin who registers a service, and time. A request of a
// stranger never does: an issuer that no service is registered under is refused
// from the directory's answer alone.
//
// The package trusts no certificate's dates, issuer or name: in metadata a
// certificate is the wrapping of a key (saml-metadata-iop-os section 2.5). It
// decides nothing about people and answers no request.
package metadata

// SPDX-License-Identifier: AGPL-3.0-or-later

// Package account owns a person's own pages at Clau: the portal, where they
// choose a service; the account, where they see and change what is known of
// them; their memberships; what happened; the file with everything; the end of
// the account; and the ways back in for who forgot the password. It is also the
// protocol of sign-ons that lead to no service but to these pages.
//
// It never shows one person's data to another: everything on a page is read for
// the visitor that the guard let through, or for who holds a ticket. Whoever is
// not logged in is told the same whether or not somebody exists.
//
// What a borrowed browser must not do asks for the password once more: another
// address, another password, a code on paper, the end of the account. A link
// from a letter changes nothing when it is opened; the button on its page does.
package account

// SPDX-License-Identifier: AGPL-3.0-or-later

// Package account owns a person's own pages at Clau: the portal, where they
// choose a service, and the account, where they see what is known of them. It
// is also the protocol of sign-ons that lead to no service but to these pages.
//
// It never shows one person's data to another: everything on a page is read for
// the visitor that the guard let through.
package account

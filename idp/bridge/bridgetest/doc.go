// SPDX-License-Identifier: AGPL-3.0-or-later

// Package bridgetest is a town for tests of doors that lead to one kind of
// application: people, services, a browser, and the real pipeline with its pages
// between them. Hosts are handlers in the same process, reached by name.
//
// It is for tests only.
package bridgetest

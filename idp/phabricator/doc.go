// SPDX-License-Identifier: AGPL-3.0-or-later

// Package phabricator is being built.
package phabricator

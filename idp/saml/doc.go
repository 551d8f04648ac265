// SPDX-License-Identifier: AGPL-3.0-or-later

// Package saml is being built.
package saml

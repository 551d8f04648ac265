// SPDX-License-Identifier: AGPL-3.0-or-later

// Package xmlsig is being built.
package xmlsig

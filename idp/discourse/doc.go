// SPDX-License-Identifier: AGPL-3.0-or-later

// Package discourse is being built.
package discourse

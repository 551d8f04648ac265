// SPDX-License-Identifier: AGPL-3.0-or-later

// Package preset is being built.
package preset

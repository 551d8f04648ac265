// SPDX-License-Identifier: AGPL-3.0-or-later

// Package metadata is being built.
package metadata

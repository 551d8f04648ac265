// SPDX-License-Identifier: AGPL-3.0-or-later

// Package services is being built.
package services

// SPDX-License-Identifier: AGPL-3.0-or-later

// Package forwardauth is being built.
package forwardauth

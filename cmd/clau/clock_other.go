// SPDX-License-Identifier: AGPL-3.0-or-later

//go:build !linux

package main

// unsynchronised is not known here.
func unsynchronised() bool { return false }

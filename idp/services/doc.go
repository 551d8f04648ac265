// SPDX-License-Identifier: AGPL-3.0-or-later

// Package services is where services are registered and kept: by people on
// pages, by presets, by software. It owns what a registration may say (package
// rules), the kinds of applications (package preset), registration by programs
// (package dynamic), and the pictures of services that pages show.
//
// It never takes part in a sign-on: what a service may do is in its record, and
// the rooms of the protocols read it there.
package services

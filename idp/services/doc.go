// SPDX-License-Identifier: AGPL-3.0-or-later

// Package services is where services are registered and kept: by people on
// pages, by presets, by software. It owns what a registration may say (package
// rules), the kinds of applications (package preset), registration by programs
// (package dynamic), the pages of those who register and keep services, and the
// pictures of services that other pages show.
//
// # Who may what
//
//	managers of the collective   add, say who enters (public, guests), make and
//	                             revoke tokens for software, open what waits;
//	                             and all that follows
//	admins of the service        guide, secret, addresses, stop and open again,
//	                             remove, test, how much it is used
//	anybody else                 nothing: the pages are not there
//
// Who keeps a service was trusted with that one. So they add none, and cannot
// open theirs beyond the collective: both is the managers' word. They are told
// how often the service is used, by days, and never by whom.
//
// Services are written by Clau itself: no person's rights in the directory reach
// them. The checks are therefore made a second time before each write, of what
// the directory says now, and the event names who did it.
//
// It never takes part in a sign-on: what a service may do is in its record, and
// the rooms of the protocols read it there.
package services

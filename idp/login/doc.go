// SPDX-License-Identifier: AGPL-3.0-or-later

// Package login owns the steps that prove who somebody is. Each step takes what
// a person gave and returns a [session.Proof], or one of the sentinels below.
//
// All doors behave alike towards who knocks without a key: an unknown name, a
// wrong password, an account that is disabled or not yet accepted get the same
// answer after the same work. What tells them apart is in the log only.
//
// Attempts are counted before they are judged, under the person's id and never
// under what was typed, so that five hundred guesses at once, or one guess in
// five spellings, are still counted as what they are (CVE-2025-24806 and
// CVE-2026-47203 of a peer). The brake holds a person at one address quickly
// and a person at all addresses slowly, so that guessing from elsewhere does
// not lock out who is at home.
//
// The package renders no page and begins no session.
package login

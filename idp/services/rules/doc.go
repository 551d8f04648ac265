// SPDX-License-Identifier: AGPL-3.0-or-later

// Package rules says what a service may be registered with, for everybody who
// registers one: commands, presets, pages, and software that registers itself.
// A rule that held for one of them only would be no rule.
//
// It only judges. It reads nothing, writes nothing and asks nobody.
package rules

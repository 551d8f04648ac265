// SPDX-License-Identifier: AGPL-3.0-or-later

// Package model owns what an entry may look like: attribute types with their
// syntaxes and matching rules, object classes, names, and the check of an entry
// against them (RFC 4512, RFC 4514, RFC 4517).
//
// It never decides who may see or change an entry, and never stores one.
package model

// SPDX-License-Identifier: AGPL-3.0-or-later

// Package collective owns the pages of those who manage a collective. There is
// one: where they write what services may learn of its people, and see the
// screen that comes of it before it holds.
//
// A page is for managers of that very collective. To everybody else it is not
// there, and neither is a collective that does not exist: whoever asks learns
// nothing, not by the words of the answer nor by the work it takes.
//
// The package never decides what a policy means, which is package consent's:
// what was typed becomes a document, that package reads it, and its faults lead
// back to the fields. What a manager writes is written in their own name, so
// that the directory's rules can refuse what this package should have refused.
package collective

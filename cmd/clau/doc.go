// SPDX-License-Identifier: AGPL-3.0-or-later

// Command clau runs the identity provider and looks after what it keeps.
//
// The package owns the command line and the putting together of one node: one
// file for each command, with its manual page in it. It never decides who may
// do what, and never speaks a protocol; whoever can read the configuration and
// its secrets is the operator, and writes to the directory as Clau itself.
//
// The rules of what it prints:
//
//   - What was asked for goes to the standard output, everything else to the
//     standard error, so that output can be piped.
//   - With --json the output is one JSON document whose field names never
//     change; new ones may be added.
//   - An error is one sentence in lower case, without a full stop. It says what
//     to do next where there is something to do.
//   - A secret is printed once, when it is made, and can never be asked for.
//   - Colour is for terminals only, and not if NO_COLOR is set.
//   - The exit status is 0 when all went well, 1 when it did not, 2 when the
//     command line could not be understood.
package main

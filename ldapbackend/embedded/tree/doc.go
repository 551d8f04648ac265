// SPDX-License-Identifier: AGPL-3.0-or-later

// Package tree owns the entries of the embedded directory: one bbolt file with
// entries, names, indexes and the log of changes, all written together or not
// at all.
//
//	meta     format, base DN, last change sequence number
//	entries  id -> entry without its members
//	names    path from the root -> id; a subtree is a range of keys
//	members  id, normalized DN -> DN as written
//	changes  number -> what changed, the last few thousand
//	eq:<x>   normalized value, id -> nothing; one bucket for each indexed type
//
// Members are kept apart from their group, so that neither asking whether
// somebody belongs to a group nor adding somebody to it costs more for a large
// group than for a small one.
//
// What is deleted leaves its bytes in pages that are free, until they are used
// again or [Store.Compact] writes the file anew.
//
// The package decides nothing: what may be written, and by whom, has been
// decided when it is called.
package tree

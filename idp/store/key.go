// SPDX-License-Identifier: AGPL-3.0-or-later

package store

import "fmt"

// The longest key, and the longest member of a set, in bytes.
const (
	KeyMax    = 200
	MemberMax = 4096
)

// CheckKey tells why key cannot be used, or returns nil. Every implementation
// asks it before anything else: a key with a control character in it could
// reach into another kind's names.
func CheckKey(key string) error {
	if key == "" || len(key) > KeyMax {
		return fmt.Errorf("store: key of %d bytes", len(key))
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return fmt.Errorf("store: byte %#02x in a key", key[i])
		}
	}
	return nil
}

// CheckOp tells why op cannot be done, or returns nil.
func CheckOp(op Op) error {
	if join, ok := op.(Join); ok && len(join.Member) > MemberMax {
		return fmt.Errorf("store: member of %d bytes", len(join.Member))
	}
	return CheckKey(keyOf(op))
}

func keyOf(op Op) string {
	switch op := op.(type) {
	case Put:
		return op.Key
	case PutRecord:
		return op.Key
	case Touch:
		return op.Key
	case Renew:
		return op.Key
	case Join:
		return op.Key
	case Leave:
		return op.Key
	case Delete:
		return op.Key
	}
	return ""
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package tree

import (
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// The buckets, and the keys of the first.
const (
	metaBucket    = "meta"
	entriesBucket = "entries"
	namesBucket   = "names"
	membersBucket = "members"
	changesBucket = "changes"

	metaFormat = "format"
	metaBase   = "base"
	metaCSN    = "csn"

	format = "1"
)

// prepare makes the buckets and ties the file to its base DN.
func (s *Store) prepare() error {
	return s.db.Load().Update(func(tx *bbolt.Tx) error {
		names := []string{metaBucket, entriesBucket, namesBucket, membersBucket, changesBucket}
		for _, b := range s.buckets {
			names = append(names, string(b))
		}
		for _, name := range names {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return fmt.Errorf("tree: prepare: %w", err)
			}
		}
		meta := tx.Bucket([]byte(metaBucket))
		if known := meta.Get([]byte(metaBase)); known != nil {
			return s.recognize(meta, string(known))
		}
		return s.christen(meta)
	})
}

func (s *Store) recognize(meta *bbolt.Bucket, base string) error {
	if f := string(meta.Get([]byte(metaFormat))); f != format {
		return fmt.Errorf("tree: file has format %q, this program knows %q", f, format)
	}
	if base != s.Base.Norm() {
		return fmt.Errorf("%w: %q", ErrOtherBase, base)
	}
	return nil
}

func (s *Store) christen(meta *bbolt.Bucket) error {
	if err := meta.Put([]byte(metaFormat), []byte(format)); err != nil {
		return fmt.Errorf("tree: prepare: %w", err)
	}
	if err := meta.Put([]byte(metaBase), []byte(s.Base.Norm())); err != nil {
		return fmt.Errorf("tree: prepare: %w", err)
	}
	return nil
}

// nextCSN returns the next change sequence number in the form of OpenLDAP. It is
// greater than all before, whatever the clock does.
func nextCSN(last string, now time.Time) string {
	const layout = "20060102150405.000000Z"
	stamp, count := now.UTC().Format(layout), 0
	if len(last) >= len(layout)+7 && last[:len(layout)] >= stamp {
		stamp = last[:len(layout)]
		_, _ = fmt.Sscanf(last[len(layout)+1:len(layout)+7], "%06x", &count)
		count++
	}
	return fmt.Sprintf("%s#%06x#000#000000", stamp, count)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package tree

import (
	"fmt"
	"strconv"
	"strings"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
)

// Verb says what was done to an entry.
type Verb byte

const (
	Added Verb = iota + 1
	Modified
	Deleted
)

// Change is one line of the log.
type Change struct {
	Number uint64
	Verb   Verb
	ID     uint64 // of the entry
	UUID   string // entryUUID
	DN     string
}

// keptChanges is how far a client may fall behind before it must read all anew.
const keptChanges = 10_000

// log notes a change and forgets the oldest.
func (w *Write) log(verb Verb, e *model.Entry) error {
	changes := w.bucket(changesBucket)
	n, err := changes.NextSequence()
	if err != nil {
		return fmt.Errorf("tree: log: %w", err)
	}
	line := appendText([]byte{byte(verb)}, string(idKey(e.ID)))
	line = appendText(line, e.First(w.Schema.Attribute("entryUUID")))
	line = appendText(line, e.DN)
	if err := w.put(changesBucket, idKey(n), line); err != nil {
		return err
	}
	if n > keptChanges {
		if err := w.remove(changesBucket, idKey(n-keptChanges)); err != nil {
			return err
		}
	}
	return w.put(metaBucket, []byte(metaCSN), []byte(w.Stamp()))
}

// Last returns the number of the last change.
func (r *Read) Last() uint64 { return r.bucket(changesBucket).Sequence() }

// Since returns up to limit changes after number. ok is false when some of them
// have been forgotten.
func (r *Read) Since(number uint64, limit int) (changes []Change, ok bool) {
	c := r.bucket(changesBucket).Cursor()
	k, v := c.Seek(idKey(number + 1))
	if number > r.Last() || k == nil && number < r.Last() || k != nil && number8(k) != number+1 {
		return nil, false
	}
	for ; k != nil && len(changes) < limit; k, v = c.Next() {
		d := decoder{rest: string(v[1:])}
		id := number8([]byte(d.text()))
		changes = append(changes, Change{number8(k), Verb(v[0]), id, d.text(), d.text()})
	}
	return changes, true
}

// Cookie names the state after a change to a client, that it may go on from there.
func (r *Read) Cookie(number uint64) string {
	return string(r.bucket(metaBucket).Get([]byte(metaGeneration))) + "." + strconv.FormatUint(number, 10)
}

// Resume reads a cookie. ok is false when it is not of this file, or too old.
func (r *Read) Resume(cookie string) (number uint64, ok bool) {
	generation, digits, found := strings.Cut(cookie, ".")
	if !found || generation != string(r.bucket(metaBucket).Get([]byte(metaGeneration))) {
		return 0, false
	}
	number, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return 0, false
	}
	_, ok = r.Since(number, 1)
	return number, ok
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package tree

import (
	"fmt"
	"sort"
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
	CSN    string
	Verb   Verb
	ID     uint64 // of the entry
	UUID   string // entryUUID
	DN     string
}

// keptChanges is how far a client may fall behind before it must read all anew.
const keptChanges = 10_000

// log notes a change and forgets the oldest. Each change uses up a change
// sequence number, by which a client says how far it has followed.
func (w *Write) log(verb Verb, e *model.Entry) error {
	changes := w.bucket(changesBucket)
	n, err := changes.NextSequence()
	if err != nil {
		return fmt.Errorf("tree: log: %w", err)
	}
	csn := w.Stamp()
	w.stamp = ""
	line := Change{CSN: csn, Verb: verb, ID: e.ID, UUID: e.First(w.Schema.Attribute("entryUUID")), DN: e.DN}
	if err := w.put(changesBucket, idKey(n), line.encode()); err != nil {
		return err
	}
	if n > keptChanges {
		if err := w.remove(changesBucket, idKey(n-keptChanges)); err != nil {
			return err
		}
	}
	return w.put(metaBucket, []byte(metaCSN), []byte(csn))
}

// encode leaves the number out, which is the key.
func (c Change) encode() []byte {
	line := appendText([]byte{byte(c.Verb)}, c.CSN)
	line = appendText(line, string(idKey(c.ID)))
	line = appendText(line, c.UUID)
	return appendText(line, c.DN)
}

// Last returns the number of the last change.
func (r *Read) Last() uint64 { return r.bucket(changesBucket).Sequence() }

// CSN returns the change sequence number of the last change.
func (r *Read) CSN() string { return string(r.bucket(metaBucket).Get([]byte(metaCSN))) }

// Since returns up to limit changes after number. ok is false when some of them
// have been forgotten.
func (r *Read) Since(number uint64, limit int) (changes []Change, ok bool) {
	if number > r.Last() {
		return nil, false
	}
	for n := number + 1; n <= r.Last() && len(changes) < limit; n++ {
		c, ok := r.change(n)
		if !ok {
			return nil, false
		}
		changes = append(changes, c)
	}
	return changes, true
}

func (r *Read) change(number uint64) (Change, bool) {
	line := r.bucket(changesBucket).Get(idKey(number))
	if len(line) == 0 {
		return Change{}, false
	}
	d := decoder{rest: string(line[1:])}
	c := Change{Number: number, Verb: Verb(line[0]), CSN: d.text()}
	c.ID, c.UUID, c.DN = number8([]byte(d.text())), d.text(), d.text()
	return c, true
}

// Cookie names the state after a change to a client, in the form of OpenLDAP,
// that it may go on from there.
func Cookie(csn string) string { return "rid=000,csn=" + csn }

// Resume finds the change after which a cookie was given. ok is false when it
// is not in the log: the cookie is too old, or of another directory.
func (r *Read) Resume(cookie string) (number uint64, ok bool) {
	_, csn, found := strings.Cut(cookie, "csn=")
	if !found {
		return 0, false
	}
	last := r.Last()
	kept := int(min(last, keptChanges))
	at := func(i int) uint64 { return last - uint64(kept-1-i) }
	i := sort.Search(kept, func(i int) bool {
		c, _ := r.change(at(i))
		return c.CSN >= csn
	})
	if i == kept {
		return 0, false
	}
	c, _ := r.change(at(i))
	return c.Number, c.CSN == csn
}

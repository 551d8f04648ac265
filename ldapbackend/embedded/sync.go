// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"encoding/hex"
	"strings"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/tree"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// sync answers a search with the Sync Request control (RFC 4533): what is
// there, or what changed since the cookie, and then, if the client wants it,
// every change as it happens.
//
// The stream reads the log at its own pace. A client that falls behind further
// than the log reaches is told to begin anew; nobody waits for it. It is for
// Clau and for replicas: a deletion names what others might not see.
func (q *request) sync(op wire.Search, dn model.DN) error {
	if !q.who.isIDP() && !q.who.isReplica() {
		return wire.Errorf(wire.InsufficientAccess, "sync is for the identity provider")
	}
	run := &syncing{searching: searching{request: q, op: op, base: dn.Path(), left: 1<<31 - 1, page: -1}}
	complete, err := run.refreshStart(dn)
	if err != nil {
		return err
	}
	if complete {
		if err := run.refreshAll(); err != nil {
			return err
		}
	} else if err := run.catchUp(); err != nil {
		return err
	}
	if !q.controls.sync.Persist {
		q.answers = append(q.answers, wire.SyncDone(run.cookie, !complete))
		return nil
	}
	q.conn.send(q.id, wire.RefreshDone(run.cookie, !complete))
	return run.persist()
}

// syncing is a stream of changes under way.
type syncing struct {
	searching
	position uint64 // the last change that was told
	cookie   string // after it
}

// refreshStart notes where the log stands, before anything is read, so that no
// change falls between. complete: the client needs everything.
func (run *syncing) refreshStart(dn model.DN) (complete bool, err error) {
	err = run.store.View(func(r *tree.Read) error {
		if err := run.begin(r, dn); err != nil {
			return err
		}
		asked := run.controls.sync
		position, ok := r.Resume(asked.Cookie)
		if ok {
			run.position, run.cookie, run.todo = position, asked.Cookie, nil
			return nil
		}
		if asked.Cookie != "" && asked.ReloadHint {
			return wire.Errorf(wire.SyncRefreshRequired, "sync cookie is stale")
		}
		complete, run.position, run.cookie = true, r.Last(), tree.Cookie(r.CSN())
		return nil
	})
	return complete, err
}

// refreshAll sends every entry.
func (run *syncing) refreshAll() error {
	for len(run.todo) > 0 {
		if err := run.ctx.Err(); err != nil {
			return err
		}
		var out []byte
		n := min(chunk, len(run.todo))
		err := run.store.View(func(r *tree.Read) error {
			a := run.access(r)
			for _, id := range run.todo[:n] {
				message, err := run.tell(a, tree.Change{Verb: tree.Added, ID: id})
				if err != nil {
					return err
				}
				out = append(out, message...)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := run.conn.write(out); err != nil {
			return err
		}
		run.todo = run.todo[n:]
	}
	return nil
}

// catchUp sends the changes since position.
func (run *syncing) catchUp() error {
	for {
		if err := run.ctx.Err(); err != nil {
			return err
		}
		var out []byte
		var told int
		err := run.store.View(func(r *tree.Read) error {
			changes, ok := r.Since(run.position, chunk)
			if !ok {
				return wire.Errorf(wire.SyncRefreshRequired, "too far behind")
			}
			a := run.access(r)
			for _, c := range changes {
				message, err := run.tell(a, c)
				if err != nil {
					return err
				}
				out = append(out, message...)
				run.position, run.cookie = c.Number, tree.Cookie(c.CSN)
			}
			told = len(changes)
			return nil
		})
		if err != nil || told == 0 {
			return err
		}
		if err := run.conn.write(out); err != nil {
			return err
		}
	}
}

// persist follows the log until the client leaves.
func (run *syncing) persist() error {
	for {
		changed := run.store.Changed()
		if err := run.catchUp(); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-run.ctx.Done():
			return run.ctx.Err()
		case <-run.closing:
			return wire.Errorf(wire.Unavailable, "server is closing")
		}
	}
}

// tell encodes one change as it stands now: an entry that has left the scope or
// the filter is gone for the client.
func (run *syncing) tell(a *access, c tree.Change) ([]byte, error) {
	e, err := a.read.Entry(c.ID)
	if err != nil {
		return nil, err
	}
	ea, visible := run.found(a, e)
	var cookie string
	if c.Number > 0 {
		cookie = tree.Cookie(c.CSN)
	}
	if !visible {
		if c.Number == 0 || c.Verb == tree.Added {
			return nil, nil
		}
		state := wire.SyncState(wire.SyncDelete, uuidBytes(c.UUID), cookie)
		return wire.Encode(run.id, wire.Entry{DN: c.DN}, state), nil
	}
	verb := wire.SyncAdd
	if c.Verb == tree.Modified {
		verb = wire.SyncModify
	}
	state := wire.SyncState(verb, uuidBytes(e.First(run.types.entryUUID)), cookie)
	return wire.Encode(run.id, ea.show(run.op.Attributes, run.op.TypesOnly), state), nil
}

func uuidBytes(text string) [16]byte {
	var b [16]byte
	_, _ = hex.Decode(b[:], []byte(strings.ReplaceAll(text, "-", "")))
	return b
}

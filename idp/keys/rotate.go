// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// slack is how much longer a key verifies than the last token signed with it
// lives: nodes may learn of a rotation a minute late, and clocks differ.
const slack = 10 * time.Minute

// read lists the keys of the directory but those of [Certificates].
func (r *Ring) read(ctx context.Context) ([]directory.Key, error) {
	stored, err := r.c.Directory.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the signing keys: %w", err)
	}
	return slices.DeleteFunc(stored, certified), nil
}

// maintain reads the keys, does what is due with them, and adopts the result.
func (r *Ring) maintain(ctx context.Context) error {
	r.tending.Lock()
	defer r.tending.Unlock()
	stored, err := r.read(ctx)
	if err != nil {
		return err
	}
	if err := r.adopt(stored); err != nil { // nothing is made or removed beside keys of another master secret
		return err
	}
	changed, err := r.tend(ctx, stored)
	if err != nil {
		return err
	}
	if !changed {
		return nil
	}
	if stored, err = r.read(ctx); err != nil {
		return err
	}
	return r.adopt(stored)
}

// tend makes, dates and removes keys where it is time to, and reports whether
// it found anything to do.
func (r *Ring) tend(ctx context.Context, stored []directory.Key) (bool, error) {
	changed := false
	for _, alg := range r.c.Algorithms {
		made, err := r.ensureSuccessor(ctx, alg, stored)
		if err != nil {
			return changed, err
		}
		if made != nil {
			changed = true
			stored = append(stored, *made)
		}
	}
	now := r.c.Now()
	for _, k := range stored {
		did, err := r.settle(ctx, k, stored, now)
		if err != nil {
			return changed, err
		}
		changed = changed || did
	}
	return changed, nil
}

// ensureSuccessor makes the first key of an algorithm, or publishes the next
// one when the time of the present one comes to its end.
func (r *Ring) ensureSuccessor(ctx context.Context, alg string, stored []directory.Key) (*directory.Key, error) {
	now := r.c.Now()
	last, any := newest(stored, alg, now)
	if !any {
		return r.add(ctx, alg, stored, now)
	}
	activates := last.Activates.Add(r.c.RotateEvery)
	if !last.Retires.IsZero() {
		activates = last.Retires // its successor was withdrawn
	}
	if now.Before(activates.Add(-r.c.Publish)) {
		return nil, nil
	}
	if earliest := now.Add(r.c.Publish); activates.Before(earliest) {
		activates = earliest // nobody rotated for long: the next key is shown for its full time all the same
	}
	return r.add(ctx, alg, stored, activates)
}

// newest finds the key of an algorithm that signs last.
func newest(stored []directory.Key, alg string, now time.Time) (directory.Key, bool) {
	var usable []directory.Key
	for _, k := range stored {
		if k.Algorithm == alg && k.State == directory.Active && !expired(k, now) && !retired(k, now) {
			usable = append(usable, k)
		}
	}
	if len(usable) == 0 {
		return directory.Key{}, false
	}
	return slices.MinFunc(usable, preferred), true
}

// add makes a key and gives it to the directory. That another node was faster
// is as good: its key has the same name and the directory has it.
func (r *Ring) add(ctx context.Context, alg string, stored []directory.Key, activates time.Time) (*directory.Key, error) {
	now := r.c.Now()
	k, err := r.make(r.nextID(alg, stored, now), alg, now, activates)
	if err != nil {
		return nil, err
	}
	err = r.c.Directory.AddKey(ctx, k)
	if err != nil && !errors.Is(err, directory.ErrExists) {
		return nil, fmt.Errorf("adding a signing key: %w", err)
	}
	if err == nil {
		r.c.Logger.Info("signing key made", "kid", k.ID, "alg", alg, "activates", activates)
	}
	return &k, nil
}

// nextID names the key after the last one that was made, or after the day.
func (r *Ring) nextID(alg string, stored []directory.Key, now time.Time) directory.KeyID {
	taken, of := map[directory.KeyID]bool{}, now.UTC().Format(time.DateOnly)
	var last time.Time
	for _, k := range stored {
		taken[k.ID] = true
		if k.Algorithm == alg && !k.Created.Before(last) {
			of, last = string(k.ID), k.Created
		}
	}
	id := successorID(r.c.Sealer, alg, of)
	for taken[id] {
		id = successorID(r.c.Sealer, alg, string(id))
	}
	return id
}

// settle dates the end of a key that has a successor, and removes one whose
// end has come, or all but its public half.
func (r *Ring) settle(ctx context.Context, k directory.Key, stored []directory.Key, now time.Time) (bool, error) {
	if k.State == directory.Expired {
		return false, nil
	}
	if expired(k, now) && r.outlives(k) {
		return true, r.empty(ctx, k)
	}
	if expired(k, now) {
		if err := r.c.Directory.RemoveKey(ctx, k.ID); err != nil && !errors.Is(err, directory.ErrNotFound) {
			return false, fmt.Errorf("removing a signing key: %w", err)
		}
		r.c.Logger.Info("signing key removed", "kid", k.ID, "alg", k.Algorithm)
		return true, nil
	}
	next, ok := successor(k, stored)
	if !ok || !k.Retires.IsZero() {
		return false, nil
	}
	k.Retires = next.Activates
	k.Expires = k.Retires.Add(r.c.Overlap + slack)
	if err := r.c.Directory.ReplaceKey(ctx, k); err != nil && !errors.Is(err, directory.ErrNotFound) {
		return false, fmt.Errorf("dating a signing key: %w", err)
	}
	return true, nil
}

// successor finds the key that signs next after k.
func successor(k directory.Key, stored []directory.Key) (directory.Key, bool) {
	var next directory.Key
	for _, s := range stored {
		if s.Algorithm != k.Algorithm || s.State != directory.Active || preferred(s, k) >= 0 {
			continue
		}
		if next.ID == "" || preferred(next, s) < 0 {
			next = s
		}
	}
	return next, next.ID != ""
}

func expired(k directory.Key, now time.Time) bool {
	return !k.Expires.IsZero() && !now.Before(k.Expires)
}

func retired(k directory.Key, now time.Time) bool {
	return !k.Retires.IsZero() && !now.Before(k.Retires)
}

// Rotate replaces the key that signs with alg. The new one is published first
// and used after the usual time; with now it is used at once, and services that
// have not read the keys since refuse its tokens until they do. The old key
// goes on verifying; see [Ring.Withdraw] for one that is no longer secret.
func (r *Ring) Rotate(ctx context.Context, alg string, now bool) error {
	if !slices.Contains(r.c.Algorithms, alg) {
		return fmt.Errorf("keys: no such algorithm: %q", alg)
	}
	stored, err := r.read(ctx)
	if err != nil {
		return err
	}
	at := r.c.Now()
	if last, any := newest(stored, alg, at); any && !now {
		if last.Activates.After(at) {
			return nil // a successor is published already
		}
		at = at.Add(r.c.Publish)
	}
	if _, err := r.add(ctx, alg, stored, at); err != nil {
		return err
	}
	return r.maintain(ctx)
}

// Withdraw takes a key out of use at once: it signs and verifies nothing any
// more and is no longer published. Tokens signed with it are void. Other nodes
// follow within a minute.
func (r *Ring) Withdraw(ctx context.Context, id directory.KeyID) error {
	stored, err := r.read(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(stored, func(k directory.Key) bool { return k.ID == id })
	if i < 0 {
		return fmt.Errorf("withdrawing a signing key: %w", directory.ErrNotFound)
	}
	k, now := stored[i], r.c.Now()
	k.State, k.Retires, k.Expires = directory.Retired, now, now.Add(r.c.Overlap+slack)
	if err := r.c.Directory.ReplaceKey(ctx, k); err != nil {
		return fmt.Errorf("withdrawing a signing key: %w", err)
	}
	r.c.Logger.Warn("signing key withdrawn", "kid", id, "alg", k.Algorithm)
	return r.maintain(ctx)
}

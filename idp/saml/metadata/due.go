// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"time"

	"commonscloud.coop/clau/idp/store"
)

const (
	// retryAfter is how long a claim on a source lives, and so when one that
	// failed is tried again. It is shorter than any wait for what is due.
	retryAfter = 20 * time.Minute

	// What sources say themselves is bent to these. Copies are kept for an hour at
	// least, whatever a source says, and asked about every day.
	dueMin = time.Hour
	dueMax = 24 * time.Hour
	dueFor = 6 * time.Hour // where it says nothing

	// wholeEvery is how often a document is got even if its source has nothing new:
	// a record may be older than what the nodes know, as after a restore.
	wholeEvery = 24 * time.Hour

	// memory is how long it is known what a source was like. A source that has
	// shrunk for that long is meant so.
	memory = 7 * 24 * time.Hour
)

// knowledge is what the nodes know of a source. It may be lost: then it is asked
// sooner, and compared with nothing.
type knowledge struct {
	Seen     seen          `json:"seen"`
	Entities int           `json:"entities"`
	Cache    time.Duration `json:"cache"`
	Due      time.Time     `json:"due"`
	Got      time.Time     `json:"got"` // when it was last got whole
}

func claimKey(s Source) string     { return "saml-fetch:" + s.id() }
func knowledgeKey(s Source) string { return "saml-source:" + s.id() }

func (r *Refresher) known(ctx context.Context, s Source) (knowledge, error) {
	var k knowledge
	raw, err := r.c.Store.Get(ctx, knowledgeKey(s))
	if errors.Is(err, store.ErrNotFound) {
		return k, nil
	}
	if err != nil {
		return k, err
	}
	if json.Unmarshal(raw, &k) != nil {
		return knowledge{}, nil // of another version: as good as lost
	}
	return k, nil
}

// remember leaves the claim to end by itself, before anything is due again.
func (r *Refresher) remember(ctx context.Context, s Source, k knowledge) error {
	raw, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return r.c.Store.Write(ctx, store.Put{Key: knowledgeKey(s), Value: raw, TTL: memory})
}

// due is when to ask again: after the time that copies may be kept, and well
// before they end (saml-metadata-2.0-os section 4.3.1), a little earlier each
// time, so that not all who read a federation come at once.
func (r *Refresher) due(cache time.Duration, until time.Time) time.Time {
	wait := cmp.Or(cache, dueFor)
	if !until.IsZero() {
		wait = min(wait, until.Sub(r.c.Now())/2)
	}
	wait = min(max(wait, dueMin), dueMax)
	return r.c.Now().Add(wait - r.jitter(wait/10))
}

// jitter is a part of at most.
func (r *Refresher) jitter(most time.Duration) time.Duration {
	var dice [2]byte
	_, err := io.ReadFull(r.c.Rand, dice[:])
	if err != nil {
		return 0
	}
	return most * time.Duration(binary.BigEndian.Uint16(dice[:])) / (1 << 16)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/http"
	"time"
)

// Counter counts in a store that all nodes share.
type Counter interface {
	Count(ctx context.Context, key string, window time.Duration) (int64, error)
}

// Limit is how often something may happen under one key.
type Limit struct {
	Name   string        // of what is counted, "[a-z-]+": "login-address", "login-person" …
	Max    int64         // times in a window
	Window time.Duration // from the first time on

	// OpenWhenStoreIsDown lets everything pass while nothing can be counted.
	// Logins must not: whoever brings the store down could guess at will.
	OpenWhenStoreIsDown bool
}

// Limiter counts what matters, across all nodes.
type Limiter struct{ Store Counter }

// Take counts once under key, and refuses with 429 and Retry-After when the
// limit is passed. The key names one client ([AddrKey]) or one person (by id,
// never by what was typed); it is hashed before it reaches the store.
func (l Limiter) Take(ctx context.Context, limit Limit, key string) error {
	n, err := l.Store.Count(ctx, limit.key(key), limit.Window)
	if err != nil && limit.OpenWhenStoreIsDown {
		Note(ctx, "limit_open", limit.Name)
		return nil
	}
	if err != nil {
		return FailWith(Problem{Status: http.StatusServiceUnavailable, Code: "unavailable", RetryAfter: 10 * time.Second},
			fmt.Errorf("count %s: %w", limit.Name, err))
	}
	if n > limit.Max {
		Note(ctx, "limit", limit.Name)
		return tooMany(limit.Window, nil)
	}
	return nil
}

func (l Limit) key(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "limit:" + l.Name + ":" + base32.StdEncoding.EncodeToString(sum[:15])
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package demo

import (
	"encoding/base64"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// visit is one browser at one service. It begins when somebody sets out to log
// in, and knows who they are once they are back.
type visit struct {
	// On the way to Clau.
	state, nonce, verifier string

	// Back from it; received is nil before.
	received *received
	begun    time.Time
}

// received is everything that the service was told of a person.
type received struct {
	subject, sid string
	idToken      string // as it came, to be shown back when logging out
	token        *oauth2.Token
	fromIDToken  []claim
	fromUserinfo []claim
	refreshed    int
}

// visits keeps the visits of one service by the secret in the browser's cookie.
type visits struct {
	now func() time.Time

	mu    sync.Mutex
	byKey map[string]visit
	seen  map[string]time.Time // jti of logout tokens, until they expire
}

const (
	visitMax  = 1000
	visitLife = 8 * time.Hour
)

func newVisits(now func() time.Time) *visits {
	return &visits{now: now, byKey: map[string]visit{}, seen: map[string]time.Time{}}
}

func (v *visits) get(key string) (visit, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	found, ok := v.byKey[key]
	if !ok || v.now().Sub(found.begun) > visitLife {
		return visit{}, false
	}
	return found, true
}

func (v *visits) put(key string, next visit) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.byKey) >= visitMax {
		v.dropOldest()
	}
	v.byKey[key] = next
}

func (v *visits) dropOldest() {
	oldest, at := "", v.now()
	for key, one := range v.byKey {
		if !one.begun.After(at) {
			oldest, at = key, one.begun
		}
	}
	delete(v.byKey, oldest)
}

// take returns a visit and forgets it: what is on the way is used once.
func (v *visits) take(key string) (visit, bool) {
	found, ok := v.get(key)
	v.end(key)
	return found, ok
}

func (v *visits) end(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.byKey, key)
}

// endSession ends what Clau's logout token names: one session by its sid, or
// all of a subject. It returns how many visits that ended.
func (v *visits) endSession(subject, sid string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	ended := 0
	for key, one := range v.byKey {
		if one.received == nil {
			continue
		}
		if sid != "" && one.received.sid == sid || sid == "" && one.received.subject == subject {
			delete(v.byKey, key)
			ended++
		}
	}
	return ended
}

// first reports whether a logout token is seen for the first time.
func (v *visits) first(jti string, expires time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for old, end := range v.seen {
		if end.Before(v.now()) {
			delete(v.seen, old)
		}
	}
	_, again := v.seen[jti]
	v.seen[jti] = expires
	return !again
}

func random(r io.Reader) (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// cookie names the browser's visit. All services of the demonstration are on
// one host, where cookies know no ports: each needs a name of its own.
func (s *Site) cookie(value string) *http.Cookie {
	return &http.Cookie{
		Name: s.c.Name + "_visit", Value: value, Path: "/", HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: s.c.Address.Scheme == "https",
	}
}

func (s *Site) key(r *http.Request) string {
	c, err := r.Cookie(s.c.Name + "_visit")
	if err != nil {
		return ""
	}
	return c.Value
}

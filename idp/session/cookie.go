// SPDX-License-Identifier: AGPL-3.0-or-later

package session

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"time"

	"commonscloud.coop/clau/idp/retention"
)

// Cookies of Clau. With an https issuer both carry the prefix __Host-, which
// browsers accept from this very host only and send to nobody else; with an
// http issuer (loopback) they are plain, so that any local tool can drive it.
const (
	sessionCookie = "clau_session"
	browserCookie = "clau_browser"
)

// keyBytes is the length of a session's name, secretBytes that of what opens it.
const (
	keyBytes    = 16
	secretBytes = 32
)

var (
	keyLength    = base64.RawURLEncoding.EncodedLen(keyBytes)
	secretLength = base64.RawURLEncoding.EncodedLen(secretBytes)
)

// browserLife is how long a browser keeps its name: longer than any sign-on in
// progress lives, short enough to be no means of tracking.
const browserLife = retention.BrowserName

// digest is what is kept of a secret: who reads the store opens nothing with it.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Browser returns the digest of the browser's name, and false for one without.
func (m *Manager) Browser(r *http.Request) (string, bool) {
	name, ok := m.browserName(r)
	return digest(name), ok
}

// NameBrowser returns the digest of the browser's name, giving it one if it has
// none and a new span of life if it has. Naming asks no store: the name is all
// there is.
func (m *Manager) NameBrowser(w http.ResponseWriter, r *http.Request) (string, error) {
	name, ok := m.browserName(r)
	if !ok {
		var err error
		if name, err = m.random(secretBytes); err != nil {
			return "", err
		}
	}
	m.setCookie(w, browserCookie, name, browserLife)
	return digest(name), nil
}

func (m *Manager) browserName(r *http.Request) (string, bool) {
	name, ok := m.cookie(r, browserCookie)
	return name, ok && len(name) == secretLength
}

func (m *Manager) random(n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(m.c.Rand, b); err != nil {
		return "", fmt.Errorf("session: no randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

func (m *Manager) name(cookie string) string {
	if m.c.Secure {
		return "__Host-" + cookie
	}
	return cookie
}

// cookie reads a secret of ours. Two cookies of one name mean that a sibling
// host planted one (cookie tossing): neither is believed. The __Host- prefix
// closes that door; this one remains for http issuers.
func (m *Manager) cookie(r *http.Request, name string) (string, bool) {
	found := r.CookiesNamed(m.name(name))
	if len(found) != 1 || found[0].Value == "" {
		return "", false
	}
	return found[0].Value, true
}

// setCookie sets or, with a negative life, removes a cookie. Lax is what lets a
// service's redirect arrive with the session, and keeps posts from elsewhere
// without it.
func (m *Manager) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: m.name(name), Value: value, Path: "/", MaxAge: int(life.Seconds()),
		Secure: m.c.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// Logs keeps every line that Clau writes, at every level.
type Logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write appends.
func (l *Logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is all of it.
func (l *Logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Logger returns a logger that writes here.
func (l *Logs) Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Lines are those that contain the words.
func (l *Logs) Lines(words string) []string {
	var found []string
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, words) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// Hides fails the test for each of the secrets that was written down.
func (l *Logs) Hides(t testing.TB, secrets map[string]string) {
	t.Helper()
	text := l.String()
	for what, secret := range secrets {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("the log shows %s: %s", what, l.Lines(secret)[0])
		}
	}
}

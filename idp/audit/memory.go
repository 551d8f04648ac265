// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"context"
	"slices"
	"sync"
)

// Memory is a log that keeps its events for tests to read. The zero value is
// ready.
type Memory struct {
	mu     sync.Mutex
	events []Event
}

var _ Log = (*Memory)(nil)

// Write keeps the event.
func (m *Memory) Write(_ context.Context, e Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, e.Plain())
}

// Events returns what was written, oldest first.
func (m *Memory) Events() []Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events)
}

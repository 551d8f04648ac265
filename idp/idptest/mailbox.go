// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"context"
	"slices"
	"sync"

	"commonscloud.coop/clau/idp/mail"
)

// Mailbox keeps what Clau would send.
type Mailbox struct {
	mu   sync.Mutex
	kept []mail.Message
}

var _ mail.Sender = (*Mailbox)(nil)

// Send keeps the message.
func (m *Mailbox) Send(_ context.Context, message mail.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept = append(m.kept, message)
	return nil
}

// To are the messages to an address, in order.
func (m *Mailbox) To(address string) []mail.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []mail.Message
	for _, message := range m.kept {
		if message.To == address {
			found = append(found, message)
		}
	}
	return slices.Clip(found)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"bytes"
	"fmt"
	"io"
)

func encode(to *bytes.Buffer, head Head, events []Event) (Head, error) {
	for _, e := range events {
		next, err := head.append(to, e)
		if err != nil {
			return head, err
		}
		head = next
	}
	return head, nil
}

// stream is a record that only goes out.
type stream struct {
	to io.Writer
	at Head
}

var _ sink = (*stream)(nil)

func (s *stream) head() Head { return s.at }

func (s *stream) append(events []Event) error {
	var text bytes.Buffer
	head, err := encode(&text, s.at, events)
	if err != nil {
		return err
	}
	_, err = s.to.Write(text.Bytes())
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	s.at = head
	return nil
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package ticket_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/ticket"
)

func TestATicketGivenBackIsSpentOnceMore(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	desk := &ticket.Desk{Key: []byte("a key of this test"), Store: s, Now: now}
	bound := func(directory.PersonID) (string, error) { return "4", nil }
	text := desk.Issue(ticket.Reset, "anna", "4", now().Add(time.Hour))
	one, err := desk.Read(ticket.Reset, text, bound)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := desk.Spend(t.Context(), one); err != nil {
			t.Fatal(err)
		}
		if err := desk.Spend(t.Context(), one); !errors.Is(err, ticket.ErrSpent) {
			t.Fatalf("spent twice: %v", err)
		}
		if err := desk.GiveBack(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
}

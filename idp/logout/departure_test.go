// SPDX-License-Identifier: AGPL-3.0-or-later

package logout_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/store"
)

// guide is a courier that can lead browsers.
type guide struct{ *courier }

func (guide) Protocol() string { return "led" }

func (guide) Deliver(context.Context, logout.Participant) error { return logout.ErrBrowser }

func (guide) Lead(_ context.Context, p logout.Participant, relay string) (logout.Visit, error) {
	return logout.Visit{URL: "https://" + string(p.Service) + ".example/bye?RelayState=" + relay}, nil
}

func departing(t *testing.T) (*world, *logout.Departure) {
	w := start(t)
	w.room.Employ(guide{w.courier})
	d := &logout.Departure{Browser: "b", Protocol: "led", Reply: []byte("reply"), Legs: []logout.Leg{
		{Outcome: logout.Outcome{Participant: logout.Participant{Protocol: "led", Service: "wiki"}, Status: logout.Browser}},
		{Outcome: logout.Outcome{Participant: logout.Participant{Protocol: "test", Service: "cloud"}, Status: logout.Done}},
		{Outcome: logout.Outcome{Participant: logout.Participant{Protocol: "test", Service: "blog"}, Status: logout.Browser}},
	}}
	w.must(w.room.Depart(t.Context(), d))
	return w, d
}

func TestADepartureIsKeptAndFoundByItsRelays(t *testing.T) {
	w, d := departing(t)
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`).MatchString(d.Legs[0].Relay) || d.Legs[1].Relay != "" || d.Legs[2].Relay != "" {
		t.Fatalf("relays %+v", d.Legs)
	}
	found, i, err := w.room.Relayed(t.Context(), d.Legs[0].Relay)
	w.must(err)
	if i != 0 || found.Handle != d.Handle || string(found.Reply) != "reply" || len(found.Legs) != 3 || !found.Legs[0].Waits() || found.Legs[2].Waits() {
		t.Errorf("%d %+v", i, found)
	}
	for _, relay := range []string{"", d.Handle, d.Handle + d.Handle, d.Legs[0].Relay + "x", "\x00" + d.Legs[0].Relay[1:], strings.Repeat("A", 22)} {
		if _, _, err := w.room.Relayed(t.Context(), relay); !errors.Is(err, logout.ErrUnknown) {
			t.Errorf("%q: %v", relay, err)
		}
	}
	visit, err := w.room.Lead(t.Context(), found.Legs[0])
	if err != nil || visit.URL != "https://wiki.example/bye?RelayState="+d.Legs[0].Relay {
		t.Errorf("%+v, %v", visit, err)
	}
	if _, err := w.room.Lead(t.Context(), found.Legs[2]); !errors.Is(err, logout.ErrUnsupported) {
		t.Errorf("one that nobody leads to: %v", err)
	}
	w.clock.Advance(31 * time.Minute)
	if _, err := w.room.Departure(t.Context(), d.Handle); !errors.Is(err, logout.ErrUnknown) {
		t.Errorf("half an hour later: %v", err)
	}
}

func TestADepartureIsMovedByOneAndEndedByOne(t *testing.T) {
	w, d := departing(t)
	one, err := w.room.Departure(t.Context(), d.Handle)
	w.must(err)
	two, err := w.room.Departure(t.Context(), d.Handle)
	w.must(err)
	one.Legs[0].Led = true
	w.must(w.room.Keep(t.Context(), &one))
	two.Legs[0].Status = logout.Failed
	if err := w.room.Keep(t.Context(), &two); !errors.Is(err, store.ErrConflict) {
		t.Errorf("who came too late: %v", err)
	}
	one.Legs[0].Status = logout.Done
	w.must(w.room.Keep(t.Context(), &one))

	last, err := w.room.Arrive(t.Context(), d.Handle)
	w.must(err)
	if last.Legs[0].Status != logout.Done || !last.Legs[0].Led {
		t.Errorf("%+v", last)
	}
	if _, err := w.room.Arrive(t.Context(), d.Handle); !errors.Is(err, logout.ErrUnknown) {
		t.Errorf("a second end: %v", err)
	}
	if err := w.room.Keep(t.Context(), &one); !errors.Is(err, logout.ErrUnknown) {
		t.Errorf("moving what is over: %v", err)
	}
}

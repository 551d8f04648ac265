// SPDX-License-Identifier: AGPL-3.0-or-later

package logout_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/logout"
)

func TestWhatBecameOfDeliveriesIsCounted(t *testing.T) {
	w := start(t)
	refused := fmt.Errorf("post https://cloud.example/bcl?secret=1: %w", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED})
	w.courier.deaf["cloud"] = refused
	w.courier.deaf["blog"] = logout.ErrUnsupported
	_, err := w.room.End(t.Context(), w.signedOn("cloud", "blog", "forum").Key)
	w.must(err)
	d, err := w.room.Deliveries(t.Context(), "cloud")
	w.must(err)
	if d.Done != 0 || d.Failed != 1 || d.Retrying != 1 || d.Silent || d.Causes["refused"] != 1 || !d.LastFailed.Equal(w.clock.Now()) {
		t.Errorf("%+v", d)
	}
	if len(d.Recent) != 1 || d.Recent[0].Status != logout.Retrying || d.Recent[0].Cause != "refused" || d.Recent[0].Try != 1 {
		t.Errorf("recent %+v", d.Recent)
	}
	for range 6 {
		w.clock.Advance(20 * time.Minute)
		w.must(w.room.Sweep(t.Context()))
	}
	if d, _ = w.room.Deliveries(t.Context(), "cloud"); !d.Silent || d.Failed < 5 {
		t.Errorf("a service that never answers: %+v", d)
	}

	w.courier.hears("cloud")
	w.passes(w.room, 2*time.Hour, time.Minute)
	other := w.another() // what one node counted, another reads
	d, err = other.Deliveries(t.Context(), "cloud")
	w.must(err)
	if d.Done != 1 || d.Retrying != 0 || d.Silent || d.LastDone.IsZero() || d.Recent[0].Status != logout.Done || d.Recent[0].Try < 6 {
		t.Errorf("after it answered: %+v", d)
	}
	if d, err := other.Deliveries(t.Context(), "blog"); err != nil || d.Unsupported != 1 || d.Silent {
		t.Errorf("one without an ear: %+v, %v", d, err)
	}
	if d, err := other.Deliveries(t.Context(), "nobody"); err != nil || d.Done+d.Failed+d.Retrying != 0 {
		t.Errorf("one that nobody knows: %+v, %v", d, err)
	}
}

func TestCountsOfManyNodesAndDaysAreOne(t *testing.T) {
	w := start(t)
	for range 3 {
		node := w.another()
		for range 2 {
			_, err := node.End(t.Context(), w.signedOn("cloud").Key)
			w.must(err)
			w.must(node.Sweep(t.Context()))
			w.clock.Advance(25 * time.Hour)
		}
	}
	if d, err := w.another().Deliveries(t.Context(), "cloud"); err != nil || d.Done != 6 || len(d.Recent) != 6 {
		t.Errorf("%+v, %v", d, err)
	}
	w.clock.Advance(31 * 24 * time.Hour)
	if d, err := w.another().Deliveries(t.Context(), "cloud"); err != nil || d.Done != 0 {
		t.Errorf("a month later: %+v, %v", d, err)
	}
}

func TestWhatAPersonReadsOfTheirLastLogOut(t *testing.T) {
	w := start(t)
	if _, _, err := w.room.Last(t.Context(), "anna"); !errors.Is(err, logout.ErrUnknown) {
		t.Errorf("before any: %v", err)
	}
	w.courier.deaf["cloud"] = errDown
	_, err := w.room.End(t.Context(), w.signedOn("cloud", "forum").Key)
	w.must(err)
	want := func(cloud logout.Status) {
		t.Helper()
		at, told, err := w.room.Last(t.Context(), "anna")
		w.must(err)
		got := map[string]logout.Status{}
		for _, o := range told {
			got[string(o.Participant.Service)] = o.Status
		}
		if at.IsZero() || len(got) != 2 || got["cloud"] != cloud || got["forum"] != logout.Done {
			t.Errorf("%v %v, want %s", at, got, cloud)
		}
	}
	want(logout.Retrying)
	w.courier.hears("cloud")
	w.passes(w.room, time.Minute, 10*time.Second)
	want(logout.Done)

	_, err = w.room.EndPerson(t.Context(), "anna")
	w.must(err)
	if _, _, err := w.room.Last(t.Context(), "anna"); !errors.Is(err, logout.ErrUnknown) {
		t.Errorf("after all that they had was ended: %v", err)
	}
}

func TestGivingUpIsSeen(t *testing.T) {
	w := start(t)
	w.courier.deaf["cloud"] = errDown
	_, err := w.room.End(t.Context(), w.signedOn("cloud").Key)
	w.must(err)
	w.passes(w.room, 75*time.Hour, 10*time.Minute)
	d, err := w.room.Deliveries(t.Context(), "cloud")
	w.must(err)
	if d.GivenUp != 1 || d.Retrying != 0 || !d.Silent {
		t.Errorf("%+v", d)
	}
	if _, told, err := w.room.Last(t.Context(), "anna"); err != nil || told[0].Status != logout.Failed {
		t.Errorf("%+v, %v", told, err)
	}
}

// Causes are words of ours: neither an address nor what a service wrote.
func TestCausesGiveNothingAway(t *testing.T) {
	w := start(t)
	for cause, class := range map[error]string{
		errors.New("post https://cloud.example/?key=hunter2: odd"):                     "other",
		fmt.Errorf("x: %w", &logout.AnsweredError{Status: 503}):                        "answered-503",
		fmt.Errorf("x: %w", context.DeadlineExceeded):                                  "timeout",
		fmt.Errorf("x: %w", &net.DNSError{Name: "cloud.example", Err: "no such host"}): "name",
	} {
		w.courier.deaf["cloud"] = cause
		_, err := w.another().End(t.Context(), w.signedOn("cloud").Key)
		w.must(err)
		room := w.another()
		_, err = room.End(t.Context(), w.signedOn("cloud").Key)
		w.must(err)
		d, err := room.Deliveries(t.Context(), "cloud")
		w.must(err)
		if d.Causes[class] == 0 || strings.Contains(fmt.Sprint(d), "cloud.example") {
			t.Errorf("%v is %v, want %s", cause, d.Causes, class)
		}
	}
}

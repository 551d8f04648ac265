// SPDX-License-Identifier: AGPL-3.0-or-later

package logout_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/session"
)

// named signs a session on at a service that calls people by names of its own.
func (w *world) named(s session.Session, service directory.ServiceID, name string) logout.Participant {
	w.t.Helper()
	p := logout.Participant{
		Protocol: "test", Service: service, Subject: "sub", SID: "sid-" + string(service) + "-" + s.Key,
		Name: name, Detail: `{"format":"persistent"}`,
	}
	w.must(w.store.Write(w.t.Context(), w.room.Enter(s, p)...))
	return p
}

func TestSessionsAreFoundByNameAtTheServiceAlone(t *testing.T) {
	w := start(t)
	first, second := w.signedOn(), w.signedOn()
	p := w.named(first, "wiki", "anna@example.coop")
	w.named(second, "wiki", "anna@example.coop")
	w.named(first, "forum", "anna@example.coop")

	found, err := w.room.ByName(t.Context(), "wiki", "anna@example.coop")
	w.must(err)
	if len(found) != 2 || found[first.Key] != p || found[second.Key].Service != "wiki" {
		t.Errorf("found %+v", found)
	}
	for service, name := range map[directory.ServiceID]string{"wiki": "ANNA@example.coop", "cloud": "anna@example.coop", "wiki\x00anna": "@example.coop"} {
		if found, err := w.room.ByName(t.Context(), service, name); err != nil || len(found) != 0 {
			t.Errorf("%s calls nobody %s: %+v, %v", service, name, found, err)
		}
	}

	_, err = w.room.End(t.Context(), first.Key)
	w.must(err)
	found, err = w.room.ByName(t.Context(), "wiki", "anna@example.coop")
	w.must(err)
	if len(found) != 1 || found[second.Key].Name == "" {
		t.Errorf("after the end of one: %+v", found)
	}
	_, err = w.room.Stop(t.Context(), "anna", "wiki")
	w.must(err)
	if found, err := w.room.ByName(t.Context(), "wiki", "anna@example.coop"); err != nil || len(found) != 0 {
		t.Errorf("after the service was stopped: %+v, %v", found, err)
	}
}

// A service with transient names gets a new one at each sign-on, and is told
// once, by the newest; any of them still finds the session.
func TestOfManyNamesTheNewestIsTold(t *testing.T) {
	w := start(t)
	s := w.signedOn("cloud")
	for _, name := range []string{"_one", "_two", "_three"} {
		w.named(s, "wiki", name)
	}
	for _, name := range []string{"_one", "_two", "_three"} {
		if found, err := w.room.ByName(t.Context(), "wiki", name); err != nil || len(found) != 1 {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	outcomes, err := w.room.End(t.Context(), s.Key)
	w.must(err)
	if len(outcomes) != 2 || w.courier.count("wiki") != 1 {
		t.Fatalf("outcomes %+v", outcomes)
	}
	i := slices.IndexFunc(w.courier.told, func(p logout.Participant) bool { return p.Service == "wiki" })
	if w.courier.told[i].Name != "_three" {
		t.Errorf("told by the name %s", w.courier.told[i].Name)
	}
	for _, name := range []string{"_one", "_two", "_three"} {
		if found, err := w.room.ByName(t.Context(), "wiki", name); err != nil || len(found) != 0 {
			t.Errorf("%s after the end: %v, %v", name, found, err)
		}
	}
}

// Whoever comes every day, and never logs out, leaves no more than two weeks of it;
// a service that calls somebody anew at each sign-on adds nothing to the session.
func TestSeatsAndListsDoNotGrowForEver(t *testing.T) {
	w := start(t)
	s := w.signedOn()
	for i := range 20 {
		w.named(s, "wiki", fmt.Sprintf("_name-%d", i))
	}
	if listed, err := w.store.Members(t.Context(), "joined:"+s.Key); err != nil || len(listed) != 1 {
		t.Errorf("the session lists %d participants, %v", len(listed), err)
	}
	most := 0
	for range 60 {
		w.clock.Advance(24 * time.Hour)
		w.named(w.signedOn(), "wiki", "anna@example.coop")
		found, err := w.room.ByName(t.Context(), "wiki", "anna@example.coop")
		w.must(err)
		most = max(most, len(found))
	}
	if most < 7 || most > 14 {
		t.Errorf("up to %d seats", most)
	}
}

// A session of a week is found on its last day, in whatever span it began.
func TestASessionIsFoundByItsNameForAsLongAsItLives(t *testing.T) {
	for day := range 7 {
		w := start(t)
		w.clock.Advance(time.Duration(day) * 24 * time.Hour)
		s := w.signedOn()
		w.named(s, "wiki", "anna@example.coop")
		w.clock.Advance(7*24*time.Hour - time.Minute)
		if found, err := w.room.ByName(t.Context(), "wiki", "anna@example.coop"); err != nil || len(found) != 1 {
			t.Errorf("begun on day %d: %+v, %v", day, found, err)
		}
		_, err := w.room.End(t.Context(), s.Key)
		w.must(err)
		if found, err := w.room.ByName(t.Context(), "wiki", "anna@example.coop"); err != nil || len(found) != 0 {
			t.Errorf("begun on day %d, after the end: %+v, %v", day, found, err)
		}
	}
}

// A service that asks for a log-out knows of it.
func TestWhoAskedIsNotToldAgain(t *testing.T) {
	w := start(t)
	first, second := w.signedOn("cloud", "wiki"), w.signedOn("wiki", "forum")
	outcomes, err := w.room.EndBut(t.Context(), "wiki", first.Key, second.Key)
	w.must(err)
	if len(outcomes) != 2 || w.courier.count("wiki") != 0 || w.courier.count("cloud") != 1 || w.courier.count("forum") != 1 {
		t.Errorf("outcomes %+v, told %+v", outcomes, w.courier.told)
	}
}

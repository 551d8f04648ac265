// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/discourse"
	"commonscloud.coop/clau/idp/logout"
)

// entered is a forum that mireia has entered, in two browsers.
func entered(t *testing.T, change ...func(*directory.Service)) (*town, *board) {
	t.Helper()
	w := start(t, change...)
	b := newBoard(w)
	w.Browser().Go(enter).LogIn("mireia").Allow()
	w.Browser().Go(enter).LogIn("mireia")
	if b.one().sessions != 2 {
		t.Fatalf("%d sessions at the forum", b.one().sessions)
	}
	return w, b
}

// hear writes an event where the forums hear of it, and lets them be told.
func (w *town) hear(e audit.Event) {
	w.T.Helper()
	ear := &discourse.Ear{Next: w.Audit}
	ear.Employ(w.p)
	ear.Write(w.T.Context(), e)
	if !strings.Contains(w.Audit.String(), string(e.Kind)) {
		w.T.Errorf("%s did not reach the record", e.Kind)
	}
	w.Clock.Advance(10 * time.Second)
	w.Must(w.p.Sweep(w.T.Context()))
}

// TestLoggingOut ends all that the person has at the forum.
func TestLoggingOut(t *testing.T) {
	w, b := entered(t)
	outcomes, err := w.Logout.EndPerson(t.Context(), "mireia")
	w.Must(err)
	if b.one().sessions != 0 || len(outcomes) == 0 || outcomes[0].Status != logout.Done {
		t.Errorf("%d sessions, %+v", b.one().sessions, outcomes)
	}
	if page := w.Browser().Go(enter).LogIn("mireia"); page.Body != "Logged in as mireia" {
		t.Errorf("and in again: %s", page.Body)
	}
}

// TestWhatTheCourierSays of each forum.
func TestWhatTheCourierSays(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *town, b *board)
		want   error // nil: done; errAgain: to be tried again
	}{
		"without a key":     {func(w *town, _ *board) { w.seal(directory.DiscourseSecrets{Connect: []string{connectSecret}}) }, logout.ErrUnsupported},
		"no forum any more": {func(w *town, _ *board) { w.set(func(s *directory.Service) { s.Discourse = nil }) }, logout.ErrUnsupported},
		"stopped, with people still inside": {func(w *town, _ *board) {
			w.set(func(s *directory.Service) { s.State = directory.Suspended })
		}, nil},
		"moved by who has no key": {func(w *town, _ *board) { w.set(returnTo("https://thief.example/session/sso_login")) }, logout.ErrUnsupported},
		"another address before":  {func(w *town, _ *board) { w.set(returnTo("https://thief.example/session/sso_login", returnURL)) }, nil},
		"another key":             {func(_ *town, b *board) { b.apiKey = "another" }, errAgain},
		"down":                    {func(_ *town, b *board) { b.down = http.StatusBadGateway }, errAgain},
		"too many calls":          {func(_ *town, b *board) { b.down = http.StatusTooManyRequests }, errAgain},
		"leads elsewhere":         {func(_ *town, b *board) { b.down = http.StatusFound }, errAgain},
		"knows nobody by that":    {func(_ *town, b *board) { b.users = nil }, nil},
		"unreachable":             {func(w *town, _ *board) { w.Host("forum.example", nil) }, errAgain},
		"an API user of its own":  {func(w *town, _ *board) { w.set(settings(func(s *directory.DiscourseSettings) { s.APIUser = "clau" })) }, errAgain},
		"the directory is silent": {func(w *town, _ *board) { w.Town.Break(directory.ErrUnavailable) }, errAgain},
	} {
		t.Run(name, func(t *testing.T) {
			w, b := entered(t)
			who := logout.Participant{Protocol: "discourse", Service: w.forum.ID, Subject: b.one().external}
			c.change(w, b)
			w.Host("thief.example", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the key went elsewhere") }))
			err := w.p.Deliver(t.Context(), who)
			again := err != nil && !errors.Is(err, logout.ErrUnsupported)
			if again != (c.want == errAgain) || !again && !errors.Is(err, c.want) {
				t.Errorf("said %v", err)
			}
			if err != nil && strings.Contains(err.Error(), who.Subject) {
				t.Errorf("%v names the person", err)
			}
		})
	}
}

func returnTo(urls ...string) func(*directory.Service) {
	return func(s *directory.Service) { s.Discourse.ReturnURLs = urls }
}

var errAgain = errors.New("to be tried again")

// TestChangesAreTold to the forum at once, and not at the next sign-on.
func TestChangesAreTold(t *testing.T) {
	w, b := entered(t, settings(func(s *directory.DiscourseSettings) {
		s.GroupNames = map[string]string{"ateneu.board": "junta"}
	}))
	s := directory.Standing{
		Memberships: []directory.Membership{{Collective: "ateneu"}},
		Access:      []directory.Access{{Collective: "ateneu", Service: w.forum.ID, Role: "board"}},
	}
	w.Town.SetStanding("mireia", s)
	w.hear(audit.Event{Kind: audit.AccessGranted, Person: "mireia", Service: w.forum.ID})
	if m := b.one(); !slices.Equal(m.groups, []string{"ateneu", "junta"}) || m.sessions != 2 {
		t.Errorf("given a role: %+v", m)
	}
	s.Access = nil
	w.Town.SetStanding("mireia", s)
	w.hear(audit.Event{Kind: audit.AccessRevoked, Person: "mireia", Service: w.forum.ID})
	if m := b.one(); !slices.Equal(m.groups, []string{"ateneu"}) {
		t.Errorf("relieved of it: %+v", m)
	}
	w.Town.SetPerson("mireia", func(p *directory.Person) { p.Name = "Mireia Puig" })
	w.Clock.Advance(time.Minute)
	w.hear(audit.Event{Kind: audit.ProfileChanged, Person: "mireia"})
	if b.said().Get("name") != "Mireia Puig" || b.said().Has("nonce") {
		t.Errorf("said %v", b.said())
	}
}

// TestWhoDoesNotEnterAnyMore is logged out of the forum, also where no session
// of ours is left to say so.
func TestWhoDoesNotEnterAnyMore(t *testing.T) {
	for kind, change := range map[audit.Kind]func(w *town){
		audit.MemberLeft:    func(w *town) { w.Town.SetStanding("mireia", directory.Standing{}) },
		audit.MemberRemoved: func(w *town) { w.Town.SetStanding("mireia", directory.Standing{}) },
		audit.PersonSuspended: func(w *town) {
			w.Town.SetPerson("mireia", func(p *directory.Person) { p.State = directory.Suspended; p.Epoch++ })
		},
		audit.EraseAsked: func(w *town) {
			w.Town.SetPerson("mireia", func(p *directory.Person) { p.State = directory.Retired; p.Epoch++ })
		},
		audit.ConsentStopped: func(w *town) { w.Town.StopConsent("mireia", w.forum.ID) },
	} {
		t.Run(string(kind), func(t *testing.T) {
			w, b := entered(t)
			w.Clock.Advance(30 * 24 * time.Hour)
			change(w)
			w.hear(audit.Event{Kind: kind, Person: "mireia"})
			if b.one().sessions != 0 {
				t.Errorf("%d sessions are left", b.one().sessions)
			}
		})
	}
}

// TestWhomAForumIsNotToldOf: who never entered it; and what changes nothing.
func TestWhomAForumIsNotToldOf(t *testing.T) {
	w, b := entered(t)
	b.calls = nil
	w.hear(audit.Event{Kind: audit.ProfileChanged, Person: "bernat"})
	w.hear(audit.Event{Kind: audit.SignOn, Person: "mireia"})
	w.hear(audit.Event{Kind: audit.AccessGranted, Person: "mireia", Service: "another"})
	w.hear(audit.Event{Kind: audit.ProfileChanged})
	if len(b.calls) > 0 {
		t.Errorf("called %q", b.calls)
	}
	(&discourse.Ear{Next: w.Audit}).Write(t.Context(), audit.Event{Kind: audit.ProfileChanged, Person: "mireia"})
}

// TestChangesTogether are told together, and those that come while the forum is
// told are told after.
func TestChangesTogether(t *testing.T) {
	w, b := entered(t)
	b.calls = nil
	for range 5 {
		w.Must(w.p.Push(t.Context(), "mireia", ""))
	}
	w.Must(w.p.Sweep(t.Context()))
	if len(b.calls) > 0 {
		t.Errorf("at once: %q", b.calls)
	}
	w.Clock.Advance(10 * time.Second)
	w.Must(w.p.Sweep(t.Context()))
	w.Clock.Advance(time.Minute)
	w.Must(w.p.Sweep(t.Context()))
	if len(b.calls) != 1 {
		t.Errorf("five changes: %q", b.calls)
	}

	b.calls = nil
	w.Must(w.p.Push(t.Context(), "mireia", ""))
	w.Clock.Advance(10 * time.Second)
	w.Host("forum.example", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.Must(w.p.Push(context.Background(), "mireia", "")) // while the forum is told
		w.Host("forum.example", b)
		b.ServeHTTP(rw, r)
	}))
	w.Must(w.p.Sweep(t.Context()))
	w.Clock.Advance(time.Minute)
	w.Must(w.p.Sweep(t.Context()))
	w.Clock.Advance(time.Minute)
	w.Must(w.p.Sweep(t.Context()))
	if len(b.calls) != 2 {
		t.Errorf("one, and one more meanwhile: %q", b.calls)
	}
}

// TestAForumThatIsDown for an hour is told once it is back, by whichever node
// comes first; one that is down for days is given up, and the sign-on says it.
func TestAForumThatIsDown(t *testing.T) {
	w, b := entered(t)
	b.calls, b.down = nil, http.StatusBadGateway
	w.Town.SetPerson("mireia", func(p *directory.Person) { p.Name = "Mireia Puig" })
	w.Must(w.p.Push(t.Context(), "mireia", ""))
	for range 60 {
		w.Clock.Advance(time.Minute)
		w.Must(w.p.Sweep(t.Context()))
	}
	if n := len(b.calls); n == 0 || n > 12 {
		t.Errorf("tried %d times in an hour", n)
	}
	b.calls, b.down = nil, 0
	for range 65 {
		w.Clock.Advance(time.Minute)
		w.Must(w.p.Sweep(t.Context()))
	}
	if len(b.calls) != 1 || b.said().Get("name") != "Mireia Puig" {
		t.Errorf("on return: %q, said %v", b.calls, b.said())
	}

	b.calls, b.down = nil, http.StatusBadGateway
	w.Must(w.p.Push(t.Context(), "mireia", ""))
	for range 80 {
		w.Clock.Advance(time.Hour)
		w.Must(w.p.Sweep(t.Context()))
	}
	b.calls, b.down = nil, 0
	w.Clock.Advance(time.Hour)
	w.Must(w.p.Sweep(t.Context()))
	if len(b.calls) > 0 {
		t.Errorf("after more than three days: %q", b.calls)
	}
}

// TestTwoNodesTellOnce.
func TestTwoNodesTellOnce(t *testing.T) {
	w, b := entered(t)
	b.calls = nil
	w.Must(w.p.Push(t.Context(), "mireia", ""))
	w.Clock.Advance(10 * time.Second)
	w.Host("forum.example", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.Must(w.p.Sweep(context.Background())) // another node, at the same time
		b.ServeHTTP(rw, r)
	}))
	w.Must(w.p.Sweep(t.Context()))
	if len(b.calls) != 1 {
		t.Errorf("called %q", b.calls)
	}
}

// TestASecretThatTheForumHasNotYet: while two overlap each is tried.
func TestASecretThatTheForumHasNotYet(t *testing.T) {
	w, b := entered(t)
	w.seal(directory.DiscourseSecrets{Connect: []string{"the-newer-secret", connectSecret}, APIKey: apiKey})
	w.set(settings(func(s *directory.DiscourseSettings) { s.OverlapEnds = w.Clock.Now().Add(time.Hour) }))
	b.calls = nil
	w.hear(audit.Event{Kind: audit.ProfileChanged, Person: "mireia"})
	if len(b.calls) != 2 || b.said().Has("nonce") {
		t.Errorf("called %q, said %v", b.calls, b.said())
	}
}

// TestNoForumWaitsForAnother: each answers only when the other was asked.
func TestNoForumWaitsForAnother(t *testing.T) {
	w, b := entered(t)
	both := new(sync.WaitGroup)
	both.Add(2)
	met := make(chan struct{})
	go func() { both.Wait(); close(met) }()
	for _, host := range []string{"forum.example", "slow.example"} {
		var first sync.Once
		w.Host(host, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			first.Do(both.Done)
			select {
			case <-met:
			case <-time.After(5 * time.Second):
				t.Error("a forum waits for another")
			}
			b.ServeHTTP(rw, r)
		}))
	}
	own := w.forum
	w.forum.ID, w.forum.Name = "id-of-slow", "slow"
	w.set(returnTo("https://slow.example/session/sso_login"))
	w.seal(directory.DiscourseSecrets{Connect: []string{connectSecret}, APIKey: apiKey, APIBase: "https://slow.example"})
	w.Town.SetService(own)
	w.Must(w.Town.PutConsent(t.Context(), "", directory.Consent{Person: "mireia", Service: "id-of-slow"}))
	w.Must(w.p.Push(t.Context(), "mireia", ""))
	w.Clock.Advance(10 * time.Second)
	w.Must(w.p.Sweep(t.Context()))
	select {
	case <-met:
	default:
		t.Error("one forum was not told")
	}
}

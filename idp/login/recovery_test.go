// SPDX-License-Identifier: AGPL-3.0-or-later

package login_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/storetest"
	"commonscloud.coop/clau/idp/ticket"
)

// village is a directory that counts what is asked of it, and a letter box.
type village struct {
	*town
	mu      sync.Mutex
	reads   int
	letters []letter.Letter
}

func (v *village) PersonByLogin(ctx context.Context, name string) (directory.Person, error) {
	v.mu.Lock()
	v.reads++
	v.mu.Unlock()
	return v.town.PersonByLogin(ctx, name)
}

func (v *village) SwapCode(_ context.Context, id directory.PersonID, old, new string) error {
	v.town.mu.Lock()
	defer v.town.mu.Unlock()
	p := v.people[id]
	if p.Code != old {
		return directory.ErrConflict
	}
	p.Code = new
	v.people[id] = p
	return nil
}

func (v *village) Write(_ context.Context, l letter.Letter) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.letters = append(v.letters, l)
}

func (v *village) written() []letter.Letter {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]letter.Letter(nil), v.letters...)
}

func (v *village) read() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.reads
}

type recovering struct {
	*login.Recovery
	village *village
	store   *storetest.Counter
	clock   *storetest.Clock
	audit   *audit.Memory
	code    string // of person 1
}

func recovery(t *testing.T) *recovering {
	t.Helper()
	d, _, _, clock := start(t)
	v := &village{town: d}
	code, digest, err := ticket.NewPaper(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	anna := d.people["1"]
	anna.Code = digest
	d.people["1"] = anna
	s, err := bolt.Open(bolt.Config{Path: filepath.Join(t.TempDir(), "recovery.db"), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	counting, log := storetest.Counting(s), &audit.Memory{}
	desk := &ticket.Desk{Key: bytes.Repeat([]byte{7}, 32), Store: counting, Now: clock.Now}
	r := login.NewRecovery(login.RecoveryConfig{
		People: v, Source: d, Store: counting, Tickets: desk, Letters: v, Audit: log,
		Now: clock.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler),
	})
	return &recovering{r, v, counting, clock, log, code}
}

// runs writes letters until the test ends.
func (r *recovering) runs(t *testing.T) *recovering {
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		r.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-over
	})
	return r
}

// link is that of the letter that comes to somebody who asks.
func (r *recovering) link(t *testing.T, name string) string {
	t.Helper()
	before := len(r.village.written())
	if err := r.Ask(t.Context(), name, home); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if all := r.village.written(); len(all) > before {
			_, link, _ := strings.Cut(all[len(all)-1].Path, "?t=")
			return link
		}
	}
	t.Fatal("no letter came")
	return ""
}

// The answer is given before anybody is looked up: what it costs until then is
// the same for who exists, who does not, and who has no address.
func TestAskingCostsTheSameForEverybody(t *testing.T) {
	type work struct{ reads, trips, letters int }
	seen := map[string]work{}
	for _, name := range []string{"anna", "anna@example.coop", "nobody", "nobody@example.coop", "bernat", "carla", "fina"} {
		r := recovery(t)
		r.store.Reset()
		if err := r.Ask(t.Context(), name, home); err != nil {
			t.Fatal(err)
		}
		seen[name] = work{r.village.read(), r.store.Trips(), len(r.village.written())}
	}
	for name, w := range seen {
		if w != (work{reads: 0, trips: 1, letters: 0}) {
			t.Errorf("%s: %+v, want one round trip to the store and nothing else", name, w)
		}
	}
}

func TestOnlyWhoHasAnAccountAndAnAddressGetsALetter(t *testing.T) {
	r := recovery(t).runs(t)
	for _, name := range []string{"nobody", "bernat", "carla", "enric", "", strings.Repeat("a", 400)} {
		if err := r.Ask(t.Context(), name, home); err != nil {
			t.Fatalf("%.10q: %v", name, err)
		}
	}
	r.link(t, "anna") // asked last, so that the others are done
	all := r.village.written()
	if len(all) != 1 || all[0].To.ID != "1" || all[0].Kind != letter.Reset || !all[0].Until.Equal(r.clock.Now().Add(time.Hour)) {
		t.Errorf("%+v", all)
	}
}

func TestAWeakPasswordDoesNotUseTheLinkUp(t *testing.T) {
	r := recovery(t).runs(t)
	link := r.link(t, "anna")
	for _, weak := range []string{"", "short", strings.Repeat("x", 2000)} {
		if _, err := r.SetByLink(t.Context(), link, weak); !errors.Is(err, login.ErrWeak) {
			t.Errorf("%.10q: %v", weak, err)
		}
	}
	if _, err := r.SetByLink(t.Context(), link, "battery staple"); err != nil {
		t.Fatalf("after weak ones: %v", err)
	}
	if _, err := r.SetByLink(t.Context(), link, "battery staples"); !errors.Is(err, login.ErrLink) {
		t.Errorf("a second time: %v", err)
	}
	if p := r.village.people["1"]; p.Epoch != 1 {
		t.Errorf("epoch %d: the sessions go on", p.Epoch)
	}
	all := r.village.written()
	if last := all[len(all)-1]; last.Kind != letter.PasswordChanged {
		t.Errorf("the last letter is %s", last.Kind)
	}
}

// The directory went down between spending the link and setting the password.
func TestAFaultDoesNotUseTheLinkUp(t *testing.T) {
	r := recovery(t).runs(t)
	link := r.link(t, "anna")
	broken := &village{town: r.village.town}
	failing := login.NewRecovery(login.RecoveryConfig{
		People: down{broken}, Source: r.village.town, Store: r.store,
		Tickets: &ticket.Desk{Key: bytes.Repeat([]byte{7}, 32), Store: r.store, Now: r.clock.Now},
		Letters: broken, Audit: &audit.Memory{}, Now: r.clock.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler),
	})
	if _, err := failing.SetByLink(t.Context(), link, "battery staple"); !errors.Is(err, directory.ErrUnavailable) {
		t.Fatal(err)
	}
	if _, err := r.SetByLink(t.Context(), link, "battery staple"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if len(broken.written()) != 0 {
		t.Error("a letter tells of what did not happen")
	}
}

type down struct{ *village }

func (down) SetPassword(context.Context, directory.Actor, directory.PersonID, string) error {
	return directory.ErrUnavailable
}

// Half-way into a new password the code on paper must still be the old one:
// nobody has seen the new one.
func TestAFaultDoesNotUseThePaperCodeUp(t *testing.T) {
	r := recovery(t)
	failing := login.NewRecovery(login.RecoveryConfig{
		People: down{r.village}, Source: r.village.town, Store: r.store, Letters: r.village, Audit: r.audit,
		Now: r.clock.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler),
	})
	if _, _, err := failing.SetByCode(t.Context(), "anna", r.code, "battery staple", home); !errors.Is(err, directory.ErrUnavailable) {
		t.Fatal(err)
	}
	if _, _, err := r.SetByCode(t.Context(), "anna", r.code, "short", home); !errors.Is(err, login.ErrWeak) {
		t.Fatalf("a weak password: %v", err)
	}
	_, next, err := r.SetByCode(t.Context(), "anna", r.code, "battery staple", home)
	if err != nil || next == "" || next == r.code {
		t.Fatalf("%q, %v", next, err)
	}
}

// A wrong code, an unknown name, and somebody without a code: one error, one
// read of the directory and as many round trips.
func TestGuessingACodeCostsTheSameForEverybody(t *testing.T) {
	type work struct{ reads, trips int }
	for _, name := range []string{"anna", "nobody", "bernat", "carla"} {
		r := recovery(t)
		r.store.Reset()
		_, _, err := r.SetByCode(t.Context(), name, "0000-0000-0000-0000", "battery staple", home)
		if !errors.Is(err, login.ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
		if w := (work{r.village.read(), r.store.Trips()}); w != (work{1, 2}) {
			t.Errorf("%s: %+v", name, w)
		}
	}
}

// However many wrong codes come, from here and from anywhere, the right one opens;
// the wrong ones are slowed down.
func TestWrongCodesKeepTheRightOneFromNobody(t *testing.T) {
	r := recovery(t)
	var wg sync.WaitGroup
	for i := range 100 {
		from := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
		if i%2 == 0 {
			from = home
		}
		wg.Go(func() { _, _, _ = r.SetByCode(t.Context(), "anna", "0000-0000-0000-0000", "battery staple", from) })
	}
	wg.Wait()
	if _, _, err := r.SetByCode(t.Context(), "anna", "0000-0000-0000-0000", "battery staple", home); !errors.Is(err, login.ErrSlow) {
		t.Errorf("one more wrong code: %v", err)
	}
	if _, _, err := r.SetByCode(t.Context(), "anna", r.code, "battery staple", home); err != nil {
		t.Errorf("the right code: %v", err)
	}
}

func TestWhoWasErasedOrNeverAcceptedIsNotBroughtBack(t *testing.T) {
	r := recovery(t).runs(t)
	link := r.link(t, "anna")
	for _, state := range []directory.State{directory.Deleted, directory.PendingApproval, directory.PendingConfirmation, directory.Denied, ""} {
		p := r.village.people["1"]
		p.State = state
		r.village.people["1"] = p
		if _, err := r.Reset(t.Context(), link); !errors.Is(err, login.ErrLink) {
			t.Errorf("%q by link: %v", state, err)
		}
		if _, _, err := r.SetByCode(t.Context(), "anna", r.code, "battery staple", home); !errors.Is(err, login.ErrWrong) {
			t.Errorf("%q by code: %v", state, err)
		}
	}
}

func TestTheRightPasswordOfARetiredAccountProvesWhoseItIs(t *testing.T) {
	d, l, _, clock := start(t)
	p := d.people["1"]
	p.State, p.Expires = directory.Retired, clock.Now().Add(14*24*time.Hour)
	d.people["1"] = p
	if _, err := l.Prove(t.Context(), "anna", "wrong", home); !errors.Is(err, login.ErrWrong) {
		t.Errorf("a wrong password: %v", err)
	}
	got, err := l.Prove(t.Context(), "anna", "correct horse", home)
	if !errors.Is(err, login.ErrRetired) || got.Proof.Person.ID != "1" {
		t.Errorf("%+v, %v", got, err)
	}
	clock.Advance(15 * 24 * time.Hour)
	if _, err := l.Prove(t.Context(), "anna", "correct horse", home); !errors.Is(err, login.ErrWrong) {
		t.Errorf("when its time is over: %v", err)
	}
}

func TestANewCodeIsGoodAndTheOldOneIsNot(t *testing.T) {
	r := recovery(t)
	next, err := r.NewCode(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	if p := r.village.people["1"]; login.IsCode(p, r.code) || !login.IsCode(p, strings.ToLower(next)) || login.IsCode(p, "") {
		t.Error("which code is good is wrong")
	}
	if login.IsCode(directory.Person{}, "") {
		t.Error("no code is everybody's")
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/embedded"
)

const mirroredSteps = 600

// The directory in memory, on which the long walk goes, does what the real one
// does: the same walk on both comes to the same, step by step. It is also the
// proof that the real one's access rules let managers and people do, under
// their own names, what they may.
func TestTheWalkIsTheSameOnARealDirectory(t *testing.T) {
	k := newWalker(newTown(t), 3)
	real := townOn(t, openDirectory(t))
	compareScenes(k, k.now, real.look())
	for range mirroredSteps {
		mirrored(k, real)
	}
	t.Logf("done: %v", k.done)
}

// openDirectory serves an empty directory from a file, in this process.
func openDirectory(t *testing.T) directory.Backend {
	const base = "dc=clau,dc=test"
	logger := slog.New(slog.DiscardHandler)
	server, err := embedded.Open(embedded.Config{
		Path: filepath.Join(t.TempDir(), "directory.db"), Base: base, Logger: logger,
		Argon2: embedded.Argon2{Memory: 64, Time: 1, Threads: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	backend, err := ldapbackend.Open(ldapbackend.Config{Dial: server.Dial, Base: base, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(backend.Close(), server.Close()) })
	return backend
}

// mirrored takes one step in both towns.
func mirrored(k *walker, real *town) {
	k.t.Helper()
	m := k.choose()
	here, there := len(k.letters.sent), len(real.letters.sent)
	events, realEvents := len(k.audit.kept), len(real.audit.kept)
	err, realErr := m.do(k.town), m.do(real)
	k.note(m, err)
	if !sameKind(err, realErr) {
		k.wrong("in memory %v, in the directory %v", err, realErr)
	}
	k.vouch(m, err)
	after := k.look()
	k.check(after, k.audit.kept[events:], k.letters.sent[here:], false)
	compareScenes(k, after, real.look())
	if a, b := outlines(k.letters.sent[here:]), outlines(real.letters.sent[there:]); !slices.Equal(a, b) {
		k.wrong("letters in memory %v, in the directory %v", a, b)
	}
	if a, b := inOrder(k.audit.kept[events:]), inOrder(real.audit.kept[realEvents:]); !slices.Equal(a, b) {
		k.wrong("events in memory %v, in the directory %v", a, b)
	}
	k.now = after
	k.gather(k.letters.sent[here:])
}

func sameKind(a, b error) bool {
	kinds := []error{
		ErrNotThere, ErrTicket, ErrSlow, ErrSelf, ErrExceeds, ErrLastManager, ErrDone, ErrClosed, ErrNoAddress, ErrWeak,
		directory.ErrConflict, directory.ErrRefused, directory.ErrNotFound, directory.ErrExists, directory.ErrInvalid,
	}
	if (a == nil) != (b == nil) {
		return false
	}
	for _, kind := range kinds {
		if errors.Is(a, kind) != errors.Is(b, kind) {
			return false
		}
	}
	var x, y Faults
	return errors.As(a, &x) == errors.As(b, &y) && reflect.DeepEqual(x, y)
}

func compareScenes(k *walker, here, there scene) {
	k.t.Helper()
	if a, b := here.outline(), there.outline(); a != b {
		k.wrong("in memory\n%s\nin the directory\n%s", a, b)
	}
}

// outline writes down what matters of a scene.
func (s scene) outline() string {
	var lines []string
	for _, p := range s.people {
		lines = append(lines, fmt.Sprintf("%s %s %s of %q, addresses %v (%s), waits for %q, vouched by %q, until %v %v, epoch %d",
			p.ID, p.Handle, p.State, p.Primary, p.Verified, p.Mail, p.Pending, p.ValidatedBy, p.Expires.Unix(), p.Until.Unix(), p.Epoch))
	}
	for _, c := range s.cases {
		agreed := slices.Sorted(slices.Values(c.Agreed))
		lines = append(lines, fmt.Sprintf("case %s: %s of %s by %s in %s, agreed %v, %d lines, until %v", c.ID, c.Kind, c.Person, c.By, c.Collective, agreed, len(c.Dialogue), c.Expires.Unix()))
	}
	for name := range founders() {
		managers := slices.Sorted(slices.Values(s.managers[name]))
		lines = append(lines, fmt.Sprintf("%s: members %v, managers %v, together %v", name, s.members[name], managers, s.rules[name].Settings.Together))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func outlines(letters []letter.Letter) []string {
	var lines []string
	for _, l := range letters {
		lines = append(lines, fmt.Sprintf("%s to %s%s of %s: %q, %d", l.Kind, l.To.ID, l.Address, l.Collective, l.Text, l.Count))
	}
	slices.Sort(lines)
	return lines
}

func inOrder(events []audit.Event) []string {
	var lines []string
	for _, e := range events {
		lines = append(lines, fmt.Sprintf("%s of %s by %q in %s: %s", e.Kind, e.Person, e.Actor, e.Collective, e.Reason))
	}
	slices.Sort(lines)
	return lines
}

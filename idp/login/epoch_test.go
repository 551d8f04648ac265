// SPDX-License-Identifier: AGPL-3.0-or-later

package login_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"testing"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/login"
	"commonscloud.coop/clau/idp/ticket"
)

// faltering is a directory that is away for a few writes after a password was
// set, while who asked for it closes the page.
type faltering struct {
	*village
	away  int
	leave context.CancelFunc
}

func (f *faltering) SetPassword(ctx context.Context, by directory.Actor, id directory.PersonID, password string) error {
	err := f.village.SetPassword(ctx, by, id, password)
	f.leave()
	return err
}

func (f *faltering) ChangePerson(ctx context.Context, by directory.Actor, id directory.PersonID, change directory.PersonChange) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if f.away--; f.away >= 0 {
		return directory.ErrUnavailable
	}
	return f.village.ChangePerson(ctx, by, id, change)
}

// A password that is set ends the sessions there were, by whichever way it was
// set, also if the directory falters and the person does not wait.
func TestANewPasswordEndsTheOldSessionsWhateverComesBetween(t *testing.T) {
	for name, set := range map[string]func(ctx context.Context, r *recovering, failing *login.Recovery, f *faltering) error{
		"by link": func(ctx context.Context, r *recovering, failing *login.Recovery, _ *faltering) error {
			_, err := failing.SetByLink(ctx, r.runs(t).link(t, "anna"), "battery staple")
			return err
		},
		"by code": func(ctx context.Context, r *recovering, failing *login.Recovery, _ *faltering) error {
			_, _, err := failing.SetByCode(ctx, "anna", r.code, "battery staple", home)
			return err
		},
		"with the old one": func(ctx context.Context, r *recovering, _ *login.Recovery, f *faltering) error {
			l := &login.Password{People: f, Brake: &login.Brake{Store: r.store}, Now: r.clock.Now}
			_, err := l.Change(ctx, "1", "battery staple")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := recovery(t)
			ctx, leave := context.WithCancel(t.Context())
			f := &faltering{village: r.village, away: 3, leave: leave}
			failing := login.NewRecovery(login.RecoveryConfig{
				People: f, Source: r.village.town, Store: r.store,
				Tickets: &ticket.Desk{Key: bytes.Repeat([]byte{7}, 32), Store: r.store, Now: r.clock.Now},
				Letters: r.village, Audit: &audit.Memory{}, Now: r.clock.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler),
			})
			if err := set(ctx, r, failing, f); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			if p := r.village.people["1"]; p.Epoch != 1 {
				t.Errorf("epoch %d: the sessions go on", p.Epoch)
			}
		})
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package membership_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/membership"
)

func TestAnInvitationByMailIsForItsAddresseeAlone(t *testing.T) {
	f := newFederation(t)
	elies := f.somebody("elies", horta)
	until := f.clock.Now().AddDate(0, 0, 14)
	path, err := f.room.Invite(t.Context(), manager(f.anna, ateneu), f.person(elies).Mail, "Vine!", 50, until)
	if err != nil || path != "" {
		t.Fatalf("%q %v: the manager must not see what proves an address", path, err)
	}
	var sent letter.Letter
	for _, l := range f.mails.all() {
		if l.Kind == letter.Invited {
			sent = l
		}
	}
	if sent.Address != f.person(elies).Mail || sent.Text != "Vine!" || sent.To.ID != "" || !sent.Until.Equal(until) {
		t.Fatalf("%+v", sent)
	}
	secret := ticketOf(t, sent.Path)
	made, err := f.room.Invitations(t.Context(), manager(f.bernat, ateneu))
	if err != nil || len(made) != 1 || made[0].Uses != 1 || made[0].By != f.anna || made[0].Digest != "" {
		t.Errorf("%+v %v", made, err)
	}
	for range 3 { // a mail scanner follows links
		if i, err := f.room.Invited(t.Context(), secret); err != nil || i.Collective != ateneu || i.Words != "Vine!" {
			t.Fatal(i, err)
		}
	}
	_, err = f.room.Follow(t.Context(), f.dolors, secret)
	f.is(err, membership.ErrTicket) // not hers

	result, err := f.room.Follow(t.Context(), elies, secret)
	if err != nil || result != membership.Done || !f.standing(elies).MemberOf(ateneu) || f.person(elies).Primary != horta {
		t.Fatal(result, err)
	}
	if e := f.events(audit.MemberAdded, elies); len(e) != 1 || e[0].Actor != f.anna || len(f.mails.of(letter.Joined, elies)) != 1 {
		t.Errorf("%+v", e)
	}
	_, err = f.room.Follow(t.Context(), elies, secret)
	f.is(err, membership.ErrTicket) // used
}

// Nobody learns the secret from the directory, and a right digest without a
// right ticket opens nothing.
func TestAnInvitationIsKeptAsADigest(t *testing.T) {
	f := newFederation(t)
	path, err := f.room.Invite(t.Context(), manager(f.anna, ateneu), "", "", 1, f.clock.Now().Add(time.Hour))
	f.must(err)
	secret := ticketOf(t, path)
	for i, err := range f.dir.ListInvitations(t.Context(), directory.InvitationFilter{Collective: ateneu}) {
		f.must(err)
		if i.Digest == "" || strings.Contains(secret, i.Digest) || strings.Contains(i.Digest, secret) {
			t.Errorf("kept as %q", i.Digest)
		}
	}
	for at := range len(secret) {
		bent := secret[:at] + string(secret[at]^1) + secret[at+1:]
		if _, err := f.room.Invited(t.Context(), bent); !errors.Is(err, membership.ErrTicket) {
			t.Fatalf("%q opens: %v", bent, err)
		}
	}
	for _, none := range []string{"", ".", "..", secret[:len(secret)-1], secret + "A", strings.Repeat("a.", 500)} {
		_, err := f.room.Invited(t.Context(), none)
		f.is(err, membership.ErrTicket)
	}

	again := f.invitations()[0] // the same invitation, made again with another secret
	f.must(f.dir.RemoveInvitation(t.Context(), directory.System(), ateneu, again.ID))
	again.Digest = strings.Repeat("A", len(again.Digest))
	f.must(f.dir.AddInvitation(t.Context(), directory.System(), again))
	_, err = f.room.Invited(t.Context(), secret)
	f.is(err, membership.ErrTicket)
}

func TestWhenAnInvitationIsGoodNoLonger(t *testing.T) {
	tests := map[string]func(f *federation){
		"its time is over":                  func(f *federation) { f.clock.Advance(time.Hour) },
		"who vouches is no manager":         func(f *federation) { f.must(f.dir.RemoveManager(f.Context(), directory.System(), ateneu, f.anna)) },
		"the collective is shut":            func(f *federation) { f.shutCollective(ateneu) },
		"it was withdrawn by another":       func(f *federation) { f.withdrawAll(f.bernat) },
		"somebody used it":                  func(f *federation) { f.use() },
		"somebody removed the collective's": func(f *federation) { f.withdrawAll(f.anna) },
	}
	for name, ends := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFederation(t)
			path, err := f.room.Invite(t.Context(), manager(f.anna, ateneu), "", "", 1, f.clock.Now().Add(time.Hour))
			f.must(err)
			ends(f)
			_, err = f.room.Invited(t.Context(), ticketOf(t, path))
			f.is(err, membership.ErrTicket)
			_, err = f.room.Follow(t.Context(), f.somebody("late", horta), ticketOf(t, path))
			f.is(err, membership.ErrTicket)
		})
	}
}

func (f *federation) shutCollective(name directory.CollectiveName) {
	state := directory.Suspended
	f.must(f.dir.ChangeCollective(f.Context(), directory.System(), name, directory.CollectiveChange{State: &state}))
}

func (f *federation) invitations() []directory.Invitation {
	var all []directory.Invitation
	for i, err := range f.dir.ListInvitations(f.Context(), directory.InvitationFilter{Collective: ateneu}) {
		f.must(err)
		all = append(all, i)
	}
	return all
}

func (f *federation) withdrawAll(by directory.PersonID) {
	for _, i := range f.invitations() {
		f.must(f.room.Uninvite(f.Context(), manager(by, ateneu), i.ID))
	}
}

func (f *federation) use() {
	for _, i := range f.invitations() {
		f.must(f.dir.UseInvitation(f.Context(), i.ID))
	}
}

func TestOnlyAsManyGetInAsTheInvitationSays(t *testing.T) {
	f := newFederation(t)
	path, err := f.room.Invite(t.Context(), manager(f.anna, ateneu), "", "", 3, f.clock.Now().Add(time.Hour))
	f.must(err)
	var people []directory.PersonID
	for range 10 {
		people = append(people, f.somebody("p", horta))
	}
	var in, late atomic.Int32
	var all sync.WaitGroup
	for _, id := range people {
		all.Go(func() {
			switch _, err := f.room.Follow(t.Context(), id, ticketOf(t, path)); {
			case err == nil:
				in.Add(1)
			case errors.Is(err, membership.ErrTicket):
				late.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if in.Load() != 3 || late.Load() != 7 {
		t.Errorf("%d got in, %d were late", in.Load(), late.Load())
	}
}

// Where two must agree an invitation is the first voice, and no more.
func TestAnInvitationIsOneVoiceOfTwo(t *testing.T) {
	f, _ := together(t)
	elies := f.somebody("elies", horta)
	f.must(f.room.Ask(t.Context(), elies, ateneu, "Hi voldria ser."))
	path, err := f.room.Invite(t.Context(), manager(f.anna, ateneu), "", "", 1, f.clock.Now().Add(time.Hour))
	f.must(err)
	result, err := f.room.Follow(t.Context(), elies, ticketOf(t, path))
	if err != nil || result != membership.Second || f.standing(elies).MemberOf(ateneu) {
		t.Fatal(result, err)
	}
	c := f.only(ateneu)
	if len(c.Agreed) != 1 || c.Agreed[0] != f.anna || c.By != elies || c.Kind != directory.CaseJoin {
		t.Errorf("%+v", c)
	}
	if e := f.events(audit.CaseAgreed, elies); len(e) != 1 || e[0].Actor != f.anna {
		t.Errorf("%+v", e)
	}
	_, err = f.room.Accept(t.Context(), manager(f.anna, ateneu), c.ID)
	f.is(err, membership.ErrDone)
	if result, err := f.room.Accept(t.Context(), manager(f.bernat, ateneu), c.ID); err != nil || result != membership.Done || !f.standing(elies).MemberOf(ateneu) {
		t.Error(result, err)
	}
}

func TestInvitationsThatCannotBe(t *testing.T) {
	f := newFederation(t)
	soon := f.clock.Now().Add(time.Hour)
	tests := []struct {
		name, mail, words string
		uses              int
		until             time.Time
		field             string
	}{
		{"no use", "", "", 0, soon, "uses"},
		{"too many uses", "", "", 501, soon, "uses"},
		{"two addresses", "a@b.example,c@d.example", "", 1, soon, "mail"},
		{"a header", "a@b.example\r\nBcc: c@d.example", "", 1, soon, "mail"},
		{"a name", "A <a@b.example>", "", 1, soon, "mail"},
		{"a novel", "", strings.Repeat("x", 501), 1, soon, "words"},
		{"yesterday", "", "", 1, f.clock.Now(), "until"},
		{"for ever", "", "", 1, f.clock.Now().AddDate(2, 0, 0), "until"},
	}
	for _, test := range tests {
		_, err := f.room.Invite(t.Context(), manager(f.anna, ateneu), test.mail, test.words, test.uses, test.until)
		var faults membership.Faults
		if !errors.As(err, &faults) || faults[0].Field != test.field {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	for _, who := range []directory.PersonID{f.dolors, f.somebody("member", ateneu), ""} {
		_, err := f.room.Invite(t.Context(), manager(who, ateneu), "", "", 1, soon)
		f.is(err, membership.ErrNotThere)
		_, err = f.room.Invitations(t.Context(), manager(who, ateneu))
		f.is(err, membership.ErrNotThere)
	}
	if len(f.mails.all()) != 0 || len(f.audit.Events()) != 0 {
		t.Error("something was sent")
	}
}

func TestAnotherCollectivesInvitationIsNotThere(t *testing.T) {
	f := newFederation(t)
	_, err := f.room.Invite(t.Context(), manager(f.anna, ateneu), "", "", 1, f.clock.Now().Add(time.Hour))
	f.must(err)
	id := f.invitations()[0].ID
	f.is(f.room.Uninvite(t.Context(), manager(f.dolors, horta), id), membership.ErrNotThere)
	f.is(f.room.Uninvite(t.Context(), manager(f.dolors, ateneu), id), membership.ErrNotThere)
	f.is(f.room.Uninvite(t.Context(), manager(f.dolors, horta), "no-such"), membership.ErrNotThere)
	f.must(f.room.Uninvite(t.Context(), manager(f.bernat, ateneu), id))
	f.is(f.room.Uninvite(t.Context(), manager(f.bernat, ateneu), id), membership.ErrNotThere)
}

// A manager's invitations are no way to fill mailboxes.
func TestInvitationsByMailAreBraked(t *testing.T) {
	f := newFederation(t)
	var err error
	for range 60 {
		if _, err = f.room.Invite(t.Context(), manager(f.anna, ateneu), "a@b.example", "", 1, f.clock.Now().Add(time.Hour)); err != nil {
			break
		}
	}
	f.is(err, membership.ErrSlow)
	if n := len(f.mails.all()); n != 50 {
		t.Errorf("%d letters", n)
	}
}

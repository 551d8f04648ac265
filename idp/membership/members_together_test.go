// SPDX-License-Identifier: AGPL-3.0-or-later

package membership_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
	"commonscloud.coop/clau/idp/membership"
)

// together makes the Ateneu decide by two on everything, with a third manager.
func together(t *testing.T) (f *federation, carla directory.PersonID) {
	f = newFederation(t)
	f.settle(ateneu, directory.Settings{Together: []directory.Matter{
		directory.MatterAccepting, directory.MatterSuspending, directory.MatterAppointing,
	}})
	return f, f.managerOf("carla", ateneu)
}

// only is the one case that waits.
func (f *federation) only(of directory.CollectiveName) directory.Case {
	f.Helper()
	all := f.cases(of)
	if len(all) != 1 {
		f.Fatalf("%d cases wait: %+v", len(all), all)
	}
	return all[0]
}

func TestTwoSuspend(t *testing.T) {
	f, carla := together(t)
	pau := f.somebody("pau", ateneu)
	until := f.clock.Now().AddDate(0, 1, 0)
	result, err := f.room.Suspend(t.Context(), manager(f.anna, ateneu), pau, "a reason", until)
	if err != nil || result != membership.Second || f.person(pau).State != directory.Active {
		t.Fatalf("%v %v: one was enough", result, err)
	}
	c := f.only(ateneu)
	if c.Kind != directory.CaseSuspend || c.Person != pau || c.By != f.anna || !slices.Equal(c.Agreed, []directory.PersonID{f.anna}) ||
		c.Reason != "a reason" || !c.Until.Equal(until) {
		t.Errorf("%+v", c)
	}
	for _, id := range []directory.PersonID{f.bernat, carla} {
		if l := f.mails.of(letter.Propose, id); len(l) != 1 || l[0].Name != f.person(pau).Name || l[0].Path != "/collectives/ateneu/requests/"+string(c.ID) {
			t.Errorf("%+v", l)
		}
	}
	if len(f.mails.all()) != 2 || f.events(audit.CaseOpened, pau)[0].Actor != f.anna {
		t.Error("whom it is about hears of it when it happens, and the proposer knows")
	}
	_, err = f.room.Suspend(t.Context(), manager(carla, ateneu), pau, "a reason", until)
	f.is(err, membership.ErrDone) // it waits already
	_, err = f.room.Accept(t.Context(), manager(f.anna, ateneu), c.ID)
	f.is(err, membership.ErrDone) // one voice is not two

	result, err = f.room.Accept(t.Context(), manager(f.bernat, ateneu), c.ID)
	if err != nil || result != membership.Done {
		t.Fatal(result, err)
	}
	if p := f.person(pau); p.State != directory.Suspended || p.Reason != "a reason" || !p.Until.Equal(until) || len(f.cases(ateneu)) != 0 {
		t.Errorf("%+v", p)
	}
	if e := f.events(audit.PersonSuspended, pau); len(e) != 1 || e[0].Actor != f.bernat || len(f.mails.of(letter.Suspended, pau)) != 1 {
		t.Errorf("%+v", e)
	}
}

func TestTwoAppointAndDismiss(t *testing.T) {
	f, carla := together(t)
	pau := f.somebody("pau", ateneu)
	for _, d := range []struct {
		do   func(by membership.By) (membership.Result, error)
		then bool
	}{
		{func(by membership.By) (membership.Result, error) { return f.room.Appoint(t.Context(), by, pau) }, true},
		{func(by membership.By) (membership.Result, error) { return f.room.Dismiss(t.Context(), by, pau) }, false},
	} {
		result, err := d.do(manager(f.anna, ateneu))
		if err != nil || result != membership.Second || f.standing(pau).Manages(ateneu) == d.then {
			t.Fatal(result, err)
		}
		if _, err := f.room.Accept(t.Context(), manager(pau, ateneu), f.only(ateneu).ID); err == nil {
			t.Error("somebody decided about themselves")
		}
		result, err = f.room.Accept(t.Context(), manager(carla, ateneu), f.only(ateneu).ID)
		if err != nil || result != membership.Done || f.standing(pau).Manages(ateneu) != d.then || len(f.cases(ateneu)) != 0 {
			t.Fatal(result, err)
		}
	}
	// Oneself goes without asking anybody.
	if result, err := f.room.Dismiss(t.Context(), manager(carla, ateneu), carla); err != nil || result != membership.Done {
		t.Error(result, err)
	}
	// Of two neither dismisses the other alone.
	if result, err := f.room.Dismiss(t.Context(), manager(f.anna, ateneu), f.bernat); err != nil || result != membership.Second {
		t.Error(result, err)
	}
	_, err := f.room.Accept(t.Context(), manager(f.bernat, ateneu), f.only(ateneu).ID)
	f.is(err, membership.ErrSelf)
}

// Two managers, one of whom wants to be alone: none of the ways round is open.
func TestOneOfTwoCannotMakeThemselvesTheOnlyOne(t *testing.T) {
	for _, matter := range []directory.Matter{directory.MatterAccepting, directory.MatterSuspending, directory.MatterAppointing} {
		f := newFederation(t)
		f.settle(ateneu, directory.Settings{Together: []directory.Matter{matter}})
		puppet, anna := f.somebody("titella", ateneu), manager(f.anna, ateneu)
		for name, do := range map[string]func() (membership.Result, error){
			"dismisses the other": func() (membership.Result, error) { return f.room.Dismiss(t.Context(), anna, f.bernat) },
			"appoints a friend":   func() (membership.Result, error) { return f.room.Appoint(t.Context(), anna, puppet) },
			"lifts the rule": func() (membership.Result, error) {
				return f.room.Configure(t.Context(), anna, directory.CollectiveChange{Settings: &directory.Settings{}})
			},
		} {
			if result, err := do(); err != nil || result != membership.Second {
				t.Errorf("%s: %s: %v %v", matter, name, result, err)
			}
		}
		now, err := f.dir.Collective(t.Context(), ateneu)
		f.must(err)
		if len(now.Managers) != 2 || len(now.Settings.Together) != 1 {
			t.Errorf("%s: %+v", matter, now)
		}
	}
}

// Taking somebody out takes as many as suspending them.
func TestTwoExpel(t *testing.T) {
	f := newFederation(t)
	f.settle(ateneu, directory.Settings{Together: []directory.Matter{directory.MatterSuspending}})
	pau := f.somebody("pau", ateneu)
	result, err := f.room.Expel(t.Context(), manager(f.anna, ateneu), pau, "a reason")
	if err != nil || result != membership.Second || !f.standing(pau).MemberOf(ateneu) {
		t.Fatalf("%v %v: one was enough", result, err)
	}
	c := f.only(ateneu)
	if c.Kind != directory.CaseExpel || c.Person != pau || c.Reason != "a reason" || len(f.mails.of(letter.Removed, pau)) != 0 {
		t.Errorf("%+v", c)
	}
	f.done(f.room.Accept(t.Context(), manager(f.bernat, ateneu), c.ID))
	if f.standing(pau).MemberOf(ateneu) || len(f.cases(ateneu)) != 0 {
		t.Error("agreed, and not done")
	}
	if l := f.mails.of(letter.Removed, pau); len(l) != 1 || l[0].Text != "a reason" {
		t.Errorf("%+v", l)
	}
	if e := f.events(audit.MemberRemoved, pau); len(e) != 1 || e[0].Actor != f.bernat {
		t.Errorf("%+v", e)
	}
}

// With one manager the rule cannot bind; when the second comes it does.
func TestOneManagerAloneIsNotBound(t *testing.T) {
	f := newFederation(t)
	f.settle(horta, directory.Settings{Together: []directory.Matter{directory.MatterSuspending, directory.MatterAppointing}})
	elies, fina := f.somebody("elies", horta), f.somebody("fina", horta)
	if result, err := f.room.Appoint(t.Context(), manager(f.dolors, horta), elies); err != nil || result != membership.Done {
		t.Fatal(result, err)
	}
	if result, err := f.room.Suspend(t.Context(), manager(f.dolors, horta), fina, "a reason", time.Time{}); err != nil || result != membership.Second {
		t.Fatal(result, err)
	}
}

// A voice of somebody who is no manager any more does not count at the end.
func TestTheVoiceOfAFormerManager(t *testing.T) {
	f, carla := together(t)
	pau := f.somebody("pau", ateneu)
	_, err := f.room.Suspend(t.Context(), manager(carla, ateneu), pau, "a reason", time.Time{})
	f.must(err)
	_, err = f.room.Dismiss(t.Context(), manager(carla, ateneu), carla)
	f.must(err)
	if result, err := f.room.Accept(t.Context(), manager(f.anna, ateneu), f.only(ateneu).ID); err != nil || result != membership.Second {
		t.Errorf("%v %v: half of the decision was nobody's", result, err)
	}
	if f.person(pau).State != directory.Active {
		t.Error("suspended by one")
	}
	if result, err := f.room.Accept(t.Context(), manager(f.bernat, ateneu), f.only(ateneu).ID); err != nil || result != membership.Done {
		t.Errorf("%v %v", result, err)
	}
}

// Days lie between two voices: what would not be done now is not done.
func TestAProposalIsLookedAtAgainWhenItIsCarriedOut(t *testing.T) {
	f, _ := together(t)
	pau := f.somebody("pau", ateneu)
	_, err := f.room.Suspend(t.Context(), manager(f.anna, ateneu), pau, "a reason", time.Time{})
	f.must(err)
	f.must(f.dir.AddManager(t.Context(), directory.System(), horta, pau))
	_, err = f.room.Accept(t.Context(), manager(f.bernat, ateneu), f.only(ateneu).ID)
	f.is(err, membership.ErrExceeds)
	if f.person(pau).State != directory.Active {
		t.Error("a manager of another collective was suspended")
	}
}

// To decide alone what two decided takes two; the rest holds at once.
func TestTheRuleOfTwoIsLiftedByTwo(t *testing.T) {
	f, _ := together(t)
	c, err := f.dir.Collective(t.Context(), ateneu)
	f.must(err)
	wanted := directory.Settings{Colour: "#336699", Together: []directory.Matter{directory.MatterAccepting}}
	result, err := f.room.Configure(t.Context(), manager(f.anna, ateneu), directory.CollectiveChange{Settings: &wanted, Version: c.Version})
	if err != nil || result != membership.Second {
		t.Fatal(result, err)
	}
	now, err := f.dir.Collective(t.Context(), ateneu)
	f.must(err)
	if now.Settings.Colour != "#336699" || len(now.Settings.Together) != 3 {
		t.Fatalf("%+v", now.Settings)
	}
	if len(wanted.Together) != 1 {
		t.Error("what the caller holds was changed")
	}
	// Asked once more, with less: the own proposal is overtaken.
	wanted.Together = nil
	if result, err := f.room.Configure(t.Context(), manager(f.anna, ateneu), directory.CollectiveChange{Settings: &wanted}); err != nil || result != membership.Second {
		t.Fatal(result, err)
	}
	wanted = directory.Settings{Colour: "#112233", Together: now.Settings.Together} // somebody else goes on meanwhile
	if result, err := f.room.Configure(t.Context(), manager(f.bernat, ateneu), directory.CollectiveChange{Settings: &wanted}); err != nil || result != membership.Done {
		t.Fatal(result, err)
	}
	_, err = f.room.Accept(t.Context(), manager(f.anna, ateneu), f.only(ateneu).ID)
	f.is(err, membership.ErrDone)
	if result, err := f.room.Accept(t.Context(), manager(f.bernat, ateneu), f.only(ateneu).ID); err != nil || result != membership.Done {
		t.Fatal(result, err)
	}
	now, err = f.dir.Collective(t.Context(), ateneu)
	f.must(err)
	if len(now.Settings.Together) != 0 || now.Settings.Colour != "#112233" || len(f.cases(ateneu)) != 0 {
		t.Errorf("%+v", now.Settings)
	}
}

func TestSettings(t *testing.T) {
	f := newFederation(t)
	by := manager(f.anna, ateneu)
	title, logo, state := "El nou títol", []byte("\x89PNG"), directory.Suspended
	old, err := f.dir.Collective(t.Context(), ateneu)
	f.must(err)
	if result, err := f.room.Configure(t.Context(), by, directory.CollectiveChange{Title: &title, Logo: &logo, Version: old.Version}); err != nil || result != membership.Done {
		t.Fatal(result, err)
	}
	now, err := f.dir.Collective(t.Context(), ateneu)
	f.must(err)
	if now.Title != title || string(now.Logo) != string(logo) {
		t.Errorf("%+v", now)
	}
	_, err = f.room.Configure(t.Context(), by, directory.CollectiveChange{Title: &title, Version: old.Version})
	f.is(err, directory.ErrConflict)
	_, err = f.room.Configure(t.Context(), by, directory.CollectiveChange{State: &state})
	f.is(err, membership.ErrExceeds)
	for _, who := range []directory.PersonID{f.dolors, f.somebody("member", ateneu), ""} {
		_, err = f.room.Configure(t.Context(), manager(who, ateneu), directory.CollectiveChange{Title: &title})
		f.is(err, membership.ErrNotThere)
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	f := newFederation(t)
	text := func(s string) *string { return &s }
	big := make([]byte, directory.LogoMax+1)
	rules := func(s directory.Settings) directory.CollectiveChange { return directory.CollectiveChange{Settings: &s} }
	for field, change := range map[string]directory.CollectiveChange{
		"title":       {Title: text(" ")},
		"description": {Description: text("a\x00b")},
		"mail":        {Mail: text("a@b.example, c@d.example")},
		"url":         {URL: text("javascript:alert(1)")},
		"language":    {Language: text("not a language")},
		"logo":        {Logo: &big},
		"colour":      rules(directory.Settings{Colour: "#123456;background:url(//x.example)"}),
		"languages":   rules(directory.Settings{Languages: []string{"ca", "??"}}),
		"lapse-days":  rules(directory.Settings{LapseDays: 91}),
		"together":    rules(directory.Settings{Together: []directory.Matter{"everything"}}),
		"words":       rules(directory.Settings{Words: map[string]string{"ca": "\u202e"}}),
		"question":    rules(directory.Settings{Question: map[string]string{"ca": string(make([]byte, 2000))}}),
		"answers":     rules(directory.Settings{Answers: []string{""}}),
	} {
		_, err := f.room.Configure(t.Context(), manager(f.anna, ateneu), change)
		var faults membership.Faults
		if !errors.As(err, &faults) || faults[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"commonscloud.coop/clau/idp/directory"
)

func sameError(got, want error) bool {
	var faults Faults
	if w, ok := want.(Faults); ok {
		return errors.As(got, &faults) && reflect.DeepEqual(faults, w)
	}
	return errors.Is(got, want)
}

// Nothing happens that nobody did, that nobody can read of later, or that whom
// it concerns does not hear of, but for a reason.
func TestEveryStepHasAnActorAnEventAndALetter(t *testing.T) {
	for _, s := range machine {
		if s.who == "" || s.event == "" || len(s.kinds) == 0 || len(s.from) == 0 || s.to == "" {
			t.Errorf("%s: a step without actor, event, kind or place", s.act)
		}
		if (s.letter == "") == (s.silent == "") {
			t.Errorf("%s of %v: either a letter, or a reason why there is none", s.act, s.kinds)
		}
	}
}

// Of one place, one act of one role leads to one place.
func TestNoStepIsAmbiguous(t *testing.T) {
	for _, kind := range everyKind {
		for _, from := range []stage{nobody, unproven, waiting, asked, accepted, inUse, settled, gone} {
			for _, s := range machine {
				n := 0
				for _, other := range machine {
					if other.act == s.act && other.who == s.who && slices.Contains(other.kinds, kind) && slices.Contains(other.from, from) {
						n++
					}
				}
				if n > 1 {
					t.Errorf("%s: %s by %s from %q is %d steps", kind, s.act, s.who, from, n)
				}
			}
		}
	}
}

// The machine alone says who gets an account: there is no way to one but by a
// manager's acceptance.
func TestNoWayAroundTheManagers(t *testing.T) {
	reached := map[stage]bool{nobody: true}
	for range machine {
		for _, s := range machine {
			if s.who != manager && slices.ContainsFunc(s.from, func(f stage) bool { return reached[f] }) {
				reached[s.to] = true
			}
		}
	}
	for _, s := range []stage{accepted, inUse, settled} {
		if reached[s] {
			t.Errorf("%q is reached without a manager", s)
		}
	}
	if !reached[waiting] || !reached[gone] {
		t.Error("people come as far as to wait, and go")
	}
}

// Whatever waits can end by itself: nothing is kept because nobody decided.
func TestWhateverWaitsLapses(t *testing.T) {
	for _, kind := range everyKind {
		for _, from := range []stage{unproven, waiting, asked} {
			if _, found := next(kind, from, lapses, clock); !found && (from != unproven || kind == directory.CaseRegister) {
				t.Errorf("%s stays %q for ever", kind, from)
			}
		}
	}
}

func TestVoicesThatCount(t *testing.T) {
	in := directory.Collective{Managers: []directory.PersonID{"anna", "biel", "carla"},
		Settings: directory.Settings{Together: []directory.Matter{directory.MatterAccepting}}}
	alone := directory.Collective{Managers: in.Managers[:1], Settings: in.Settings}
	for name, test := range map[string]struct {
		kind   directory.CaseKind
		about  directory.PersonID
		in     directory.Collective
		agreed []directory.PersonID
		count  int
		enough bool
	}{
		"nobody":                        {directory.CaseRegister, "marta", in, nil, 0, false},
		"one of two":                    {directory.CaseRegister, "marta", in, []directory.PersonID{"anna"}, 1, false},
		"two":                           {directory.CaseRegister, "marta", in, []directory.PersonID{"anna", "biel"}, 2, true},
		"one twice":                     {directory.CaseJoin, "marta", in, []directory.PersonID{"anna", "anna"}, 1, false},
		"somebody who was a manager":    {directory.CaseJoin, "marta", in, []directory.PersonID{"anna", "zoe"}, 1, false},
		"about themselves":              {directory.CaseDismiss, "biel", in, []directory.PersonID{"anna", "biel"}, 1, false},
		"a matter for one":              {directory.CaseSuspend, "marta", in, []directory.PersonID{"anna"}, 1, true},
		"taking out goes with it":       {directory.CaseExpel, "marta", in, []directory.PersonID{"anna"}, 1, true},
		"the rule itself is for two":    {directory.CaseSettings, "", in, []directory.PersonID{"anna"}, 1, false},
		"of settings proposer counts":   {directory.CaseSettings, "anna", in, []directory.PersonID{"anna", "biel"}, 2, true},
		"one alone is not bound":        {directory.CaseRegister, "marta", alone, []directory.PersonID{"anna"}, 1, true},
		"nor by the rule for the rules": {directory.CaseSettings, "anna", alone, []directory.PersonID{"anna"}, 1, true},
	} {
		c := directory.Case{Kind: test.kind, Person: test.about, Agreed: test.agreed}
		if n := len(voices(c, test.in)); n != test.count {
			t.Errorf("%s: %d voices, want %d", name, n, test.count)
		}
		if got := enough(c, test.in); got != test.enough {
			t.Errorf("%s: enough is %v", name, got)
		}
	}
}

// Whatever two decide, one cannot make themselves two: by dismissing the other,
// by appointing a friend, or by lifting the rule.
func TestWhatBindsAnythingBindsWhoDecides(t *testing.T) {
	for _, matter := range matters() {
		in := directory.Collective{Managers: []directory.PersonID{"anna", "biel"},
			Settings: directory.Settings{Together: []directory.Matter{matter}}}
		for _, kind := range []directory.CaseKind{directory.CaseAppoint, directory.CaseDismiss, directory.CaseSettings} {
			if !Together(in, kind) {
				t.Errorf("with %q for two, one decides %q", matter, kind)
			}
		}
		if Together(in, directory.CaseExpel) != Together(in, directory.CaseSuspend) {
			t.Errorf("with %q for two, expelling is easier than suspending, or harder", matter)
		}
	}
	for _, kind := range everyKind {
		if Together(directory.Collective{Managers: []directory.PersonID{"anna", "biel"}}, kind) {
			t.Errorf("%q takes two where nothing does", kind)
		}
		if kind.Proposed() != slices.Contains(proposal, kind) {
			t.Errorf("%q is a proposal for some, and none for others", kind)
		}
	}
}

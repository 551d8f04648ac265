// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"slices"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/letter"
)

// stage is where a case, or the account that comes of it, stands.
type stage string

const (
	nobody   stage = "nobody"   // nothing is known of it
	unproven stage = "unproven" // the address is not proven
	waiting  stage = "waiting"  // for the managers
	asked    stage = "asked"    // the managers wait for an answer, and can decide without
	accepted stage = "accepted" // an account, without a password
	inUse    stage = "in use"   // nothing is missing
	settled  stage = "settled"  // what somebody with an account asked for, or a manager proposed, is done
	gone     stage = "gone"     // nothing came of it, and nothing is left of it
)

// act is what somebody does to a case.
type act string

const (
	applies      act = "applies"       // with an address to prove
	appliesKnown act = "applies known" // without address, or with one that an invitation proved
	wishes       act = "wishes"        // has an account, and wants to join or to have their home there
	proves       act = "proves"
	agrees       act = "agrees" // one of two voices
	accepts      act = "accepts"
	asks         act = "asks"
	answers      act = "answers"
	refuses      act = "refuses"
	passes       act = "passes"
	withdraws    act = "withdraws"
	lapses       act = "lapses"
	setsPassword act = "sets password"
)

// role is who may act.
type role string

const (
	subject role = "subject" // whom it is about
	manager role = "manager" // of the collective that decides, and never the subject
	clock   role = "clock"   // nobody: time has passed
)

// step is one way from stage to stage: who may take it, what the audit keeps
// of it, and the letter that somebody gets.
type step struct {
	kinds []directory.CaseKind
	from  []stage
	act   act
	who   role
	to    stage
	event audit.Kind

	letter letter.Kind // to the subject; [letter.Opposed] to who proposed
	silent string      // why there is no letter

	wakes bool // the managers hear that something waits
}

var (
	newcomer  = []directory.CaseKind{directory.CaseRegister}
	wish      = []directory.CaseKind{directory.CaseJoin, directory.CaseHome}
	toJoin    = []directory.CaseKind{directory.CaseJoin}
	toBeHome  = []directory.CaseKind{directory.CaseHome}
	proposal  = []directory.CaseKind{directory.CaseAppoint, directory.CaseDismiss, directory.CaseSuspend, directory.CaseExpel, directory.CaseSettings}
	everyKind = slices.Concat(newcomer, wish, proposal)
	passable  = slices.Concat(newcomer, toJoin)

	nowhere   = []stage{nobody}
	undecided = []stage{waiting, asked}
)

// machine is every step there is; what is not in it is not done. A proposal is
// opened where the act is that it proposes; see [Room.Suspend] and the like.
var machine = [...]step{
	// The way in.
	{kinds: newcomer, from: nowhere, act: applies, who: subject, to: unproven,
		event: audit.Applied, letter: letter.ProveAddress},
	{kinds: newcomer, from: nowhere, act: appliesKnown, who: subject, to: waiting, wakes: true,
		event: audit.Applied, silent: "the page shows what a letter would say: there is no address, or its letter led here"},
	{kinds: newcomer, from: []stage{unproven}, act: proves, who: subject, to: waiting, wakes: true,
		event: audit.AddressProved, silent: "the page that proves it shows what happens next"},
	{kinds: newcomer, from: []stage{unproven}, act: withdraws, who: subject, to: gone,
		event: audit.CaseWithdrawn, silent: "nobody has proven that the address is theirs"},
	{kinds: newcomer, from: []stage{unproven}, act: lapses, who: clock, to: gone,
		event: audit.CaseLapsed, silent: "nobody has proven that the address is theirs"},
	{kinds: newcomer, from: undecided, act: accepts, who: manager, to: accepted,
		event: audit.CaseAccepted, letter: letter.Accepted},
	{kinds: newcomer, from: []stage{accepted}, act: setsPassword, who: subject, to: inUse,
		event: audit.PasswordSet, silent: "a session begins on that very page"},

	// What somebody with an account wants.
	{kinds: wish, from: nowhere, act: wishes, who: subject, to: waiting, wakes: true,
		event: audit.CaseOpened, silent: "their own page lists it"},
	{kinds: toJoin, from: undecided, act: accepts, who: manager, to: settled,
		event: audit.CaseAccepted, letter: letter.Joined},
	{kinds: toBeHome, from: undecided, act: accepts, who: manager, to: settled,
		event: audit.CaseAccepted, letter: letter.HomeChanged},

	// What managers propose to one another.
	{kinds: proposal, from: undecided, act: accepts, who: manager, to: settled,
		event: audit.CaseAccepted, silent: "what was proposed happens now, and has a letter of its own"},
	{kinds: proposal, from: undecided, act: refuses, who: manager, to: gone,
		event: audit.CaseRefused, letter: letter.Opposed},
	{kinds: proposal, from: undecided, act: lapses, who: clock, to: gone,
		event: audit.CaseLapsed, silent: "nothing changes for whom it was about, and they never heard of it"},

	// What is the same for all.
	{kinds: everyKind, from: []stage{waiting}, act: agrees, who: manager, to: waiting, wakes: true,
		event: audit.CaseAgreed, silent: "half a decision is none"},
	{kinds: everyKind, from: []stage{asked}, act: agrees, who: manager, to: asked, wakes: true,
		event: audit.CaseAgreed, silent: "half a decision is none"},
	{kinds: slices.Concat(newcomer, wish), from: undecided, act: asks, who: manager, to: asked,
		event: audit.CaseAsked, letter: letter.Question},
	{kinds: slices.Concat(newcomer, wish), from: []stage{asked}, act: answers, who: subject, to: waiting, wakes: true,
		event: audit.CaseAnswered, silent: "their own page shows the answer"},
	{kinds: newcomer, from: undecided, act: refuses, who: manager, to: gone,
		event: audit.CaseRefused, letter: letter.Refused},
	{kinds: wish, from: undecided, act: refuses, who: manager, to: gone,
		event: audit.CaseRefused, letter: letter.JoinRefused},
	{kinds: passable, from: undecided, act: passes, who: manager, to: waiting, wakes: true,
		event: audit.CasePassed, letter: letter.Passed},
	{kinds: slices.Concat(newcomer, wish), from: undecided, act: withdraws, who: subject, to: gone,
		event: audit.CaseWithdrawn, silent: "they did it themselves a moment ago"},
	{kinds: slices.Concat(newcomer, wish), from: undecided, act: lapses, who: clock, to: gone,
		event: audit.CaseLapsed, letter: letter.Lapsed},
}

// hidden reports whether a step is one of those that the managers do not hear of:
// an application comes, or goes, and nobody has proven the address.
func (s step) hidden() bool {
	return s.to == unproven || s.to == gone && slices.Contains(s.from, unproven)
}

// next finds the step that somebody may take, if there is one.
func next(kind directory.CaseKind, from stage, a act, who role) (step, bool) {
	for _, s := range machine {
		if s.act == a && s.who == who && slices.Contains(s.kinds, kind) && slices.Contains(s.from, from) {
			return s, true
		}
	}
	return step{}, false
}

// stageOf says where a case stands. p is whom it is about; what is no
// registration has an account, and its case is there only while it waits.
func stageOf(c directory.Case, p directory.Person) stage {
	switch {
	case c.Kind == directory.CaseRegister && p.State == directory.PendingConfirmation:
		return unproven
	case c.Kind == directory.CaseRegister && p.State != directory.PendingApproval:
		return stageOfAccount(p)
	case len(c.Dialogue) > 0 && c.Dialogue[len(c.Dialogue)-1].By != "":
		return asked
	}
	return waiting
}

// stageOfAccount says whether somebody who was accepted has set a password. The
// first one raises the epoch; so does whatever else ends links and sessions,
// and from then on a password is set as one is that was forgotten.
func stageOfAccount(p directory.Person) stage {
	if p.Epoch == 0 {
		return accepted
	}
	return inUse
}

// bound reports whether a rule of the collective asks for two. Who manages it,
// and the rule itself, two decide as soon as they decide anything: otherwise one
// would dismiss the other, or appoint a friend, and then be both. Taking
// somebody out is harder on them than suspending, and never easier to do.
func bound(kind directory.CaseKind, together []directory.Matter) bool {
	switch kind {
	case directory.CaseAppoint, directory.CaseDismiss, directory.CaseSettings:
		return len(together) > 0
	case directory.CaseSuspend, directory.CaseExpel:
		return slices.Contains(together, directory.MatterSuspending)
	}
	return slices.Contains(together, directory.MatterAccepting)
}

// needed is how many managers must agree. One alone cannot be bound by a rule
// that two shall. Of two, neither dismisses the other where two must agree.
func needed(kind directory.CaseKind, in directory.Collective) int {
	if len(in.Managers) >= 2 && bound(kind, in.Settings.Together) {
		return 2
	}
	return 1
}

// Together reports whether two managers must agree on a kind of case.
func Together(in directory.Collective, kind directory.CaseKind) bool { return needed(kind, in) > 1 }

// voices are those who agreed and still count: managers of this very moment,
// without whom it is about.
func voices(c directory.Case, in directory.Collective) []directory.PersonID {
	var count []directory.PersonID
	for _, id := range c.Agreed {
		if slices.Contains(in.Managers, id) && !about(c, id) && !slices.Contains(count, id) {
			count = append(count, id)
		}
	}
	return count
}

// about reports whether a manager would decide about themselves. Settings are
// about nobody, whoever proposes them.
func about(c directory.Case, id directory.PersonID) bool {
	return c.Kind != directory.CaseSettings && c.Person == id
}

// enough reports whether a case is decided.
func enough(c directory.Case, in directory.Collective) bool {
	return len(voices(c, in)) >= needed(c.Kind, in)
}

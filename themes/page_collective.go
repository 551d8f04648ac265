// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// Manage is what every page of those who manage a collective has around it.
type Manage struct {
	Title  string // of the collective
	Base   string // path of its pages; empty: somebody who only keeps a service, and sees no other page
	Here   string // which of them this is: keys below "collective.nav."
	Fields []Field
	Faults []Fault // codes below "collective.fault."
	Notice string  // keys below "collective.notice."
	Error  string  // keys below "collective.error."
}

// Choice is one of several things to choose.
type Choice struct {
	Value  string
	Name   string
	Chosen bool
}

// Named is somebody or something, and where to read more. Without a path there
// is nothing to read.
type Named struct {
	Name   string
	Handle string
	Path   string
}

// Aside is the handle, where the name does not say the same.
func (n Named) Aside() string { return aside(n.Name, n.Handle) }

// Collective is "/collectives/<name>": what waits, and who is there.
type Collective struct {
	Manage
	Members  string  // how many
	Managers []Named // by name
	Alone    bool    // there is one manager
	Requests []RequestView
}

// Requests is "/collectives/<name>/requests", oldest first.
type Requests struct {
	Manage
	Requests  []RequestView
	LapseDays string
}

// RequestView is something that waits for a decision.
type RequestView struct {
	Path   string
	Kind   string // keys below "requests.kind."
	Name   string // of whom it is about
	Handle string
	Since  string
	Lapses string
	State  string // "new", "asked", "answered", "voice", "mine": keys below "requests.state."
}

// Aside is the handle, where the name does not say the same.
func (v RequestView) Aside() string { return aside(v.Name, v.Handle) }

// Request is "/collectives/<name>/requests/<id>". Forms: #request-accept;
// #request-ask with "question"; #request-refuse with "reason"; #request-pass
// with "to".
type Request struct {
	Manage
	Action    string
	Request   RequestView
	Mail      string
	Anonymous bool
	Member    string // path of [Member]; empty: they are none
	Language  string
	By        string // the manager who proposes it
	Words     string
	Dialogue  []SaidView
	Reason    string
	Until     string
	Matters   []string // what one will decide alone: keys below "settings.matter."
	Agreed    []VoiceView
	Missing   []string // of whom one more must agree; empty: nobody's voice is missing but the reader's
	Two       bool     // two must agree
	Mine      bool     // the reader has agreed, or it is about them: others decide
	Others    []Choice // collectives that it can be passed to
	CanAsk    bool     // the person can be asked something
	Open      string   // the form that is shown unfolded: "ask", "refuse", "pass"
	Question  string   // as typed
	Refusal   string   // as typed
}

// SaidView is a question or an answer. Without a name it is the person's.
type SaidView struct{ Name, When, Text string }

// VoiceView is somebody who agreed. When is empty if it is not known any more.
type VoiceView struct{ Name, When string }

// Members is "/collectives/<name>/members". Form: #q, #members-search.
type Members struct {
	Manage
	Query    string
	Members  []MemberRow
	Total    string
	From, To string // which of them are shown; empty: none
	Previous string // paths
	Next     string
}

// MemberRow is somebody in a list.
type MemberRow struct {
	Named
	Manager bool
	State   string // "active", "new" (has no password yet) …: keys below "members.state."
	Until   string // day on which a suspension ends by itself; empty: it does not
}

// Member is "/collectives/<name>/members/<id>". Every form sends "do": its
// button is #member-<do>.
type Member struct {
	Manage
	Action    string
	Name      string
	Handle    string
	Mail      string
	Anonymous bool
	Language  string
	Since     string
	Validated string // day; empty: not known
	Through   string // the manager who validated them, or the collective that did
	Primary   string // title of another collective that answers for the account; empty: this one
	State     string // keys below "members.state."
	Reason    string
	Until     string
	Manager   bool
	Self      bool
	Access    []AccessView
	Admin     []Choice // services that they keep
	Keepable  []Choice // services that they could keep

	Suspend, Restore, Reset, Expel, Appoint, Dismiss bool // what may be done

	TwoSuspend, TwoAppoint bool   // two must agree on it
	Open                   string // the form that is shown unfolded: "suspend", "expel"
	SuspendReason          string // as typed
	SuspendUntil           string
	ExpelReason            string
}

// AccessView is a service that the collective opened to somebody.
type AccessView struct{ Title, Role string }

// Invitations is "/collectives/<name>/invitations". Forms: #invite-mail with
// "mail"; #invite-link with "uses"; both with "words" and "until".
type Invitations struct {
	Manage
	Action      string
	Link        string // of the invitation just made; shown once
	LinkUses    string
	LinkUntil   string
	Invitations []InvitationView
	Mail        string // as typed, below
	Words       string
	Uses        string
	Until       string
	LinkWords   string
	LinkEnd     string
	Two         bool // an invitation is only the first of two voices
}

// InvitationView is one that can still be used.
type InvitationView struct {
	Mail     string // empty: whoever holds the link
	Words    string
	By       string
	Uses     string
	Until    string
	Withdraw Post
}

// CollectiveService is "/collectives/<name>/services/<service>". Forms:
// #access-admit with "login" and "role"; #access-shut; #access-unkeep.
type CollectiveService struct {
	Manage
	Action   string
	Keep     string // path of [ServiceKeep]
	Service  ServiceView
	Access   string
	Stopped  bool
	Guests   []string // titles of collectives whose members may enter
	Total    string
	Holders  []HolderView
	Previous string
	Next     string
	Admins   []HolderView
	Login    string // as typed
	Role     string
}

// HolderView is somebody to whom a service is open, or who keeps it.
type HolderView struct {
	Named
	Role string // empty: plain access
	Shut Post
}

// Settings is "/collectives/<name>/settings". Forms: #settings-save with what
// the fields are called; #logo-save with the file "logo"; #logo-remove.
type Settings struct {
	Manage
	Action     string
	Version    string // of what the form was drawn from, sent with it
	LogoAction string
	Name       string // title, as typed
	Mail       string
	URL        string
	Words      []TextView
	OwnColour  bool
	Colour     string
	Logo       string
	Language   []Choice // its own
	Languages  []Choice // further ones
	LapseDays  string
	Closed     bool
	Matters    []Choice // what two decide: keys below "settings.matter."
	Alone      bool     // there is one manager, so no rule of two can bind
	Question   []TextView
	Answers    string
	Order      []PlaceView // of services, as members see them
}

// PlaceView is a service's place among others.
type PlaceView struct {
	Name  string // of the field
	Title string
	Value string // a number as typed; empty: none
}

// CollectiveLog is "/collectives/<name>/activity", newest first.
type CollectiveLog struct {
	Manage
	Entries []LogView
	Newer   string // paths
	Older   string
}

// LogView is something that happened.
type LogView struct {
	When    string
	Kind    string // keys below "log."
	Person  Named  // to whom; zero: nobody in particular
	Actor   string
	Service string
	Matter  string // what it was about: keys below "requests.kind."
	Other   string // another collective
}

func (Collective) page() string        { return "collective" }
func (Requests) page() string          { return "requests" }
func (Request) page() string           { return "request" }
func (Members) page() string           { return "members" }
func (Member) page() string            { return "member" }
func (Invitations) page() string       { return "invitations" }
func (CollectiveService) page() string { return "collective-service" }
func (Settings) page() string          { return "settings" }
func (CollectiveLog) page() string     { return "collective-log" }

// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// MyCollectives is "/account/collectives". Elements: #to #words #ask; each case
// has its own forms.
type MyCollectives struct {
	Memberships []CollectiveView
	Asked       []AskedView
	Joinable    []LanguageView // to ask: Tag is the name, Name the title
	Action      string         // of asking
	Fields      []Field
	Words       string // as typed
	Notice      string // "collectives.asked", "collectives.answered", "collectives.taken-back", "collectives.left"
	Error       string // "collectives.again", "collectives.closed", "collectives.unknown", "collectives.long" …
}

// AskedView is something that the person asked of a collective.
type AskedView struct {
	Title    string
	Kind     string // "join", "home": keys below "collectives.kind."
	Since    string
	Lapses   string
	Words    string
	Dialogue []AskedLine
	Waits    bool   // for the person's answer
	ID       string // for the ids of its elements
	Reply    Post   // with "text"
	Back     Post
}

// AskedLine is a question or an answer.
type AskedLine struct {
	Mine bool
	When string
	Text string
}

// LeaveCollective says what leaving takes away, before it does. Element: #leave.
type LeaveCollective struct {
	Action  string // empty: it cannot be left now
	Fields  []Field
	Title   string
	Primary bool
	Last    bool     // the person is in no other
	Days    int      // how long an account lives that is in none
	Loses   []string // titles of services
	Error   string   // "leave.last-manager"
}

// MyActivity is "/account/activity": what happened, newest first.
type MyActivity struct {
	Days         []ActivityDay
	Newer, Older string // paths; empty: there is no such page
}

// ActivityDay is what happened on one day.
type ActivityDay struct {
	Day    string
	Events []ActivityView
}

// ActivityView is one thing that happened.
type ActivityView struct {
	Time       string
	Kind       string // keys below "activity."
	By         string // "you", "manager", "other", "clau": keys below "happened.by."
	Collective string // title
	Service    string // title
	Reference  string
}

// MyData is "/account/export". Element: #export.
type MyData struct {
	Action string
	Fields []Field
}

// EraseAccount is "/account/erase". Elements: #current #erase.
type EraseAccount struct {
	Action    string
	Fields    []Field
	Days      int
	Anonymous bool     // the code on paper proves it too
	Services  []string // titles of those that will be told
	Error     string   // "erase.last-manager", "password.wrong" …
}

// EraseBegun says what came of it.
type EraseBegun struct {
	Until    string
	Services []LogoutView
	Mail     string // where the way back was written to; empty: nowhere
	Cancel   string // path of [CancelErasure], for who has no address
}

// CancelErasure is "/erase/cancel". Element: #keep.
type CancelErasure struct {
	Action string // empty: there is nothing to cancel, or it is done
	Fields []Field
	Handle string
	Until  string
	Done   bool
	Error  string // "erase.old-link"
}

func (MyCollectives) page() string   { return "my-collectives" }
func (LeaveCollective) page() string { return "leave-collective" }
func (MyActivity) page() string      { return "my-activity" }
func (MyData) page() string          { return "my-data" }
func (EraseAccount) page() string    { return "erase-account" }
func (EraseBegun) page() string      { return "erase-begun" }
func (CancelErasure) page() string   { return "cancel-erasure" }

// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// Join is "/join": the collectives that somebody new can choose among.
// Form elements, where there are too many to look through: #q #search.
type Join struct {
	Collectives []JoinableView
	Search      bool   // there are more than a glance takes in
	Query       string // what was searched for; empty: all are shown
	Notice      string // "join.withdrawn"
}

// JoinableView is a collective that can be joined.
type JoinableView struct {
	Title  string
	Words  WordsView
	Path   string // of [JoinForm]
	Logo   string // path below this origin; empty: a tile in the colour
	Colour string // "#rrggbb"; anything else is Clau's own
}

// WordsView is a text that a collective wrote, and the language it is in.
type WordsView struct{ Lang, Text string }

// Tile is the colour behind the mark of a collective without a logo, and that
// of the mark upon it.
func (v JoinableView) Tile() [2]string {
	c, ok := parseColour(v.Colour)
	if !ok {
		return [2]string{"#12594f", "#ffffff"}
	}
	return [2]string{"#" + c.hex(), "#" + c.ink().hex()}
}

// JoinForm is "/join/<name>": somebody asks a collective to take them in. Form
// elements: #handle #name #mail #language #words #answer #join; #other-way leads
// to the form without name and address, or back. "homepage" is for programs
// that fill in all they find: nobody else sees it.
type JoinForm struct {
	Action    string
	Fields    []Field
	Title     string // of the collective
	Words     WordsView
	Closed    bool   // by invitation only: there is no form
	Contact   string // of the collective
	Invited   bool   // with an invitation
	Anonymous bool   // without name and address
	OtherWay  string // path of this form with name and address, or without; empty: there is no other

	// As typed.
	Handle, Name, Mail, ToManagers, Answer string

	Question  WordsView // of the collective; empty: none
	Languages []LanguageView
	Lapses    int  // days after which a request that nobody answered is erased
	Together  bool // two who manage the collective must agree
	Faults    []Fault
	Error     string // "join.slow", "join.closed", "join.old", "join.fast"
}

// Asks reports whether somebody who manages the collective has to say yes: to an
// invitation they said it before, unless two must.
func (f JoinForm) Asks() bool { return !f.Invited || f.Together }

// Wrong is the code of what is wrong with a field; empty: nothing.
func (f JoinForm) Wrong(field string) string {
	for _, fault := range f.Faults {
		if fault.Field == field {
			return fault.Code
		}
	}
	return ""
}

// JoinPaper shows, once, the code by which somebody without an address comes
// back. Form elements: #noted #go-on; the code is the text of #paper-code.
type JoinPaper struct {
	Action string
	Fields []Field
	Title  string // of the collective
	Handle string
	Code   string
	Return string // address to come back to, in full: it is for paper
	Error  string // "join.noted"
}

// JoinApplication is "/join/application": somebody's own application. Forms
// without an action are not shown; their elements are #code #prove-code,
// #send-again, #reply #send-reply, #confirm #withdraw.
type JoinApplication struct {
	State    string // "proving", "waiting", "paper" (waits, and no letter will come), "asked", "accepted", "in-use": keys below "join.state."
	Title    string // of the collective
	Contact  string // of the collective
	Handle   string
	Address  string // where the code went; empty: none did
	Since    string // formatted, as all moments
	Lapses   string
	Together bool // two who manage the collective must agree
	Dialogue []LineView
	Typed    string // a reply that was not taken
	Code     Post
	Again    Post
	Reply    Post
	Withdraw Post
	Notice   string // "join.proved", "join.sent", "join.replied"
	Error    string // "join.code-wrong", "join.confirm" …
}

// LineView is a question of those who manage the collective, or an answer to it.
type LineView struct {
	Mine bool // said by who looks at it
	When string
	Text string
}

// JoinProve asks whoever has a letter to press a button: programs follow links.
// Form elements: #prove.
type JoinProve struct {
	Action  string
	Fields  []Field
	Address string
}

// JoinReturn is "/join/return": come back with a code on paper.
// Form elements: #handle #code #return.
type JoinReturn struct {
	Action string
	Handle string // as typed
	Error  string // "join.return-wrong", "join.slow"
}

// JoinPassword sets the first password of somebody who was taken in.
// Form elements: #password #password-again #set-password.
type JoinPassword struct {
	Action    string
	Fields    []Field
	Title     string // of the collective; empty: not known
	Handle    string // so that password managers file it under that; empty: not known
	MinLength int
	Error     string // "password.weak", "password.differ" …
}

// Invitation shows who invites. Elements: #invitation-join is a button for who
// is logged in, #invitation-new and #invitation-login are links for others.
type Invitation struct {
	Title string // of the collective
	By    string // name of who invites; empty: not known any more
	Words string // theirs
	Until string // formatted
	As    string // name of who is logged in; empty: nobody
	Join  Post
	New   string // path of [JoinForm] with the invitation
	Login string // path that leads back here after a login
	Error string // "invited.done", "invited.closed", "invited.other"
}

// JoinOver says that a link is not good any more, and how to get a new one.
type JoinOver struct {
	Kind string // "prove", "application", "password", "invitation": keys below "join.over."
}

func (Join) page() string            { return "join" }
func (JoinForm) page() string        { return "join-form" }
func (JoinPaper) page() string       { return "join-paper" }
func (JoinApplication) page() string { return "join-application" }
func (JoinProve) page() string       { return "join-prove" }
func (JoinReturn) page() string      { return "join-return" }
func (JoinPassword) page() string    { return "join-password" }
func (Invitation) page() string      { return "invitation" }
func (JoinOver) page() string        { return "join-over" }

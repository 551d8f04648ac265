// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// Account is "/account": what is known of the person, plainly, and the way to
// everything that they can do about it. Form elements: #logout,
// #logout-everywhere; the last one sends "everywhere".
type Account struct {
	Name, Handle, Mail string
	Pending            string // an address that waits for proof
	Language           string // its name; empty: what the browser asks for
	Anonymous          bool
	Collectives        []CollectiveView
	Fields             []Field
	LogoutAction       string
	Notice             string // "account.saved" …
	Error              string
}

// CollectiveView is a collective the person belongs to.
type CollectiveView struct {
	Title   string
	Manager bool
	Contact string // an address to write to
	Primary bool   // it vouches for the account
	Manage  string // path of the managers' pages; empty: not one of them
	Leave   string // path of [LeaveCollective]
	Home    Post   // asks that it be the primary one
}

// SessionView is a browser the person is logged in with.
type SessionView struct {
	Current bool
	Since   string // already formatted for the page's language
	Methods []string
	Seen    string
	End     Post // sends "session"
}

// LanguageView is a language to choose.
type LanguageView struct {
	Tag, Name string
	Chosen    bool
}

// MyProfile is "/account/profile". Elements: #name #given-name #family-name
// #language (empty: what the browser asks for) #save.
type MyProfile struct {
	Action    string
	Fields    []Field
	Anonymous bool // then Name is a nickname, and there is nothing else
	Handle    string
	Name      string
	Given     string
	Family    string
	Languages []LanguageView
	Services  []SeenView // that see something of it
	Seen      *SeenBy    // what one of them sees; nil: none was chosen
	Notice    string     // "account.saved"
	Error     string     // "profile.name", "profile.long", "account.unavailable"
}

// SeenView is a service that sees something, and where it is shown what.
type SeenView struct {
	Title  string
	Path   string
	Chosen bool
}

// SeenBy is what one service sees of a person.
type SeenBy struct {
	Title    string
	Receives []ReceivedView
	Detail   string // path of [MyService]
}

// MyAddress is "/account/address". Elements: #mail #current #save; while an
// address waits for proof #code #prove, #again and #forget.
type MyAddress struct {
	Action  string
	Fields  []Field
	Mail    string // the one that counts; empty: none
	Pending string // the one that waits for proof
	Until   string // its code is good until then
	Typed   string
	Prove   Post // with "code"
	Again   Post
	Forget  Post
	Notice  string // "address.sent", "address.again", "address.forgotten"
	Error   string // "address.malformed", "address.same", "address.code", "address.slow", "address.taken", "password.wrong" …
}

// ProveMyAddress is where the link of a letter leads: "/account/address/prove".
// Element: #prove.
type ProveMyAddress struct {
	Action  string // empty: there is nothing to prove, or it is done
	Fields  []Field
	Address string
	Done    bool
	Error   string // "address.old-link", "address.taken"
}

// MyPassword is "/account/password". Elements: #current #password
// #password-again #change.
type MyPassword struct {
	Action    string
	Fields    []Field
	Handle    string // so that password managers file the new password under it
	MinLength int
	Error     string // "password.wrong", "password.weak", "password.differ", "password.same" …
}

// MyCode is "/account/code": the code on paper of who has no address. Elements:
// #current #new-code; once made #code.
type MyCode struct {
	Action string
	Fields []Field
	Has    bool
	Code   string // shown once
	Error  string
}

// MySessions is "/account/sessions". Each session has a form; #end-others ends
// all but this one.
type MySessions struct {
	Sessions []SessionView // newest first
	Others   Post
	Last     []LogoutView // of the log-out before; what was tried again since counts
	LastWhen string
	Notice   string // "sessions.ended"
	Error    string
}

func (Account) page() string        { return "account" }
func (MyProfile) page() string      { return "my-profile" }
func (MyAddress) page() string      { return "my-address" }
func (ProveMyAddress) page() string { return "prove-my-address" }
func (MyPassword) page() string     { return "my-password" }
func (MyCode) page() string         { return "my-code" }
func (MySessions) page() string     { return "my-sessions" }

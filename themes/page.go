// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// Page is something a person sees. Each page is a struct of its own that holds
// exactly what its template may show; handlers fill it, designers draw it, and
// neither reads the other's files.
//
// Strings in a page are plain text; templates escape them. Fields named Error
// or Notice hold a key of the locale files, never a sentence.
type Page interface{ page() string }

// Frame is what every page has around it.
type Frame struct {
	Lang      string   // BCP 47 tag of the page, one of [Themes.Languages]
	Here      string   // path and query of this page, for the language links; empty: no links
	Person    string   // display name of who is logged in; empty: nobody
	Branding  Branding // of the collective whose page this is; zero: Clau's own
	Reference string   // of this request, shown on error pages
}

// Branding is how a collective looks: data, never HTML or CSS text.
type Branding struct {
	Title  string // the collective's name
	Colour string // "#rrggbb"; anything else is ignored
	Logo   string // path below this origin; empty: none
}

// ServiceView is a service as people see it.
type ServiceView struct {
	Title       string
	Description string
	Collective  string // title of the collective that runs it
	URL         string // where a link to it leads; empty: not a link
	Host        string // host of the service's own address, so that people see where they go
	Note        string // "service.not-anonymous" …; empty: none
	Logo        string // path below this origin; empty: none
	Policy      string // address of the service's own privacy policy; empty: none
	Terms       string // address of its terms; empty: none
	Ends        string // what a log-out here does there: keys below "portal.ends."; empty: not said
}

// Picture is the logo, if it is on this origin: pages load nothing from others.
func (s ServiceView) Picture() string {
	if !local(s.Logo) {
		return ""
	}
	return s.Logo
}

// Portal is "/": choose a service.
type Portal struct {
	Services []ServiceView // open to this person, in order
	Managed  []Named       // collectives that this person manages
	Issuer   string
}

// Login asks who somebody is. Form elements: #username #password #login.
type Login struct {
	Action  string // where the form goes
	Fields  []Field
	Service *ServiceView // where the person is going; nil: to the portal
	Name    string       // what was typed, or hinted at
	Fixed   bool         // the name cannot be changed (re-authentication)
	Error   string       // "login.wrong", "login.slow" …
	Notice  string       // "login.again" (asked to prove it again) …
	Cancel  string       // address that answers the service "cancelled"; empty: none
}

// Field is a hidden form field.
type Field struct{ Name, Value string }

// ChooseAccount asks which account to go on with (prompt=select_account).
type ChooseAccount struct {
	Action   string
	Fields   []Field
	Service  *ServiceView
	Accounts []AccountView
	Cancel   string
}

// AccountView is an account known to this browser. The form sends Value as
// "account", and an empty one for "another account".
type AccountView struct {
	Name   string
	Handle string
	Value  string
}

// Aside is the handle, where the name does not say the same.
func (v AccountView) Aside() string { return aside(v.Name, v.Handle) }

func aside(name, handle string) string {
	if name == handle {
		return ""
	}
	return handle
}

// ChangePassword asks for a new password before anything else.
// Form elements: #password #password-again #change.
type ChangePassword struct {
	Action    string
	Fields    []Field
	Service   *ServiceView
	Error     string // "password.weak", "password.differ", "password.same" …
	Reason    string // "password.must-change", "password.expired" …
	Name      string // the account's handle, so that password managers file the new password under it
	MinLength int
	Cancel    string
}

// ConfirmLogout asks before a log-out that nobody proved the person wanted.
// Form elements: #logout-confirm.
type ConfirmLogout struct {
	Action  string
	Fields  []Field
	Service *ServiceView // which asked; nil: Clau itself
	Person  string
}

// LoggedOut says what a log-out ended.
type LoggedOut struct {
	Services []LogoutView
	Back     string // a registered address to go on to; empty: none
}

// LogoutView is a service and what came of telling it.
type LogoutView struct {
	Title  string
	Status string // "done", "retrying", "unsupported", "browser", "waiting", "asked", "failed": keys below "logout.status."
}

// Error says what happened and what to do. Element: #error-code.
type Error struct {
	Status int
	Code   string // key below "error.": "not-found", "busy", "unavailable", "redirect-unproven", "forbidden" …
	Detail string // a plain value named in the sentence, such as a service's title
	Back   string // address to try again or go on to; empty: none

	// Contact of those who can help, such as a collective's address; empty: none.
	Contact string
}

// FormPost hands an authorization response to a service by a form
// (OAuth 2.0 Form Post Response Mode). It submits itself where scripts run and
// shows a button where they do not.
type FormPost struct {
	Action string
	Title  string // of the service; empty: its host says it alone
	Fields []Field
}

func (Portal) page() string         { return "portal" }
func (Login) page() string          { return "login" }
func (ChooseAccount) page() string  { return "choose-account" }
func (ChangePassword) page() string { return "change-password" }
func (ConfirmLogout) page() string  { return "confirm-logout" }
func (LoggedOut) page() string      { return "logged-out" }
func (Error) page() string          { return "error" }
func (FormPost) page() string       { return "form-post" }

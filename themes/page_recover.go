// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// Recover is "/recover": somebody forgot their password. What it says
// afterwards it says to everybody. Elements: #username #send.
type Recover struct {
	Action string
	Fields []Field
	Sent   bool
	Error  string // "recover.empty", "recover.slow", "recover.old-link", "recover.unavailable"
}

// RecoverPassword is where the link of a letter leads. Elements: #password
// #password-again #change.
type RecoverPassword struct {
	Action    string
	Fields    []Field
	Handle    string
	MinLength int
	Error     string // "password.weak", "password.differ" …
}

// RecoverCode is "/recover/code", for who has a code on paper. Elements:
// #username #code #password #password-again #change.
type RecoverCode struct {
	Action    string
	Fields    []Field
	Name      string
	MinLength int
	Error     string // "recover.wrong", "recover.slow", "password.weak", "password.differ" …
}

// Recovered says that the new password is good. Element: #code.
type Recovered struct {
	Code    string // the new code on paper, shown once; empty: there is none
	Stopped bool   // the account is suspended all the same
}

func (Recover) page() string         { return "recover" }
func (RecoverPassword) page() string { return "recover-password" }
func (RecoverCode) page() string     { return "recover-code" }
func (Recovered) page() string       { return "recovered" }

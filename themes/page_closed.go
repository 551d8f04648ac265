// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// Closed says that a service is not open to the person, or that their account is
// suspended, why, and whom to ask.
// Elements: #closed-back, #closed-home.
type Closed struct {
	Service    ServiceView
	Person     string // as whom they are logged in
	Words      string // why the account is suspended, in the words of who did it
	Until      string // when that ends; empty: nobody has said
	Reason     string // "suspended", "members", "group", "anonymous", "handle", "stopped", "account": keys below "closed."
	Collective string // title of the one that decides
	Contact    string // its address; empty: none
	Back       string // address that tells the service; empty: none
}

func (Closed) page() string { return "closed" }

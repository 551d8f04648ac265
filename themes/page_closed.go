// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// Closed says that a service is not open to the person, why, and whom to ask.
// Elements: #closed-back, #closed-home.
type Closed struct {
	Service    ServiceView
	Person     string // as whom they are logged in
	Reason     string // "members", "group", "anonymous", "handle", "stopped", "account": keys below "closed."
	Collective string // title of the one that decides
	Contact    string // its address; empty: none
	Back       string // address that tells the service; empty: none
}

func (Closed) page() string { return "closed" }

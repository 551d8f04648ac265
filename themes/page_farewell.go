// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// Farewell is "/farewell": a log-out under way in the browser. It moves on by
// itself after Pause; #continue is for who does not want to wait.
// Form elements: #without.
type Farewell struct {
	Services []LogoutView
	Next     string   // path of ours to go on to
	Pause    int      // seconds; zero: it waits for the person
	To       string   // title of the service that is next; empty: none, or Waiting
	Waiting  string   // title of the one that the browser was sent to and did not come back from
	Without  Post     // goes on without it
	Frames   []string // addresses of services that are told in frames
}

func (Farewell) page() string { return "farewell" }

// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// Consent asks before a service receives anything personal, in the words of the
// collective in whose name the person enters; its [Branding] is in the frame.
//
// The form sends "answer" ("allow" by #consent-allow, "deny" by #consent-deny);
// "allow" for each item that is ticked or required; "appear" and "pseudonym";
// "group" for each collective whose membership may be told.
type Consent struct {
	Action      string
	Fields      []Field
	Service     ServiceView // with the collective that runs it
	Through     string      // title of the collective in whose name the person enters
	Intro       string      // its own words; empty: none
	Purpose     string      // what it says that the service is for; empty: nothing
	Privacy     string      // address of its privacy policy; empty: none
	Why         string      // "first", "more", "policy", "value", "expired", "wished", "stopped": keys below "consent.why."
	Items       []ConsentItem
	Appearances []AppearanceView // to choose among; a single one is sent without asking
	Until       string           // day on which it is asked again, formatted
	Error       string           // "consent.stale", "consent.pseudonym" …
}

// ConsentItem is one thing that the service asks for.
type ConsentItem struct {
	Attribute string // "name", "email" …: keys below "attribute."; sent as "allow"
	Value     string // what would be sent
	Follows   bool   // it is sent as the person chose to appear; Value is the real one
	Purpose   string // why it is asked; empty: the words of the locale files, "purpose."
	Keep      string // how long it is kept; empty: the service did not say
	Required  bool   // cannot be left out
	Ticked    bool
	New       bool        // not decided before, or not like this
	Rights    bool        // leaving it out may take rights away at the service
	Groups    []GroupView // of "groups": collectives to choose among
}

// GroupView is a collective whose membership the service would learn.
type GroupView struct {
	Name   string // sent as "group"
	Title  string
	Value  string // the group values that would be sent
	Fixed  bool   // cannot be left out
	Ticked bool
}

// AppearanceView is a way to appear: who the service would see. An empty value
// is not sent.
type AppearanceView struct {
	Kind   string // "real", "pseudonym", "none": keys below "consent.appear."; sent as "appear"
	Name   string // of "pseudonym": what stands in the field for it
	Handle string
	Mail   string
	Lost   bool // mail to that address does not arrive anywhere
	Chosen bool
}

func (Consent) page() string { return "consent" }

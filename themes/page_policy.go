// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

// Policy is "/collectives/<name>/policy", where managers write what their
// collective wants of services, and see the screen that comes of it.
//
// The form sends "do" ("preview" by #policy-preview, "save" by #policy-save);
// "remember", "privacy"; "anonymous" and "pseudonyms" ("yes"); "service" (which
// screen to preview); and what the views below name. An element's id is its name.
type Policy struct {
	Manage
	Action     string
	Remember   string // days, as typed
	Privacy    string // address of the privacy policy, as typed
	Anonymous  bool
	Pseudonyms bool
	Intro      []TextView
	Rules      []RuleView // for every service
	Services   []ServicePolicyView
	Previews   []PreviewView

	// Of Manage: Notice is "policy.saved" or "policy.previewed", Error is
	// "policy.stale" or "policy.unavailable", Faults have codes below
	// "policy.fault.".
}

// TextView is a text in one language.
type TextView struct {
	Name     string
	Lang     string // BCP 47 tag
	Language string // its name, in itself
	Value    string
}

// RuleView is what holds for one attribute. Elements: Name+".need",
// Name+".change" ("yes"), and those of the texts.
type RuleView struct {
	Attribute   string // keys below "attribute."
	Name        string
	Need        string // "", "required", "optional", "forbidden": keys below "policy.need."
	Purpose     []TextView
	Keep        []TextView
	AskOnChange bool
	Open        bool // shown unfolded: something is written in it, or wrong
}

// ServicePolicyView is what holds for one service. Elements: Name+".agreed",
// Name+".minutes", Name+".anonymous" and Name+".pseudonyms" ("", "yes", "no").
type ServicePolicyView struct {
	Title      string
	Value      string // sent as "service"
	Name       string
	Agreed     string // "2026-11-22"
	Minutes    string // address, as typed
	Anonymous  string
	Pseudonyms string
	Purpose    []TextView
	Rules      []RuleView // of what it asks for
	Open       bool       // shown unfolded
	Shown      bool       // the previews are of this service
}

// Fault is something wrong in what was typed.
type Fault struct {
	Field string // name of the element
	Label string // where it is, in words
	Code  string // "number", "address", "date", "need", "long", "both": keys below "policy.fault."
}

// PreviewView is what one kind of person would see.
type PreviewView struct {
	Who     string // "member", "anonymous", "guest": keys below "policy.who."
	Outcome string // "asked", "agreed", "nothing", "refused": keys below "policy.outcome."
	Consent Consent
}

func (Policy) page() string { return "policy" }

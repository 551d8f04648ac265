// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"cmp"
	"fmt"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// Policy is what a collective has decided about what services learn of its
// people. It is written by the collective's managers and kept with it in the
// directory. Use [Default] for a collective that has written none: the zero
// value allows neither pseudonyms nor anonymous people.
type Policy struct {
	RememberDays int    `json:"remember_days" toml:"remember_days"` // after which people are asked again
	PrivacyURL   string `json:"privacy_url,omitempty" toml:"privacy_url,omitempty"`
	Anonymous    bool   `json:"anonymous" toml:"anonymous"`   // people without a name may enter services
	Pseudonyms   bool   `json:"pseudonyms" toml:"pseudonyms"` // people may appear by another name, or none
	Intro        Text   `json:"intro,omitempty" toml:"intro,omitempty"`

	// Attributes holds for every service, Services for one and before it.
	Attributes map[release.Attribute]Rule              `json:"attributes,omitempty" toml:"attributes,omitempty"`
	Services   map[directory.ServiceName]ServicePolicy `json:"services,omitempty" toml:"services,omitempty"`
}

// ServicePolicy is what differs for one service. Nil and empty fields leave
// what the collective says for all.
type ServicePolicy struct {
	Anonymous  *bool                      `json:"anonymous,omitempty" toml:"anonymous,omitempty"`
	Pseudonyms *bool                      `json:"pseudonyms,omitempty" toml:"pseudonyms,omitempty"`
	Purpose    Text                       `json:"purpose,omitempty" toml:"purpose,omitempty"` // what the service is for
	Agreed     *Agreement                 `json:"agreed,omitempty" toml:"agreed,omitempty"`
	Attributes map[release.Attribute]Rule `json:"attributes,omitempty" toml:"attributes,omitempty"`
}

// Agreement says that the collective's assembly has agreed to a service for
// all its people, so that nobody is asked.
type Agreement struct {
	On      Date   `json:"on" toml:"on"`           // in force from the beginning of that day, UTC
	Minutes string `json:"minutes" toml:"minutes"` // https address where people can read it
}

// Rule is what holds for one attribute. The zero value is optional.
type Rule struct {
	Need        Demand `json:"need,omitempty" toml:"need,omitempty"`
	Purpose     Text   `json:"purpose,omitempty" toml:"purpose,omitempty"` // why it is asked; empty: the pages' own words
	Keep        Text   `json:"keep,omitempty" toml:"keep,omitempty"`       // how long the service keeps it
	AskOnChange bool   `json:"ask_on_change,omitempty" toml:"ask_on_change,omitempty"`
}

// Demand says whether people can keep an attribute to themselves.
type Demand string

const (
	Required  Demand = "required"  // without it there is no entering
	Optional  Demand = "optional"  // the person decides
	Forbidden Demand = "forbidden" // it is never handed over, whoever asks
)

// Date is a day in the calendar.
type Date struct{ time.Time }

// ParseDate reads a date as RFC 3339 section 5.6 writes a full-date.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("consent: not a date: %q", s)
	}
	return Date{t}, nil
}

// String returns the date as [ParseDate] reads it.
func (d Date) String() string { return d.Format(time.DateOnly) }

// MarshalText implements [encoding.TextMarshaler].
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Date) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDate(string(b))
	return err
}

// MarshalJSON overrides that of [time.Time].
func (d Date) MarshalJSON() ([]byte, error) { return []byte(`"` + d.String() + `"`), nil }

// UnmarshalJSON overrides that of [time.Time].
func (d *Date) UnmarshalJSON(b []byte) error {
	if len(b) < 2 {
		return fmt.Errorf("consent: not a date: %q", b)
	}
	return d.UnmarshalText(b[1 : len(b)-1])
}

// rememberDays is how long a decision holds where the collective says nothing.
const rememberDays = 365

// Default is the policy of a collective that has written none: what a service
// asks for people may give or keep, by any name.
func Default() Policy {
	return Policy{RememberDays: rememberDays, Anonymous: true, Pseudonyms: true}
}

// Effective is what a policy says about one service.
type Effective struct {
	RememberDays int
	PrivacyURL   string
	Anonymous    bool
	Pseudonyms   bool
	Intro        Text // the collective's words above every screen
	Purpose      Text // what this service is for
	Agreed       *Agreement

	service, collective map[release.Attribute]Rule
}

// For returns what holds for a service: its own rules before those for all
// services, and those before the default.
func (p Policy) For(service directory.ServiceName) Effective {
	own := p.Services[service]
	e := Effective{
		RememberDays: cmp.Or(p.RememberDays, rememberDays), PrivacyURL: p.PrivacyURL,
		Anonymous: p.Anonymous, Pseudonyms: p.Pseudonyms,
		Intro: p.Intro, Purpose: own.Purpose, Agreed: own.Agreed,
		service: own.Attributes, collective: p.Attributes,
	}
	if own.Anonymous != nil {
		e.Anonymous = *own.Anonymous
	}
	if own.Pseudonyms != nil {
		e.Pseudonyms = *own.Pseudonyms
	}
	return e
}

// Rule returns what holds for an attribute. Each part of the service's rule
// stands before the same part of the collective's. That a change of value is
// asked about needs only one of the two to say so.
func (e Effective) Rule(a release.Attribute) Rule {
	own, all := e.service[a], e.collective[a]
	return Rule{
		Need:        cmp.Or(own.Need, all.Need, Optional),
		Purpose:     own.Purpose.or(all.Purpose),
		Keep:        own.Keep.or(all.Keep),
		AskOnChange: own.AskOnChange || all.AskOnChange,
	}
}

// agreed reports whether an assembly's agreement is in force.
func (e Effective) agreed(now time.Time) bool {
	return e.Agreed != nil && !now.Before(e.Agreed.On.Time)
}

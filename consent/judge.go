// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"errors"
	"slices"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// Why nobody is asked and nobody enters.
var (
	// ErrAnonymous says that the service is not for people without a name:
	// the collective does not allow it, or it needs what only a name gives.
	ErrAnonymous = errors.New("consent: not open to anonymous people")

	// ErrForbidden says that the service knows people by their handle, and the
	// collective forbids that services learn handles.
	ErrForbidden = errors.New("consent: the collective forbids the identifier the service uses")
)

// Input is all that a judgement is made from.
type Input struct {
	Need     release.Need // of the request, or of the grant that is used again
	Policy   Policy       // of the collective that [Through] names
	Service  directory.Service
	Person   directory.Person
	Standing directory.Standing
	Consent  *directory.Consent // nil: none
	Names    Names
	Again    bool // the service wants the person asked again (prompt=consent, OpenID Connect Core section 3.1.2.1)
	Now      time.Time
}

// Names are what a person would be called at the service in place of their own
// name. They are proposals: what the consent holds already stands before them,
// and nothing is released under a name that no consent has reserved.
type Names struct {
	Pseudonym string // may be empty: the person thinks of one
	Handle    string
	Alias     string
}

// Verdict is what comes of a judgement. Terms stand in every case, also while
// something is asked: they hold what was agreed and still is.
type Verdict struct {
	Collective directory.CollectiveName // in whose name the person enters
	Terms      release.Terms
	Ask        *Question // nil: nothing is to be asked
	Record     bool      // nobody is asked; [Note] says what the directory shall hold
	Refused    error     // [ErrAnonymous], [ErrForbidden]
}

// Lapsed reports whether a grant made earlier is void: the person stopped the
// service, the time is over, nobody agreed to anything yet, or the person may
// not enter. All else that is to be asked waits for the next sign-on.
func (v Verdict) Lapsed() bool {
	if v.Refused != nil {
		return true
	}
	return v.Ask != nil && slices.Contains([]Reason{First, Stopped, Wished, Expired}, v.Ask.Why)
}

// Judge decides what may be released now, and what the person must be asked
// first. It is pure: the same input gives the same verdict, and nothing is read
// or written.
func Judge(in Input) Verdict {
	return hear(&in).judge()
}

func (m *matter) judge() Verdict {
	v := Verdict{Collective: m.through}
	if v.Refused = m.refused(); v.Refused != nil {
		return v
	}
	found := m.findings()
	v.Terms = m.terms(found)
	if why := m.why(found); why != "" {
		v.Ask = m.question(why, found)
		return v
	}
	v.Record = m.unrecorded(found)
	return v
}

func (m *matter) refused() error {
	switch {
	case m.public && m.rules.Rule(release.Handle).Need == Forbidden:
		return ErrForbidden
	case m.Person.Anonymous && len(m.offers) == 0:
		return ErrAnonymous
	}
	return nil
}

// finding is what is known of one attribute.
type finding struct {
	item
	agreed   bool
	declined bool
	withheld bool   // agreed, but to another value
	news     Reason // why it must be asked about; empty: it need not
}

func (m *matter) findings() []finding {
	found := make([]finding, 0, len(m.units))
	for _, one := range m.units {
		f, u := finding{item: one}, one.unit
		switch {
		case m.live && slices.Contains(m.known.Allowed, string(u)):
			f.agreed = true
		case m.chosen && slices.Contains(m.known.Declined, string(u)):
			f.declined = true
		case m.assembly:
			f.agreed = true
		}
		f.news = m.news(f)
		f.withheld = f.news == ValueChanged && u != release.Groups
		found = append(found, f)
	}
	return found
}

// news says why an attribute must be asked about. What an assembly agreed to is
// asked of nobody, except for somebody who declined what is now required. What
// was declined is not brought up again just because the words about it changed.
func (m *matter) news(f finding) Reason {
	switch {
	case f.declined && f.rule.Need == Required:
		return PolicyChanged
	case m.assembly:
		return ""
	case !m.live:
		return m.lapse()
	case !f.agreed && !f.declined:
		return More
	case m.rewritten, naming(f.unit) && m.kept == "":
		return PolicyChanged
	case f.agreed && m.reworded(f):
		return PolicyChanged
	case f.agreed && m.changed(f):
		return ValueChanged
	case m.Again:
		return Again
	}
	return ""
}

// lapse says why there is no decision that stands.
func (m *matter) lapse() Reason {
	switch {
	case m.stopped:
		return Stopped
	case !m.known.Asked:
		return First
	case !m.known.Expires.After(m.known.Decided):
		return Wished
	}
	return Expired
}

// reworded reports whether an item says something else than when it was agreed
// to, in the language it was read in.
func (m *matter) reworded(f finding) bool {
	lang, sum := shown(m.known.Shown).part(string(f.unit))
	return !words(f.unit, f.rule, lang).is(sum)
}

// changed reports whether an agreed value is not the one agreed to. For groups
// only more counts: whoever leaves a collective need not be asked whether the
// service may hear less.
func (m *matter) changed(f finding) bool {
	agreed := m.known.Values[string(f.unit)]
	if f.unit == release.Groups {
		return m.moreGroups() && !m.valueDigest(release.Groups, m.groupNames()).is(agreed)
	}
	return f.rule.AskOnChange && agreed != "" && !m.valueDigest(f.unit, m.recorded(f.unit)).is(agreed)
}

func (m *matter) moreGroups() bool {
	for _, c := range m.offered {
		if !slices.Contains(m.known.Groups, c) {
			return true
		}
	}
	return false
}

// why is the weightiest of the news. Who comes back to a service they stopped
// is asked even if nothing personal leaves: else the service could undo the
// stop by itself, with a request that asks for nothing.
func (m *matter) why(found []finding) Reason {
	if m.stopped {
		return Stopped
	}
	for _, reason := range reasons() {
		if slices.ContainsFunc(found, func(f finding) bool { return f.news == reason }) {
			return reason
		}
	}
	return ""
}

// unrecorded reports whether the directory must learn of a service that nobody
// is asked about: it is on the person's list all the same.
func (m *matter) unrecorded(found []finding) bool {
	switch {
	case m.known.Person == "":
		return true
	case m.unnamed(found):
		return true
	case m.known.Asked:
		return false
	}
	return m.known.Collective != m.through ||
		!slices.Equal(m.known.Allowed, agreedNames(found)) ||
		!slices.Equal(m.known.Groups, m.groups(found))
}

// unnamed reports whether something goes out under a name that is not reserved yet.
func (m *matter) unnamed(found []finding) bool {
	as := m.as()
	if as == nil {
		return false
	}
	return as.Mail == "" && m.released(found, release.Mail) ||
		as.Handle == "" && m.released(found, release.Handle)
}

func agreedNames(found []finding) []string {
	var out []string
	for _, f := range found {
		if f.agreed {
			out = append(out, string(f.unit))
		}
	}
	return out
}

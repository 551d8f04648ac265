// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/pelletier/go-toml/v2"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// Format is a way to write a policy down.
type Format string

const (
	JSON Format = "json" // as the directory keeps it
	TOML Format = "toml" // as people write it
)

// The most that one collective may write: it is read at every sign-on.
const (
	policyMax   = 64 << 10 // bytes
	servicesMax = 200
	daysMax     = 3650
)

// ParsePolicy reads a policy, strictly. An empty text is the policy of a
// collective that has written none, and so is [Default]. An error is always
// [Faults], with everything that is wrong.
func ParsePolicy(raw []byte, format Format) (Policy, error) {
	if len(raw) > policyMax {
		return Policy{}, Faults{{Kind: FaultSize, Why: fmt.Sprintf("longer than %d bytes", policyMax)}}
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return Default(), nil
	}
	read := treeOfJSON
	if format == TOML {
		read = treeOfTOML
	}
	root, faults := read(raw)
	if root.value == nil && len(faults) > 0 {
		return Policy{}, faults.err()
	}
	r := &reader{faults: faults}
	p := r.policy(field{r, "", root})
	if err := r.faults.err(); err != nil {
		return Policy{}, err
	}
	return p, nil
}

// Encode writes the policy down so that [ParsePolicy] reads the same again.
func (p Policy) Encode(format Format) ([]byte, error) {
	if format == TOML {
		return toml.Marshal(p)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(p); err != nil {
		return nil, fmt.Errorf("consent: writing a policy: %w", err)
	}
	return b.Bytes(), nil
}

func (r *reader) policy(f field) Policy {
	p, t := Default(), f.table()
	t.take("remember_days", func(f field) { p.RememberDays = f.number(1, daysMax) })
	t.take("privacy_url", func(f field) { p.PrivacyURL = f.address() })
	t.take("anonymous", func(f field) { p.Anonymous = f.truth() })
	t.take("pseudonyms", func(f field) { p.Pseudonyms = f.truth() })
	t.take("intro", func(f field) { p.Intro = f.text() })
	t.take("attributes", func(f field) { p.Attributes = r.rules(f) })
	t.take("services", func(f field) { p.Services = r.services(f) })
	t.rest("is not a key of a policy")
	return p
}

func (r *reader) services(f field) map[directory.ServiceName]ServicePolicy {
	t := f.table()
	if len(t.fields) > servicesMax {
		f.fault(FaultSize, fmt.Sprintf("names more than %d services", servicesMax))
		return nil
	}
	var out map[directory.ServiceName]ServicePolicy
	for name, f := range t.all() {
		if !directory.ServiceName(name).Valid() {
			f.fault(FaultUnknown, "cannot be the name of a service")
			continue
		}
		out = put(out, directory.ServiceName(name), r.service(f))
	}
	return out
}

func (r *reader) service(f field) ServicePolicy {
	var p ServicePolicy
	t := f.table()
	t.take("anonymous", func(f field) { p.Anonymous = new(f.truth()) })
	t.take("pseudonyms", func(f field) { p.Pseudonyms = new(f.truth()) })
	t.take("purpose", func(f field) { p.Purpose = f.text() })
	t.take("agreed", func(f field) { p.Agreed = r.agreement(f) })
	t.take("attributes", func(f field) { p.Attributes = r.rules(f) })
	t.rest("is not a key of a service")
	return p
}

// agreement wants both keys: what the assembly agreed to is nothing if people
// cannot read when and how.
func (r *reader) agreement(f field) *Agreement {
	var a Agreement
	t := f.table()
	t.must("on", func(f field) { a.On = f.date() })
	t.must("minutes", func(f field) { a.Minutes = f.address() })
	t.rest("is not a key of an agreement")
	return &a
}

func (r *reader) rules(f field) map[release.Attribute]Rule {
	var out map[release.Attribute]Rule
	for name, f := range f.table().all() {
		switch a := release.Attribute(name); {
		case a.Decided() != a:
			f.fault(FaultUnknown, "goes with "+string(a.Decided())+", and has no rule of its own")
		case !ruled(a):
			f.fault(FaultUnknown, "is not an attribute that can be released")
		default:
			out = put(out, a, r.rule(f))
		}
	}
	return out
}

func (r *reader) rule(f field) Rule {
	var out Rule
	t := f.table()
	t.take("need", func(f field) { out.Need = Demand(f.choice(string(Required), string(Optional), string(Forbidden))) })
	t.take("purpose", func(f field) { out.Purpose = f.text() })
	t.take("keep", func(f field) { out.Keep = f.text() })
	t.take("ask_on_change", func(f field) { out.AskOnChange = f.truth() })
	t.rest("is not a key of a rule")
	return out
}

// put makes the map at the first entry: no entries and no map are the same policy.
func put[K comparable, V any](m map[K]V, k K, v V) map[K]V {
	if m == nil {
		m = map[K]V{}
	}
	m[k] = v
	return m
}

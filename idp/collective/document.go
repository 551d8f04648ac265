// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"

	"commonscloud.coop/clau/consent"
	"commonscloud.coop/clau/idp/directory"
)

// document is a policy as a tree of what was typed, right or wrong: package
// consent judges all of it at once, and there is one set of rules for pages,
// files and the directory.
type document map[string]any

// documentOf returns a policy as a document. What no field shows, such as a text
// in a language that the pages do not have, is in it and stays.
func documentOf(p consent.Policy) (document, error) {
	raw, err := p.Encode(consent.JSON)
	if err != nil {
		return nil, err
	}
	d := document{}
	in := json.NewDecoder(bytes.NewReader(raw))
	in.UseNumber()
	if err := in.Decode(&d); err != nil {
		return nil, fmt.Errorf("collective: reading a policy: %w", err)
	}
	return d, nil
}

// policy reads the document; an error is [consent.Faults].
func (d document) policy() (consent.Policy, error) {
	raw, err := compact(map[string]any(d))
	if err != nil {
		return consent.Policy{}, err
	}
	return consent.ParsePolicy(raw, consent.JSON)
}

func (d document) at(path []string) any {
	var value any = map[string]any(d)
	for _, step := range path {
		inside, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = inside[step]
	}
	return value
}

// put writes a value, and with nil takes away what is there and every table
// that is empty then: an agreement without a word in it is none.
func (d document) put(path []string, value any) {
	put(d, path, value)
}

func put(in map[string]any, path []string, value any) {
	step := path[0]
	switch {
	case len(path) > 1:
		inside, ok := in[step].(map[string]any)
		if !ok {
			inside = map[string]any{}
		}
		put(inside, path[1:], value)
		if in[step] = inside; len(inside) == 0 {
			delete(in, step)
		}
	case value == nil:
		delete(in, step)
	default:
		in[step] = value
	}
}

func (d document) clone() document { return clone(d) }

func clone(m map[string]any) map[string]any {
	out := maps.Clone(m)
	for k, v := range out {
		if inside, ok := v.(map[string]any); ok {
			out[k] = clone(inside)
		}
	}
	return out
}

// written is a policy as the directory keeps it. One that is too large for the
// directory is a fault like any other.
func written(p consent.Policy) ([]byte, error) {
	raw, err := compact(p)
	if err != nil {
		return nil, err
	}
	if len(raw) > directory.PolicyMax {
		return nil, consent.Faults{{Kind: consent.FaultSize}}
	}
	return raw, nil
}

// compact leaves HTML as it is: escaped, each "<" would take six bytes of the
// space that a policy has, and nobody puts this into a page.
func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("collective: writing a policy: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

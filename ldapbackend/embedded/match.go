// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"commonscloud.coop/clau/ldapbackend/embedded/model"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// truth is the three-valued logic of filters (RFC 4511 section 4.5.1.7).
type truth int8

const (
	isFalse truth = iota - 1
	undefined
	isTrue
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

// match evaluates a filter. What the asker may not search is undefined, so that
// neither a filter nor its negation tells anything of it.
func (ea *entryAccess) match(f *wire.Filter) truth {
	switch f.Kind {
	case wire.And:
		result := isTrue
		for _, sub := range f.Subs {
			result = min(result, ea.match(sub))
		}
		return result
	case wire.Or:
		result := isFalse
		for _, sub := range f.Subs {
			result = max(result, ea.match(sub))
		}
		return result
	case wire.Not:
		return -ea.match(f.Subs[0])
	}
	a := ea.schema.Attribute(f.Name)
	if a == nil || !ea.may(a.Name, maySearch) {
		return undefined
	}
	if f.Kind == wire.Present {
		return truthOf(ea.present(a))
	}
	return ea.assert(a, f)
}

func (ea *entryAccess) present(a *model.Attribute) bool {
	switch {
	case ea.store.Apart(a):
		return ea.read.HasMembers(ea.entry.ID, 0)
	case a == ea.types.entryDN || a == ea.types.hasSubordinates:
		return true
	}
	return ea.entry.Get(a) != nil
}

func (ea *entryAccess) assert(a *model.Attribute, f *wire.Filter) truth {
	switch f.Kind {
	case wire.Substrings:
		return ea.substrings(a, f)
	case wire.AtLeast, wire.AtMost:
		return ea.compareOrder(a, f)
	case wire.Extensible:
		if f.Rule != "" || f.OfName { // none beyond equality is offered
			return undefined
		}
	}
	return ea.equal(a, f.Value)
}

func (ea *entryAccess) equal(a *model.Attribute, value string) truth {
	if !a.Kind.Matches() {
		return undefined
	}
	want, err := ea.schema.Normalize(a, value)
	if err != nil {
		return undefined
	}
	switch {
	case ea.store.Apart(a):
		return truthOf(ea.read.HasMember(ea.entry.ID, want))
	case a == ea.types.objectClass:
		return truthOf(want == "top" || ea.hasClass(ea.entry, want))
	}
	return truthOf(ea.schema.Index(a, ea.values(a), want) >= 0)
}

// values returns stored values, and those that are made up from the tree.
func (ea *entryAccess) values(a *model.Attribute) []string {
	switch {
	case ea.store.Apart(a):
		return ea.read.Members(ea.entry.ID)
	case a == ea.types.entryDN:
		return []string{ea.entry.DN}
	case a == ea.types.hasSubordinates:
		if ea.read.HasChildren(ea.entry.Path) {
			return []string{"TRUE"}
		}
		return []string{"FALSE"}
	case a == ea.types.contextCSN && len(ea.path) == 0:
		return []string{ea.read.CSN()}
	}
	return ea.entry.Get(a)
}

func (ea *entryAccess) compareOrder(a *model.Attribute, f *wire.Filter) truth {
	want, err := ea.schema.Normalize(a, f.Value)
	if err != nil || !a.Kind.Ordered() {
		return undefined
	}
	for _, v := range ea.values(a) {
		have, err := ea.schema.Normalize(a, v)
		if err != nil {
			continue
		}
		order, ok := a.Kind.Compare(have, want)
		if ok && (f.Kind == wire.AtLeast && order >= 0 || f.Kind == wire.AtMost && order <= 0) {
			return isTrue
		}
	}
	return isFalse
}

func (ea *entryAccess) substrings(a *model.Attribute, f *wire.Filter) truth {
	if !a.Kind.Substrings() {
		return undefined
	}
	parts := make([]string, len(f.Any))
	for i, p := range f.Any {
		parts[i] = foldPart(a.Kind, p)
	}
	first, last := foldPart(a.Kind, f.Value), foldPart(a.Kind, f.Final)
	for _, v := range ea.values(a) {
		have, err := ea.schema.Normalize(a, v)
		if err == nil && contains(have, first, parts, last) {
			return isTrue
		}
	}
	return isFalse
}

// foldPart prepares a part of a value as the whole is prepared, but keeps the
// spaces at its ends.
func foldPart(k model.Kind, part string) string {
	switch k {
	case model.Text, model.IA5:
		return norm.NFKC.String(strings.ToLower(norm.NFKC.String(part)))
	case model.TextExact:
		return norm.NFKC.String(part)
	case model.Number:
		return strings.NewReplacer(" ", "", "-", "").Replace(strings.ToLower(part))
	}
	return part
}

func contains(have, first string, parts []string, last string) bool {
	rest, ok := strings.CutPrefix(have, first)
	if !ok {
		return false
	}
	for _, p := range parts {
		if _, rest, ok = strings.Cut(rest, p); !ok {
			return false
		}
	}
	return strings.HasSuffix(rest, last)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"slices"
	"strconv"
)

// screen is what templates/consent-parts.html draws: the page [Consent], or one
// of the previews on the page [Policy]. ID begins the ids and names of a
// preview, so that several stand on one page and none is sent.
type screen struct {
	Consent
	ID      string
	Preview bool
}

// Screen is the page itself.
func (c Consent) Screen() screen { return screen{Consent: c} }

// Screen is the preview at a place among others.
func (p PreviewView) Screen(place int) screen {
	return screen{Consent: p.Consent, ID: "preview-" + strconv.Itoa(place) + "-", Preview: true}
}

// screenItem is an item with what it needs to know of its screen.
type screenItem struct {
	ConsentItem
	ID      string
	Preview bool
	Service string
	Settled bool          // decided before: to look at, and not sent
	As      []screenValue // the value for each way to appear, when there is a choice
}

// screenValue is what would be sent to somebody who chose a way to appear. The
// stylesheet shows the chosen one alone where the browser can.
type screenValue struct {
	Kind  string
	Value string
	Typed bool // it is what the person types
}

// Choice reports whether there is something to choose about how to appear: a
// way, or the name of a pseudonym.
func (s screen) Choice() bool {
	return len(s.Appearances) > 1 || len(s.Appearances) == 1 && s.Appearances[0].Kind == "pseudonym"
}

// Partly reports whether only some of the items are new to somebody who decided
// about the others before.
func (s screen) Partly() bool {
	fresh := func(item ConsentItem) bool { return item.New }
	settled := func(item ConsentItem) bool { return !item.New }
	return s.Why != "first" && slices.ContainsFunc(s.Items, fresh) && slices.ContainsFunc(s.Items, settled)
}

// Unsaid reports whether of some item nobody said how long it is kept. It is
// said once, not beside each.
func (s screen) Unsaid() bool {
	return slices.ContainsFunc(s.Items, func(item ConsentItem) bool { return item.Keep == "" })
}

// Asked are the items to look at: the new ones, or all.
func (s screen) Asked() []screenItem {
	return s.items(func(item ConsentItem) bool { return item.New || !s.Partly() })
}

// Settled are the items decided before, when only others are new.
func (s screen) Settled() []screenItem {
	return s.items(func(item ConsentItem) bool { return !item.New && s.Partly() })
}

func (s screen) items(keep func(ConsentItem) bool) []screenItem {
	var found []screenItem
	for _, item := range s.Items {
		if !keep(item) {
			continue
		}
		settled := s.Partly() && !item.New
		item.New = item.New && s.Partly() // of all that is new, saying so says nothing
		found = append(found, screenItem{item, s.ID, s.Preview, s.Service.Title, settled, s.values(item)})
	}
	return found
}

func (s screen) values(item ConsentItem) []screenValue {
	if !item.Follows || !s.Choice() {
		return nil
	}
	values := make([]screenValue, len(s.Appearances))
	for i, a := range s.Appearances {
		values[i] = screenValue{Kind: a.Kind, Value: a.value(item)}
		values[i].Typed = a.Kind == "pseudonym" && item.Attribute == "name"
	}
	return values
}

// value is what is sent for an item: what the appearance has, or nothing; real
// people send what they have.
func (a AppearanceView) value(item ConsentItem) string {
	switch item.Attribute {
	case "name":
		return a.Name
	case "preferred_username":
		return a.Handle
	case "email":
		return a.Mail
	}
	if a.Kind != "real" {
		return ""
	}
	return item.Value
}

// AppearFirst reports whether how to appear belongs to what is asked now.
func (s screen) AppearFirst() bool {
	follows := func(item screenItem) bool { return item.Follows }
	return s.Choice() && (!s.Partly() || slices.ContainsFunc(s.Asked(), follows))
}

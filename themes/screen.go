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
	ID        string
	Preview   bool
	Service   string
	Elsewhere bool // its value is told where people choose how to appear
}

// Choice reports whether there is more than one way to appear.
func (s screen) Choice() bool { return len(s.Appearances) > 1 }

// Partly reports whether only some of the items are new to somebody who decided
// about the others before.
func (s screen) Partly() bool {
	fresh := func(item ConsentItem) bool { return item.New }
	settled := func(item ConsentItem) bool { return !item.New }
	return s.Why != "first" && slices.ContainsFunc(s.Items, fresh) && slices.ContainsFunc(s.Items, settled)
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
		item.New = item.New && s.Why != "first" // then all is new, and saying so says nothing
		found = append(found, screenItem{item, s.ID, s.Preview, s.Service.Title, item.Follows && s.Choice()})
	}
	return found
}

// AppearFirst reports whether how to appear belongs to what is asked now.
func (s screen) AppearFirst() bool {
	follows := func(item screenItem) bool { return item.Follows }
	return s.Choice() && (!s.Partly() || slices.ContainsFunc(s.Asked(), follows))
}

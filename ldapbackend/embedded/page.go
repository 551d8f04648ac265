// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded

import (
	"slices"
	"strconv"

	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// pages remembers the searches of a connection that are read page by page
// (RFC 2696): what is still to be looked at.
type pages struct {
	last int
	open []openPage
}

type openPage struct {
	cookie string
	who    string
	base   []string
	todo   []uint64
	left   int
}

// maxPages is how many such searches one connection can have; the oldest is
// forgotten.
const maxPages = 8

// turnPage takes up a search where its last page ended.
func (run *searching) turnPage() error {
	p := run.controls.paged
	run.page = p.Size
	if p.Cookie == "" {
		return nil
	}
	c := run.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.pages.open, func(o openPage) bool {
		return o.cookie == p.Cookie && o.who == run.who.norm && slices.Equal(o.base, run.base)
	})
	if i < 0 {
		return wire.Errorf(wire.UnwillingToPerform, "paged results cookie is invalid")
	}
	run.todo, run.left = c.pages.open[i].todo, c.pages.open[i].left
	c.pages.open = slices.Delete(c.pages.open, i, i+1)
	return nil
}

// closePage tells the client how to go on. A size of zero gives up the search.
func (run *searching) closePage() {
	p := run.controls.paged
	if p == nil {
		return
	}
	answer := wire.Paged{}
	if len(run.todo) > 0 && p.Size > 0 {
		answer.Cookie = run.keepPage()
	}
	run.answers = append(run.answers, answer.Control())
}

func (run *searching) keepPage() string {
	c := run.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages.last++
	cookie := strconv.Itoa(c.pages.last)
	c.pages.open = append(c.pages.open, openPage{cookie, run.who.norm, run.base, run.todo, run.left})
	if len(c.pages.open) > maxPages {
		c.pages.open = slices.Delete(c.pages.open, 0, 1)
	}
	return cookie
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"net/url"
	"strconv"
)

// pageSize is how many rows a list has on a page.
const pageSize = 50

// span is a page of a list: which rows, and where the pages beside it are.
type span struct {
	from, to       int
	previous, next string
}

// span reads which page of a list was asked for. One that is not there is the
// nearest that is.
func (v visit) span(total int) span {
	last := max(0, (total-1)/pageSize)
	asked, err := strconv.Atoi(v.URL.Query().Get("page"))
	if err != nil {
		asked = 1
	}
	page := min(max(asked-1, 0), last)
	s := span{from: page * pageSize, to: min((page+1)*pageSize, total)}
	if page > 0 {
		s.previous = v.page(page)
	}
	if page < last {
		s.next = v.page(page + 2)
	}
	return s
}

// page is the address of another page of the same list.
func (v visit) page(number int) string {
	query := url.Values{"page": {strconv.Itoa(number)}}
	for _, name := range []string{"q", "ui_locales"} {
		if value := v.URL.Query().Get(name); value != "" {
			query.Set(name, value)
		}
	}
	return (&url.URL{Path: v.URL.Path, RawQuery: query.Encode()}).String()
}

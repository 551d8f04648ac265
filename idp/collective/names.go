// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"commonscloud.coop/clau/idp/directory"
)

const (
	// namesLife is how long a name is believed for sorting and searching. What is
	// shown of a person is read for the page.
	namesLife = 10 * time.Minute

	// namesMax is how many names a process keeps, some 200 bytes each.
	namesMax = 100_000
)

// known is somebody as a list sorts and finds them.
type known struct {
	id     directory.PersonID
	name   string
	handle directory.Handle
	order  string // the name, folded
	text   string // name and handle as a search looks at them, folded
	mail   string // the address, folded
	home   directory.CollectiveName
	read   time.Time
}

// names remembers what people are called. It keeps two generations, and drops
// the older when the younger is full: what is asked for again and again stays.
// The zero value is empty.
type names struct {
	mu         sync.Mutex
	young, old map[directory.PersonID]known
}

func (n *names) get(id directory.PersonID, now time.Time) (known, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	k, ok := n.young[id]
	if !ok {
		k, ok = n.old[id]
	}
	return k, ok && now.Before(k.read.Add(namesLife))
}

func (n *names) keep(k known) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.young == nil || len(n.young) >= namesMax/2 {
		n.old, n.young = n.young, map[directory.PersonID]known{}
	}
	n.young[k.id] = k
}

// called finds what people are called, and reads whom it does not know. Who is
// not there any more is left out.
func (a *Room) called(ctx context.Context, ids []directory.PersonID) (map[directory.PersonID]known, error) {
	found := make(map[directory.PersonID]known, len(ids))
	var missing []directory.PersonID
	for _, id := range ids {
		if k, ok := a.names.get(id, a.Now()); ok {
			found[id] = k
			continue
		}
		missing = append(missing, id)
	}
	for part := range slices.Chunk(missing, directory.PageMax) {
		people, err := a.Directory.PeopleByID(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			k := a.knownOf(p)
			a.names.keep(k)
			found[p.ID] = k
		}
	}
	return found, nil
}

func (a *Room) knownOf(p directory.Person) known {
	order := fold(p.Name)
	return known{
		id: p.ID, name: p.Name, handle: p.Handle, read: a.Now(), order: order,
		text: order + "\n" + fold(string(p.Handle)), mail: fold(p.Mail), home: p.Primary,
	}
}

// has reports whether a word is in what the managers of a collective see of
// somebody. The address is only for those whose primary collective it is: a
// search that finds by it would spell it out.
func (k known) has(word string, of directory.CollectiveName) bool {
	return strings.Contains(k.text, word) || k.home == of && strings.Contains(k.mail, word)
}

// fold makes one text of those that people take for the same: Núria, nuria.
func fold(s string) string {
	marks := func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}
	return strings.Join(strings.Fields(strings.Map(marks, norm.NFD.String(s))), " ")
}

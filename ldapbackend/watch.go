// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

var errWatchEnded = errors.New("the stream of changes ended")

// Watch follows the changes of the tree by content synchronization in the mode
// refreshAndPersist (RFC 4533), on a connection of its own, until it breaks or
// ctx ends. It does not notice a server that hangs with its line open: what is
// cached on the word of a watch needs a short life all the same.
func (b *Backend) Watch(ctx context.Context, changed func(directory.Change)) error {
	if b.closed.Err() != nil {
		return unavailable(errClosed)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(b.closed, cancel)()
	c, err := b.dial(ctx, true)
	if err != nil {
		return translate(err)
	}
	defer c.discard()
	cookie := b.syncCookie(ctx, c)
	c.SetTimeout(0) // a timeout would end a watch that sees nothing happen
	b.config.Trips()
	r := request(b.tree.base, ldap.ScopeWholeSubtree, "(objectClass=*)", []string{"1.1"})
	stream := c.Syncrepl(ctx, r, 64, ldap.SyncRequestModeRefreshAndPersist, cookie, false)
	w := watch{tree: b.tree, changed: changed}
	for stream.Next() {
		w.event(stream.Entry(), stream.Controls())
	}
	if ctx.Err() != nil {
		return unavailable(ctx.Err())
	}
	if err := stream.Err(); err != nil {
		return translate(err)
	}
	return unavailable(errWatchEnded)
}

// syncCookie spares the server the walk through the whole tree that begins a
// synchronization from nothing: OpenLDAP takes the newest change it knows of
// (contextCSN) for the place to begin at. Servers without one are asked for
// everything, and that is thrown away.
func (b *Backend) syncCookie(ctx context.Context, c *conn) []byte {
	var csns []string
	_ = c.run(ctx, func(l *ldap.Conn) error {
		b.config.Trips()
		result, err := l.Search(request(b.tree.base, ldap.ScopeBaseObject, "(objectClass=*)", []string{"contextCSN"}))
		if err == nil && len(result.Entries) == 1 {
			csns = (fields{result.Entries[0]}).texts("contextCSN")
		}
		return err
	})
	if len(csns) == 0 {
		return nil
	}
	return []byte("rid=000,csn=" + strings.Join(csns, ";"))
}

// watch turns the messages of a synchronization into changes.
type watch struct {
	tree    tree
	changed func(directory.Change)
	stands  bool // the refresh is over; what comes now is new
}

func (w *watch) event(entry *ldap.Entry, controls []ldap.Control) {
	for _, c := range controls {
		if info, ok := c.(*ldap.ControlSyncInfo); ok {
			w.info(info)
			return
		}
	}
	if entry != nil && w.stands {
		w.entry(entry.DN)
	}
}

func (w *watch) info(info *ldap.ControlSyncInfo) {
	done := info.RefreshDelete != nil && info.RefreshDelete.RefreshDone ||
		info.RefreshPresent != nil && info.RefreshPresent.RefreshDone
	switch {
	case done && !w.stands:
		w.stands = true
		w.changed(directory.Change{Kind: directory.ChangedAll})
	case info.SyncIdSet != nil && w.stands:
		w.changed(directory.Change{Kind: directory.ChangedAll}) // deletions without names
	}
}

// entry says what a changed entry makes stale. A renamed entry is reported
// under its new name only, so a registration that becomes a person counts as
// the person; so does a person who was removed.
func (w *watch) entry(dn string) {
	switch p := w.tree.place(dn); p.kind {
	case person, belowPerson, retired:
		w.changed(directory.Change{Kind: directory.ChangedPerson, Person: p.person})
	case consent:
		w.changed(directory.Change{Kind: directory.ChangedConsent, Person: p.person, Service: directory.ServiceID(p.name)})
	case members, access:
		w.changed(directory.Change{Kind: directory.ChangedStanding})
	case collective: // its managers too
		w.changed(directory.Change{Kind: directory.ChangedCollective})
		w.changed(directory.Change{Kind: directory.ChangedStanding})
	case service:
		w.changed(directory.Change{Kind: directory.ChangedService})
	case key:
		w.changed(directory.Change{Kind: directory.ChangedKey})
	}
}

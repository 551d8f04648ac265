// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

const pageSize = 500

// pages yields the entries of a search by pages (RFC 2696). The server ties
// the pages to the connection, so it is kept for as long as the caller reads,
// but outside the pool's count: a caller who asks the directory about each
// entry would otherwise wait for the connection that it holds itself.
func (b *Backend) pages(ctx context.Context, r *ldap.SearchRequest) iter.Seq2[*ldap.Entry, error] {
	return func(yield func(*ldap.Entry, error) bool) {
		paging := ldap.NewControlPaging(pageSize)
		c, entries, err := b.firstPage(ctx, r, paging)
		if errors.Is(err, directory.ErrNotFound) {
			return
		}
		if err != nil {
			yield(nil, err)
			return
		}
		whole := false
		defer func() { b.search.bringBack(ctx, c, whole) }()
		for {
			whole = len(paging.Cookie) == 0
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
			}
			if whole {
				return
			}
			if entries, err = b.page(ctx, c, r, paging); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// firstPage also finds the connection. As with any read, one that fails after
// having lain idle is replaced by a fresh one; later pages cannot move.
func (b *Backend) firstPage(ctx context.Context, r *ldap.SearchRequest, paging *ldap.ControlPaging) (*conn, []*ldap.Entry, error) {
	for fresh := false; ; fresh = true {
		c, reused, err := b.search.borrow(ctx, fresh)
		if err != nil {
			return nil, nil, translate(err)
		}
		entries, err := b.page(ctx, c, r, paging)
		if err == nil {
			return c, entries, nil
		}
		b.search.giveBack(ctx, c, err)
		if !reused || !broken(err) || ctx.Err() != nil {
			return nil, nil, err
		}
	}
}

// page reads the next page and keeps the server's cookie for the one after.
func (b *Backend) page(ctx context.Context, c *conn, r *ldap.SearchRequest, paging *ldap.ControlPaging) ([]*ldap.Entry, error) {
	paged := *r
	paged.Controls = append(slices.Clone(r.Controls), paging)
	var result *ldap.SearchResult
	err := c.run(ctx, func(l *ldap.Conn) error {
		b.config.Trips()
		var err error
		result, err = l.Search(&paged)
		return err
	})
	if err != nil {
		return nil, unread(err)
	}
	paging.Cookie = nil
	if answer, ok := ldap.FindControl(result.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging); ok {
		paging.Cookie = answer.Cookie
	}
	return result.Entries, nil
}

// borrow takes a connection out of the pool's count.
func (p *pool) borrow(ctx context.Context, fresh bool) (*conn, bool, error) {
	if err := p.enter(ctx); err != nil {
		return nil, false, err
	}
	defer p.leave()
	return p.take(ctx, fresh)
}

// bringBack returns it, unless the server still has pages for it in store.
func (p *pool) bringBack(ctx context.Context, c *conn, whole bool) {
	if !whole {
		c.discard()
		return
	}
	p.giveBack(ctx, c, nil)
}

func mapped[T any](entries iter.Seq2[*ldap.Entry, error], of func(*ldap.Entry) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for e, err := range entries {
			var v T
			if err == nil {
				v = of(e)
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

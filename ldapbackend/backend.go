// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"errors"

	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/idp/directory"
)

// Backend is a directory reached over LDAP.
type Backend struct {
	config   Config
	servers  []server
	tree     tree
	failover *failover
	search   *pool
	bind     *pool
	decoy    decoy

	closing context.CancelFunc
	closed  context.Context // ends with Close
}

var _ directory.Backend = (*Backend)(nil)

// Open prepares a Backend. It connects when there is something to ask, so a
// server that is down, now or later, is no reason to fail: calls answer
// [directory.ErrUnavailable] meanwhile, and work again when it is back.
func Open(config Config) (*Backend, error) {
	config, err := config.resolved()
	if err != nil {
		return nil, err
	}
	b := &Backend{config: config, tree: newTree(config.Base)}
	for _, u := range config.URLs {
		s, err := parseServer(u, config.StartTLS)
		if err != nil {
			return nil, err
		}
		b.servers = append(b.servers, s)
	}
	b.failover = newFailover(max(1, len(b.servers)), config.Now)
	b.search = b.newPool(config.SearchConns, directory.ErrUnavailable, func(ctx context.Context) (*conn, error) {
		return b.dial(ctx, true)
	})
	b.bind = b.newPool(config.BindConns, directory.ErrBusy, func(ctx context.Context) (*conn, error) {
		return b.dial(ctx, false)
	})
	b.closed, b.closing = context.WithCancel(context.Background())
	return b, nil
}

// Close ends all connections and watches.
func (b *Backend) Close() error {
	b.closing()
	b.search.close()
	b.bind.close()
	return nil
}

// Ready returns nil when the server answers and the base exists.
func (b *Backend) Ready(ctx context.Context) error {
	_, err := b.entry(ctx, b.tree.base, "1.1")
	return err
}

// read runs a search. When a connection that had lain idle fails, it is tried
// once more on a fresh one.
func (b *Backend) read(ctx context.Context, request *ldap.SearchRequest) ([]*ldap.Entry, error) {
	var result *ldap.SearchResult
	op := func(c *ldap.Conn) error {
		b.config.Trips()
		var err error
		result, err = c.Search(request)
		return err
	}
	reused, err := b.search.do(ctx, false, op)
	if reused && broken(err) && ctx.Err() == nil {
		_, err = b.search.do(ctx, true, op)
	}
	if err != nil {
		return nil, unread(err)
	}
	return result.Entries, nil
}

// unread translates what came of a search: what cannot be a name names nothing.
func unread(err error) error {
	if code(err, ldap.LDAPResultInvalidDNSyntax) {
		return sentinel(directory.ErrNotFound, err)
	}
	return translate(err)
}

// write runs one change, once.
func (b *Backend) write(ctx context.Context, op func(*ldap.Conn) error) error {
	_, err := b.search.do(ctx, false, func(c *ldap.Conn) error {
		b.config.Trips()
		return op(c)
	})
	return translate(err)
}

func (b *Backend) add(ctx context.Context, by directory.Actor, dn string, attributes attributes) error {
	controls, err := b.as(by)
	if err != nil {
		return err
	}
	request := ldap.NewAddRequest(dn, controls)
	for _, a := range attributes {
		request.Attribute(a.name, a.values)
	}
	return b.write(ctx, func(c *ldap.Conn) error { return c.Add(request) })
}

func (b *Backend) modify(ctx context.Context, by directory.Actor, request *ldap.ModifyRequest) error {
	controls, err := b.as(by)
	if err != nil {
		return err
	}
	sent := *request
	sent.Controls = append(controls, request.Controls...)
	return b.write(ctx, func(c *ldap.Conn) error { return c.Modify(&sent) })
}

func (b *Backend) delete(ctx context.Context, by directory.Actor, dn string) error {
	controls, err := b.as(by)
	if err != nil {
		return err
	}
	return b.write(ctx, func(c *ldap.Conn) error { return c.Del(ldap.NewDelRequest(dn, controls)) })
}

// as makes a write the actor's own: with proxied authorization (RFC 4370) the
// server checks the person's rights instead of those of Clau.
func (b *Backend) as(by directory.Actor) ([]ldap.Control, error) {
	if by.IsSystem() {
		return nil, nil
	}
	id, ok := by.Person()
	if !ok {
		return nil, refuse(directory.ErrRefused, "a write without an actor")
	}
	return []ldap.Control{ldap.NewControlString(proxiedAuthorization, true, "dn:"+b.tree.person(id))}, nil
}

// OIDs of controls that the library does not know.
const (
	proxiedAuthorization = "2.16.840.1.113730.3.4.18" // RFC 4370
	assertion            = "1.3.6.1.1.12"             // RFC 4528
)

// provided makes a write happen only if the entry matches the filter: the
// server compares and changes in one step.
func provided(filter string) (ldap.Control, error) {
	packet, err := ldap.CompileFilter(filter)
	if err != nil {
		return nil, refuse(directory.ErrInvalid, "assertion: %w", err)
	}
	return ldap.NewControlString(assertion, true, string(packet.Bytes())), nil
}

// entry reads one entry by name.
func (b *Backend) entry(ctx context.Context, dn string, names ...string) (*ldap.Entry, error) {
	entries, err := b.read(ctx, request(dn, ldap.ScopeBaseObject, "(objectClass=*)", names))
	if err != nil {
		return nil, err
	}
	if len(entries) != 1 {
		return nil, refuse(directory.ErrNotFound, "no entry")
	}
	return entries[0], nil
}

// below reads what matches the filter below dn, or nothing if dn is not there.
func (b *Backend) below(ctx context.Context, dn, filter string, names ...string) ([]*ldap.Entry, error) {
	entries, err := b.read(ctx, request(dn, ldap.ScopeWholeSubtree, filter, names))
	if errors.Is(err, directory.ErrNotFound) {
		return nil, nil
	}
	return entries, err
}

func request(dn string, scope int, filter string, names []string) *ldap.SearchRequest {
	return ldap.NewSearchRequest(dn, scope, ldap.NeverDerefAliases, 0, 0, false, filter, names, nil)
}

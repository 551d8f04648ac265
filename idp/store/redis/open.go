// SPDX-License-Identifier: AGPL-3.0-or-later

package redis

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"commonscloud.coop/clau/idp/store"
)

// How long Redis may take before it counts as down.
const (
	dialTimeout = 2 * time.Second
	ioTimeout   = 1 * time.Second
)

// Store is a [store.Store] over Redis.
type Store struct {
	client  goredis.UniversalClient
	scripts scripts
	prefix  string
	log     *slog.Logger
}

var _ store.Store = (*Store)(nil)

// Option changes what [Open] does.
type Option func(*config)

type config struct {
	prefix         string
	user, password string
	tls            *tls.Config
	log            *slog.Logger
}

// WithPrefix puts prefix before every key instead of "clau:".
func WithPrefix(prefix string) Option { return func(c *config) { c.prefix = prefix } }

// WithLogger writes why Redis did not answer.
func WithLogger(log *slog.Logger) Option { return func(c *config) { c.log = log } }

// WithPassword logs in so, whatever the URL says. An empty user is Redis's default.
func WithPassword(user, password string) Option {
	return func(c *config) { c.user, c.password = user, password }
}

// WithTLS speaks TLS so, whatever the URL says.
func WithTLS(t *tls.Config) Option { return func(c *config) { c.tls = t } }

// Open returns a store over the Redis at a URL of one of these forms:
//
//	redis://[user[:password]@]host[:6379][/db]
//	redis+sentinel://[user[:password]@]host[:26379][,host…]/master[/db][?sentinel_user=…&sentinel_password=…]
//	redis+cluster://[user[:password]@]host[:6379][,host…]
//
// and with rediss instead of redis over TLS. User and password are
// percent-encoded. Hosts of Sentinel and Cluster are those asked first; the
// others are learnt from them.
//
// Open fails for a faulty URL only. That Redis is down is logged: Clau starts
// all the same and answers when Redis is there.
func Open(ctx context.Context, url string, opts ...Option) (*Store, error) {
	a, err := parse(url)
	if err != nil {
		return nil, err
	}
	c := config{prefix: "clau:", log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		opt(&c)
	}
	logging.Disable() // the library's own, for the whole process, past every log of Clau's
	s := &Store{client: goredis.NewUniversalClient(c.options(a)), scripts: newScripts(), prefix: c.prefix, log: c.log}
	if err := s.Ping(ctx); err != nil {
		s.log.Warn("redis does not answer yet", "hosts", a.hosts)
	}
	return s, nil
}

func (c *config) options(a address) *goredis.UniversalOptions {
	o := a.options()
	o.Username, o.Password = cmp.Or(c.user, o.Username), cmp.Or(c.password, o.Password)
	if c.tls != nil {
		o.TLSConfig = c.tls
	}
	o.MaxRetries = -1 // what was sent may have been done
	o.DialerRetries = 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = dialTimeout, ioTimeout, ioTimeout
	o.PoolTimeout = ioTimeout
	o.PipelinePoolSize = -1 // pipelines are short and share the connections
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o
}

// Ping implements [store.Store].
func (s *Store) Ping(ctx context.Context) error {
	return s.outward(ctx, s.client.Ping(ctx).Err())
}

// Close implements [store.Store]. Closing twice is no error.
func (s *Store) Close() error {
	if err := s.client.Close(); err != nil && !errors.Is(err, goredis.ErrClosed) {
		return fmt.Errorf("closing redis: %w", err)
	}
	return nil
}

// outward turns what Redis says into what a Store says.
func (s *Store) outward(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, goredis.Nil) || wrongKind(err) {
		return store.ErrNotFound
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, context.Cause(ctx))
	}
	s.log.Warn("redis did not answer", "error", err)
	return store.ErrUnavailable
}

// wrongKind reports whether a key was asked for as what it is not.
func wrongKind(err error) bool { return goredis.HasErrorPrefix(err, "WRONGTYPE") }

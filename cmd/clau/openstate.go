// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"log/slog"
	"net/url"
	"os"
	"strings"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/store/redis"
)

// openState opens the store of what expires. A Redis that is down does not keep
// Clau from starting.
func (a *app) openState(ctx context.Context, s config.Settings, logger *slog.Logger) (store.Store, error) {
	if s.State.RedisURL != "" {
		opened, err := redis.Open(ctx, withPassword(s.State), redis.WithLogger(logger))
		if err != nil {
			return nil, sayf("redis_url cannot be used: %v", err)
		}
		return opened, nil
	}
	if err := os.MkdirAll(s.DataDir, 0o700); err != nil {
		return nil, sayf("the data directory cannot be made: %v", cause(err))
	}
	opened, err := bolt.Open(bolt.Config{Path: s.StateFile(), Now: a.now, Logger: logger})
	if err != nil {
		return nil, sayf("the state cannot be opened; is another clau running with this data_dir? %v", err)
	}
	return opened, nil
}

// withPassword puts the password beside the user of the URL, where it belongs
// and where no configuration may have it.
func withPassword(s config.State) string {
	if s.RedisPassword == "" {
		return s.RedisURL
	}
	scheme, rest, _ := strings.Cut(s.RedisURL, "://")
	user, hosts, named := strings.Cut(rest, "@")
	if !named {
		user, hosts = "", rest
	}
	return scheme + "://" + user + url.UserPassword("", s.RedisPassword).String() + "@" + hosts
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"
	"log/slog"
	"os"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
)

// openState opens the store of what expires. A Redis that is down does not keep
// Clau from starting.
func (a *app) openState(ctx context.Context, s config.Settings, logger *slog.Logger) (store.Store, error) {
	if s.State.RedisURL != "" {
		return nil, said("redis is not wired yet")
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

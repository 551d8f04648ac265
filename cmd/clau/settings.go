// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"os"

	"commonscloud.coop/clau/cmd/clau/config"
)

// settings reads the configuration that the command line, the environment or
// the usual places name.
func (a *app) settings() (config.Settings, error) {
	name, err := a.configPath()
	if err != nil {
		return config.Settings{}, err
	}
	s, err := config.Load(name)
	if err != nil {
		return s, said(err.Error())
	}
	return s, nil
}

func (a *app) configPath() (string, error) {
	if a.configFile != "" {
		return a.configFile, nil
	}
	if name := os.Getenv("CLAU_CONFIG"); name != "" {
		return name, nil
	}
	for _, name := range []string{"clau.toml", "/etc/clau/clau.toml"} {
		if _, err := os.Stat(name); err == nil {
			return name, nil
		}
	}
	return "", said(`no configuration found; name one with --config, or make one with "clau init"`)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"context"

	"commonscloud.coop/clau/cmd/clau/config"
	"commonscloud.coop/clau/idp/directory"
)

// checkDirectory asks the directory whether it can do what Clau needs, and
// whether there is anybody in it.
func (a *app) checkDirectory(ctx context.Context, s config.Settings) []finding {
	d, err := a.openDirectory(s)
	if err != nil {
		return []finding{fault("directory", explain(err), "")}
	}
	defer d.Close()
	var faults []finding
	for _, f := range d.CheckSetup(ctx) {
		if !f.OK {
			faults = append(faults, fault("directory", f.Name+": "+f.Seen, f.Do))
		}
	}
	if len(faults) > 0 {
		return faults
	}
	return append([]finding{ok("directory", where(s, d))}, inhabited(ctx, d)...)
}

func where(s config.Settings, d *place) string {
	switch {
	case !s.Directory.Embedded():
		return "prepared, below " + s.Directory.Base
	case d.server == nil:
		return "embedded, in use by the running Clau"
	}
	return "embedded"
}

// inhabited warns of a directory in which nobody could log in.
func inhabited(ctx context.Context, d directory.Backend) []finding {
	for _, err := range d.ListCollectives(ctx) {
		if err != nil {
			return []finding{fault("directory", explain(err), "")}
		}
		return nil
	}
	return []finding{warning("directory", "there is no collective yet", `begin with "clau collective add"`)}
}

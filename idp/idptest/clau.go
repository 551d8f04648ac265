// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store"
)

// Clau is a running Clau with the sample federation in it.
type Clau struct {
	Issuer    string
	Directory directory.Backend
	Store     store.Store
	People    map[string]directory.Person // by handle
	Clock     *Clock
	Logs      *Logs
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import "commonscloud.coop/clau/idp/web"

// logoutRoutes are the doors of the log-out.
func (p *Provider) logoutRoutes() []web.Route { return nil }

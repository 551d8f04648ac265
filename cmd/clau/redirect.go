// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import "commonscloud.coop/clau/idp/services/rules"

// linkFault refuses what is no link to a page. Nothing is no fault.
func linkFault(value string) error {
	if value == "" {
		return nil
	}
	return rules.Link(value)
}

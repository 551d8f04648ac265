// SPDX-License-Identifier: AGPL-3.0-or-later

package oidc

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// What follows is for services that cannot be taught otherwise. Each quirk is
// switched on in the record of the one service that has it.

// spelled is the form of an authorization request with the scopes that the
// client means: one joins them with commas, another sends none at all.
func (c client) spelled(form url.Values) url.Values {
	scope, m := form["scope"], c.oidc.Metadata
	if len(scope) > 1 {
		return form // said twice, which is refused
	}
	means := form.Get("scope")
	if m.CommaScopes {
		means = strings.ReplaceAll(means, ",", " ")
	}
	if strings.TrimSpace(means) == "" && len(m.DefaultScopes) > 0 {
		means = strings.Join(m.DefaultScopes, " ")
	}
	if means == form.Get("scope") {
		return form
	}
	form = maps.Clone(form)
	form.Set("scope", means)
	return form
}

// told leaves groups out of what people are asked about when the client is not
// told them whatever it asks for.
func (c client) told(need release.Need) release.Need {
	if c.oidc.Metadata.GroupFormat != directory.GroupsNone {
		return need
	}
	return slices.DeleteFunc(need, func(a release.Attribute) bool { return a == release.Groups })
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/themes"
)

// Brand is how the pages of a collective look, whoever draws them.
func Brand(c directory.Collective) themes.Branding {
	return themes.Branding{Title: c.Title, Colour: c.Settings.Colour, Logo: LogoPath(c)}
}

// ServiceLogoPath is where a service's logo is, as [LogoPath] of a collective.
func ServiceLogoPath(s directory.Service) string {
	if len(s.Logo) == 0 {
		return ""
	}
	return picture("/services/"+string(s.Name)+"/logo", s.Version)
}

// LogoPath is where a collective's logo is, empty if it has none. It changes
// with the collective, so that browsers may keep the picture for long.
func LogoPath(c directory.Collective) string {
	if len(c.Logo) == 0 {
		return ""
	}
	return picture("/collectives/"+string(c.Name)+"/logo", c.Version)
}

func picture(path, version string) string {
	sum := sha256.Sum256([]byte(version))
	u := url.URL{Path: path, RawQuery: "v=" + hex.EncodeToString(sum[:6])}
	return u.String()
}

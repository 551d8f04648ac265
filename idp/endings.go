// SPDX-License-Identifier: AGPL-3.0-or-later

package idp

import (
	"encoding/json"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/services/preset"
)

// endings says of each service what a log-out does to the session there: what is
// registered counts, and where that says nothing, what is known of its kind.
func (f *foundation) endings() (func(directory.Service) string, error) {
	presets, err := preset.Load()
	if err != nil {
		return nil, err
	}
	return func(s directory.Service) string {
		switch s.Protocol() {
		case directory.ProtocolForward:
			return string(preset.LogoutCloses)
		case directory.ProtocolPhabricator, directory.ProtocolGitLab:
			return string(preset.LogoutStays)
		case directory.ProtocolDiscourse:
			return f.endingOfForum(s)
		case directory.ProtocolOIDC:
			return endingOfClient(s, presets)
		}
		if kind, ok := presets.Find(s.Preset); ok {
			return string(kind.Logout)
		}
		return ""
	}, nil
}

// endingOfClient: who registered an ear is told.
func endingOfClient(s directory.Service, presets *preset.Library) string {
	if m := s.OIDC.Metadata; m.BackchannelLogoutURI != "" || m.FrontchannelLogoutURI != "" {
		return string(preset.LogoutCloses)
	}
	if kind, ok := presets.Find(s.Preset); ok && kind.Logout == preset.LogoutDies {
		return string(preset.LogoutDies)
	}
	return string(preset.LogoutStays)
}

// endingOfForum: without a key of its API a forum cannot be told.
func (f *foundation) endingOfForum(s directory.Service) string {
	var secrets directory.DiscourseSecrets
	raw, err := f.sealer.Open(s.Discourse.Sealed, s.SealedIn())
	if err != nil || json.Unmarshal(raw, &secrets) != nil {
		return ""
	}
	if secrets.APIKey == "" {
		return string(preset.LogoutStays)
	}
	return string(preset.LogoutCloses)
}

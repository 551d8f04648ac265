// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"encoding/json"

	"commonscloud.coop/clau/idp/directory"
)

// settingsMax is what the server's constraint allows, in bytes.
const settingsMax = 64 << 10

// decisionOf reads how a collective presents itself and decides, and which tokens
// register services for it. Tokens that cannot be read are none.
func decisionOf(f fields) directory.Settings {
	s := settingsOf(f)
	s.Registrars = registrarsOf(f)
	return s
}

func registrarsOf(f fields) []directory.Registrar {
	var list []directory.Registrar
	if err := json.Unmarshal(f.bytes("clauRegistrars"), &list); err != nil {
		return nil
	}
	return list
}

func formatRegistrars(list []directory.Registrar) string {
	if len(list) == 0 {
		return ""
	}
	return formatJSON(list)
}

// settingsOf reads how a collective decides. What cannot be read must not open
// a door: such a collective takes nobody unasked, and decides nothing by one
// manager alone.
func settingsOf(f fields) directory.Settings {
	raw := f.bytes("clauSettings")
	if raw == nil {
		return directory.Settings{}
	}
	var s directory.Settings
	if err := json.Unmarshal(raw, &s); err != nil {
		return directory.Settings{Closed: true, Together: []directory.Matter{
			directory.MatterAccepting, directory.MatterSuspending, directory.MatterAppointing,
		}}
	}
	return s
}

// formatSettings is empty for the zero value: LDAP knows no empty value.
func formatSettings(s directory.Settings) string {
	if text := formatJSON(s); text != "{}" {
		return text
	}
	return ""
}

func checkSettings(s directory.Settings) error {
	if n := max(len(formatSettings(s)), len(formatRegistrars(s.Registrars))); n > settingsMax {
		return refuse(directory.ErrInvalid, "settings of %d bytes", n)
	}
	return nil
}

func checkLogo(logo []byte) error {
	if len(logo) > directory.LogoMax {
		return refuse(directory.ErrInvalid, "a logo of %d bytes", len(logo))
	}
	return nil
}

// formatJSON writes what consists of texts, numbers and times, which always
// can be written.
func formatJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

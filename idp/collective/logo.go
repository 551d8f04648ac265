// SPDX-License-Identifier: AGPL-3.0-or-later

package collective

import (
	"errors"
	"net/http"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// logo is for everybody: it stands on pages that people see before they log in.
// That a collective has none, and that there is no such collective, is the same.
func (a *Room) logo(w http.ResponseWriter, r *http.Request) error {
	c, err := a.Directory.Collective(r.Context(), directory.CollectiveName(r.PathValue("collective")))
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	return web.ShowPicture(w, r, c.Logo)
}

// changeLogo puts another logo in place of the one that there is, or none.
func (a *Room) changeLogo(w http.ResponseWriter, v visit) error {
	form, raw, err := web.ParseUpload(v.Request, "logo", "token", "do")
	if err != nil {
		return err
	}
	if err := web.CheckFormToken(a.FormKey, v.key, form["token"]); err != nil {
		return err
	}
	var picture []byte
	done := "logo-removed"
	switch form["do"] {
	case "save":
		if picture, err = web.Redrawn(raw, directory.LogoMax); err != nil {
			return a.noLogo(w, v, err)
		}
		done = "logo-saved"
	case "remove":
	default:
		return badRequest()
	}
	_, err = a.Memberships.Configure(v.Context(), v.by(), directory.CollectiveChange{Logo: &picture})
	if err != nil {
		return a.unconfigured(w, v, err)
	}
	return web.Redirect(w, v.Request, v.at(path(v.name, "settings"), done))
}

func (a *Room) noLogo(w http.ResponseWriter, v visit, cause error) error {
	code := "picture"
	if errors.Is(cause, web.ErrBigPicture) {
		code = "picture-large"
	}
	f, err := a.layForm(v)
	if err != nil {
		return err
	}
	f.faults = []themes.Fault{a.fault(v, "logo", "settings.logo", code)}
	return a.drawSettings(w, f)
}

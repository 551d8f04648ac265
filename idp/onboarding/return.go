// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"errors"
	"net/http"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/membership"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

func (a *Room) showReturn(w http.ResponseWriter, v visit) error {
	return a.askCode(w, v, http.StatusOK, themes.JoinReturn{})
}

func (a *Room) askCode(w http.ResponseWriter, v visit, status int, page themes.JoinReturn) error {
	page.Action = v.to("/join/return")
	return a.show(w, v, status, directory.Collective{}, page)
}

// comeBack finds an application by the code on paper. A handle that nobody has
// and a wrong code are told in the same words.
func (a *Room) comeBack(w http.ResponseWriter, v visit) error {
	form, err := web.ParseForm(v.Request, "handle", "code")
	if err != nil {
		return err
	}
	handle := strings.ToLower(strings.TrimSpace(form["handle"]))
	page := themes.JoinReturn{Handle: form["handle"]}
	ticket, err := a.Memberships.Return(v.Context(), handle, form["code"], web.ClientAddr(v.Context()))
	switch {
	case err == nil:
		return web.Redirect(w, v.Request, v.to("/join/application", "t", ticket))
	case errors.Is(err, membership.ErrSlow):
		page.Error = "join.slow"
		return a.askCode(w, v, http.StatusTooManyRequests, page)
	case isOver(err):
		page.Error = "join.return-wrong"
		return a.askCode(w, v, http.StatusUnprocessableEntity, page)
	}
	return failed(err)
}

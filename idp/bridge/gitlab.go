// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge

import (
	"net/http"
	"strconv"
	"strings"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// gitlab is a GitLab that others log people in from, as Mattermost's Team
// Edition does.
type gitlab struct{}

func (gitlab) name() string { return directory.BridgeGitLab }

func (gitlab) paths() (authorize, token, identity string) {
	return "/oauth/authorize", "/oauth/token", "/api/v4/user"
}

func (gitlab) numbered() bool { return true }

// shown: never in the address, though GitLab itself would take it there.
func (gitlab) shown(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || len(r.Header.Values("Authorization")) != 1 {
		return ""
	}
	return token
}

// usable: Mattermost makes no account without an address, and believes it.
func (gitlab) usable(told release.Release) bool { return provenMail(told) != "" }

type gitlabUser struct {
	ID       int64  `json:"id"` // what accounts go by; never 0
	Username string `json:"username"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	State    string `json:"state"`
}

func (gitlab) identity(who identity) any {
	return gitlabUser{
		ID: who.number, State: "active", Email: provenMail(who.told), Name: text(who.told, release.Name),
		Username: plainName(text(who.told, release.Handle), userNameMax),
	}
}

func (gitlab) refusal(no *refusal) any {
	return struct {
		Message string `json:"message"`
	}{strconv.Itoa(no.status()) + " " + http.StatusText(no.status())}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge

import (
	"net/http"
	"regexp"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/release"
)

// phabricator is a Phabricator, or a Phorge, that others log people in from: its
// OAuth server and the one Conduit method that they call.
type phabricator struct{}

func (phabricator) name() string { return directory.BridgePhabricator }

func (phabricator) paths() (authorize, token, identity string) {
	return "/oauthserver/auth/{$}", "/oauthserver/token/{$}", "/api/user.whoami"
}

func (phabricator) numbered() bool { return false }

// shown: Phabricator puts the token into the address, and nowhere else.
func (phabricator) shown(r *http.Request) string { return onlyValue(r, "access_token") }

// usable: whatever is missing, Phabricator asks the person for.
func (phabricator) usable(release.Release) bool { return true }

// conduit is the envelope of every answer of Conduit. Its readers expect all
// three members, null or not.
type conduit struct {
	Result *conduitUser `json:"result"`
	Code   *string      `json:"error_code"`
	Info   *string      `json:"error_info"`
}

type conduitUser struct {
	PHID         string   `json:"phid"` // what accounts go by; any text will do
	UserName     string   `json:"userName"`
	RealName     string   `json:"realName"`
	Image        *string  `json:"image"` // fetched at each log-in: there is none
	URI          string   `json:"uri"`   // the same for all: no page is about one person
	Roles        []string `json:"roles"`
	PrimaryEmail *string  `json:"primaryEmail"`
}

// What Phabricator has room for, in bytes.
const (
	userNameMax = 64
	realNameMax = 128
	emailMax    = 128
)

// emailForm is what Phabricator takes for an address. Any other it would refuse
// after the person filled in the form, where it cannot be changed.
var emailForm = regexp.MustCompile(`^[a-zA-Z0-9_+.!-]+@[a-zA-Z0-9_+:.-]+$`)

func (phabricator) identity(who identity) any {
	user := &conduitUser{
		PHID: who.subject, URI: who.page, Roles: []string{"approved", "activated"},
		UserName: plainName(text(who.told, release.Handle), userNameMax),
		RealName: cut(text(who.told, release.Name), realNameMax),
	}
	// Who maintains a Phabricator is told to trust these addresses: whoami has no
	// word for one that nobody proved.
	if mail := provenMail(who.told); len(mail) <= emailMax && emailForm.MatchString(mail) {
		user.PrimaryEmail, user.Roles = &mail, append([]string{"verified"}, user.Roles...)
	}
	return conduit{Result: user}
}

func (phabricator) refusal(no *refusal) any {
	code := "ERR-CONDUIT-CORE"
	if no.code == invalidToken {
		code = "ERR-INVALID-AUTH"
	}
	return conduit{Code: &code, Info: &no.description}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package onboarding

import (
	"net/http"
	"strconv"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/themes"
)

// The form of somebody without a session is bound to the moment when it was
// drawn. Hardly anybody fills it in faster than fastest, and programs do; but some
// browsers fill in forms for people, so they are asked to press once more, and
// nothing that they typed is lost. After oldest it is drawn anew, so that a form
// that was fetched once is no key for ever.
const (
	fastest = 3 * time.Second
	oldest  = 24 * time.Hour
)

// seal says when a form was drawn, and for which collective.
type seal struct {
	at    string // milliseconds, base 36
	token string
}

func (a *Room) sealed(name directory.CollectiveName, at time.Time) seal {
	s := seal{at: strconv.FormatInt(at.UnixMilli(), 36)}
	s.token = web.FormToken(a.FormKey, sealBinding(name, s.at))
	return s
}

func sealBinding(name directory.CollectiveName, at string) string {
	return "join\x00" + string(name) + "\x00" + at
}

func (s seal) fields() []themes.Field {
	return []themes.Field{{Name: "at", Value: s.at}, {Name: "token", Value: s.token}}
}

// broken takes the seal of a form that was sent, and returns how long the form
// was open.
func (a *Room) broken(name directory.CollectiveName, form web.Form) (seal, time.Duration, error) {
	s := seal{form["at"], form["token"]}
	if err := web.CheckFormToken(a.FormKey, sealBinding(name, s.at), s.token); err != nil {
		return s, 0, err
	}
	at, err := strconv.ParseInt(s.at, 36, 64)
	if err != nil {
		return s, 0, web.Fail(http.StatusForbidden, "expired", err)
	}
	return s, a.Now().Sub(time.UnixMilli(at)), nil
}

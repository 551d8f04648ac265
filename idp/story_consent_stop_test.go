// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"context"
	"net/url"
	"slices"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// stopsWithin is how long anything that a person gave a service may outlive
// their stopping it, on any node.
const stopsWithin = 5 * time.Second

// TestStop: what a person gave a service ends with one click, whatever it is
// and whichever node is asked; the service is told, and the page says so.
func TestStop(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { stop(t, idptest.Start(t, idptest.Options{Nodes: 2, Configure: unhurried})) })
	t.Run("OpenLDAP and Redis", func(t *testing.T) {
		stop(t, idptest.Start(t, idptest.Options{Nodes: 2, Servers: idptest.RunServers(t), Configure: unhurried}))
	})
}

func stop(t *testing.T, clau *idptest.Clau) {
	forum, wiki := clau.Party(t, "forum"), clau.Party(t, "wiki")
	home, phone := given(t, clau, forum, "carme"), given(t, clau, forum, "carme")
	other := given(t, clau, wiki, "carme")
	gifts := slices.Concat(home.gifts(t), phone.gifts(t))
	for _, g := range gifts {
		if fault := g.use(); fault != "" {
			t.Fatalf("%s before: %s", g.what, fault)
		}
	}
	gifts = append(gifts, home.unused(t), phone.unused(t)) // of no more use than once

	home.Open(clau.Issuer + "/account/services/forum")
	home.Press("#service-stop")
	home.Sees("Sessió tancada") // the acknowledgement, in her language
	over(t, gifts)
	if !forum.LastIsOver() || len(forum.Told()) < 2 {
		t.Errorf("the service was told of %d sessions", len(forum.Told()))
	}
	for _, g := range other.gifts(t) {
		if fault := g.use(); fault != "" {
			t.Errorf("at another service, %s: %s", g.what, fault)
		}
	}

	reads := home.Reads()
	reads.Open(forum.URL + "/login")
	reads.SeesElement("#consent-allow", "#consent-deny")
	reads.Press("#consent-allow")
	reads.Sees("You are in.")
	phone.enters(t) // by now nothing is left to ask
	for _, g := range gifts {
		if fault := g.use(); fault == "" && !g.renewed {
			t.Errorf("%s came back to life with a new consent", g.what)
		}
	}
}

// TestStoppedByOtherHands: a decision that is suspended in the directory alone,
// as another program may do, ends everything too.
func TestStoppedByOtherHands(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{Nodes: 2, Configure: unhurried})
	forum := clau.Party(t, "forum")
	v := given(t, clau, forum, "anna")
	gifts := append(v.gifts(t), v.unused(t))
	id := clau.People["anna"].ID
	check(t, clau.Directory.StopConsent(context.Background(), directory.As(id), id, forum.Service.ID))
	over(t, gifts)
}

// TestTimeIsOver: when the remembered time ends, so does what was granted in it.
func TestTimeIsOver(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{Configure: unhurried})
	clau.SetPolicy(t, idptest.Ateneu, `,"services":{}`)
	forum := clau.Party(t, "forum")
	v := given(t, clau, forum, "anna")
	c, err := clau.Directory.Consent(context.Background(), clau.People["anna"].ID, forum.Service.ID)
	check(t, err)
	c.Expires = clau.Clock.Now().Add(time.Minute)
	check(t, clau.Directory.PutConsent(context.Background(), "service:"+string(forum.Service.ID), c))
	gifts := v.gifts(t)
	clau.Clock.Advance(61 * time.Second)
	over(t, gifts)
}

// over ends the test unless no gift is of any use within the time, twice on
// each node.
func over(t *testing.T, gifts []gift) {
	t.Helper()
	for end := time.Now().Add(stopsWithin); ; {
		alive := ""
		for range 4 {
			for _, g := range gifts {
				if g.use() == "" {
					alive = g.what
				}
			}
		}
		if alive == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s is still of use", alive)
		}
	}
}

// holder is somebody who gave a service what it has now.
type holder struct {
	idptest.Person
	clau    *idptest.Clau
	browser *idptest.Plain
	service *idptest.Party
	offline *idptest.Visit // with offline access
	bound   *idptest.Visit // bound to the session
}

// gift is something that a person's consent is worth; use returns why it is of
// no use any more, "" while it is.
type gift struct {
	what    string
	use     func() string
	renewed bool // it is the person's own, and of use again once they agree
}

func given(t *testing.T, clau *idptest.Clau, service *idptest.Party, handle string) holder {
	t.Helper()
	h := holder{clau: clau, browser: idptest.NewBrowser(t), service: service}
	h.Person = idptest.Sits(t, h.browser)
	h.Open(service.URL + "/login")
	h.LogsIn(handle, idptest.Password)
	h.Sees("You are in.")
	h.offline = service.Last()
	scope := service.Scope
	service.Scope = []string{"openid", "profile", "email"}
	h.enters(t)
	service.Scope = scope
	h.bound = service.Last()
	return h
}

func (h holder) enters(t *testing.T) {
	t.Helper()
	h.Open(h.service.URL + "/login")
	h.Sees("You are in.")
}

func (h holder) gifts(t *testing.T) []gift {
	t.Helper()
	gifts := []gift{{what: "the session", use: func() string { return h.silent(t) }, renewed: true}}
	for name, v := range map[string]*idptest.Visit{"offline": h.offline, "bound": h.bound} {
		refresh := v.Token.RefreshToken
		gifts = append(gifts,
			gift{what: name + " access token at userinfo", use: func() string { return h.service.UserInfo(v.Token.AccessToken).Fault() }},
			gift{what: name + " access token at introspection", use: func() string { return dead(h.service.Lives(v.Token.AccessToken)) }},
			gift{what: name + " refresh token at introspection", use: func() string { return dead(h.service.Lives(refresh)) }},
			gift{what: name + " refresh token", use: func() string {
				a := h.service.Refresh(refresh)
				if next := a.Text("refresh_token"); next != "" {
					refresh = next
				}
				return a.Fault()
			}},
		)
	}
	return gifts
}

func dead(lives bool) string {
	if lives {
		return ""
	}
	return "inactive"
}

// silent signs on without asking anything.
func (h holder) silent(t *testing.T) string {
	t.Helper()
	h.service.Extra.Set("prompt", "none")
	defer h.service.Extra.Del("prompt")
	h.Open(h.service.URL + "/login")
	if h.Has("#error") {
		return h.Value("#error")
	}
	h.Sees("You are in.")
	return ""
}

// unused is a code that nobody has redeemed yet.
func (h holder) unused(t *testing.T) gift {
	t.Helper()
	request, verifier := h.service.BeginWithVerifier()
	h.browser.Catch(h.service.URL + "/callback")
	h.Open(request)
	h.browser.Catch("")
	answer, err := url.Parse(h.Address())
	check(t, err)
	code := answer.Query().Get("code")
	if code == "" {
		t.Fatalf("no code: %s", answer)
	}
	return gift{what: "a code", use: func() string { return h.service.Redeem(code, verifier).Fault() }}
}

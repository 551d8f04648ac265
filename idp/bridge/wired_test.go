// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// TestNumbersInARealHouse: two nodes, a real directory and real pages. Each
// person's number is theirs from the first moment on, at whichever node the
// application asks, and stays.
func TestNumbersInARealHouse(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{Nodes: 2})
	s, secret := idptest.Client("chat", "https://chat.exemple.coop/signup/gitlab/complete")
	s.OIDC.Metadata = directory.ClientMetadata{Bridge: directory.BridgeGitLab, AuthMethod: "client_secret_post"}
	clau.AddService(t, s)
	h := house{t, clau, s, secret}

	bernat := idptest.Sits(t, idptest.NewBrowser(t))
	first := h.enters(bernat, "bernat")
	for range 4 { // now at this node, now at that
		if again := h.enters(bernat, ""); again != first {
			t.Errorf("first %+v, then %+v", first, again)
		}
	}
	elsewhere := h.enters(idptest.Sits(t, idptest.NewBrowser(t)), "bernat")
	carme := h.enters(idptest.Sits(t, idptest.NewBrowser(t)), "carme")
	if elsewhere != first || carme.ID == first.ID || carme.ID == 0 {
		t.Errorf("bernat %+v, bernat elsewhere %+v, carme %+v", first, elsewhere, carme)
	}
	if first.Email != "bernat@exemple.coop" || first.Username != "bernat" {
		t.Errorf("told %+v", first)
	}
}

type house struct {
	t      *testing.T
	clau   *idptest.Clau
	s      directory.Service
	secret string
}

type gitlabUser struct {
	ID              int64
	Username, Email string
}

// enters signs somebody on and asks who it was. Without a name there is a
// session already, and nothing to be asked.
func (h house) enters(who idptest.Person, name string) gitlabUser {
	h.t.Helper()
	plain := who.Browser.(*idptest.Plain)
	back := h.s.OIDC.RedirectURIs[0]
	plain.Catch(back)
	who.Open(h.clau.Issuer + "/gitlab/chat/oauth/authorize?" + asking(h.s).Encode())
	if name != "" {
		who.LogsIn(name, idptest.Password)
	}
	at, err := url.Parse(who.Address())
	if err != nil || !strings.HasPrefix(who.Address(), back) {
		h.t.Fatalf("at %s: %s", who.Address(), who.Text())
	}
	form := redeeming(h.s, at.Query().Get("code"))
	form.Set("client_secret", h.secret)
	var token struct {
		Access string `json:"access_token"`
	}
	h.call(http.MethodPost, "/oauth/token", form, "", &token)
	var user gitlabUser
	h.call(http.MethodGet, "/api/v4/user", nil, token.Access, &user)
	return user
}

func (h house) call(method, path string, form url.Values, token string, into any) {
	h.t.Helper()
	r, err := http.NewRequest(method, h.clau.Issuer+"/gitlab/chat"+path, strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := (&http.Client{Timeout: 20 * time.Second}).Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil || answer.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %d %v\n%s", path, answer.StatusCode, err, h.clau.Logs)
	}
}

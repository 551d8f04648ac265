// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/bridge"
	"commonscloud.coop/clau/idp/bridge/bridgetest"
	"commonscloud.coop/clau/idp/directory"
)

// The secret has what must be percent-encoded in a form.
const secret = "a+secret/of&the=phorge 0123456789"

// town is a world with both bridges.
type town struct {
	*bridgetest.World
	config bridge.Config
}

func start(t testing.TB) *town {
	w := &town{World: bridgetest.Start(t)}
	w.config = bridge.Config{
		Issuer: bridgetest.Issuer, Directory: w.Town, SignOns: w.Pipeline, Room: w.Logout, Store: w.Store,
		Audit: w.Audit, Now: w.Clock.Now, Rand: rand.Reader, Consents: w.Town, Decisions: w.Town,
	}
	phabricator, err := bridge.Phabricator(w.config)
	w.Must(err)
	gitlab, err := bridge.GitLab(w.config)
	w.Must(err)
	w.Open(phabricator, gitlab)
	return w
}

// register adds a service of a bridge at a host of its own.
func (w *town) register(kind, name, redirect string, change ...func(*directory.Service)) directory.Service {
	sum := sha256.Sum256([]byte(secret))
	s := directory.Service{
		ID: directory.ServiceID("id-of-" + name), Name: directory.ServiceName(name), Title: "The " + name, State: directory.Active,
		Access: directory.AccessCollective, Collective: "ateneu", URL: "https://" + name + ".example/",
		OIDC: &directory.OIDCClient{
			ID: directory.ClientID("client-" + name), Secrets: []directory.ClientSecret{{SHA256: base64.RawURLEncoding.EncodeToString(sum[:])}},
			RedirectURIs: []string{redirect},
			Metadata:     directory.ClientMetadata{Bridge: kind, AuthMethod: "client_secret_post"},
		},
	}
	for _, one := range change {
		one(&s)
	}
	w.Town.SetService(s)
	return s
}

// post is what a program posts as a form.
func (w *town) post(address string, form url.Values, header ...string) (int, map[string]any) {
	w.T.Helper()
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	w.Must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(r, header...)
}

func (w *town) get(address string, header ...string) (int, map[string]any) {
	w.T.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	w.Must(err)
	return w.do(r, header...)
}

func (w *town) do(r *http.Request, header ...string) (int, map[string]any) {
	w.T.Helper()
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := w.Client().Do(r)
	w.Must(err)
	defer answer.Body.Close()
	var said map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil {
		w.T.Fatalf("%s answered %d, and no JSON: %v", r.URL.Path, answer.StatusCode, err)
	}
	return answer.StatusCode, said
}

// grab goes through a sign-on by hand, up to the code.
func (w *town) grab(b *bridgetest.Browser, at string, s directory.Service) string {
	w.T.Helper()
	var landed url.Values
	host, err := url.Parse(s.OIDC.RedirectURIs[0])
	w.Must(err)
	w.Host(host.Host, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { landed = r.URL.Query() }))
	page := b.Go(at + "?" + asking(s).Encode())
	if page.URL.Path == "/login" {
		page = page.LogIn("mireia")
	}
	if page.URL.Path == "/login/consent" {
		page.Allow()
	}
	if landed.Get("code") == "" {
		w.T.Fatalf("no code: %v", landed)
	}
	return landed.Get("code")
}

func asking(s directory.Service) url.Values {
	return url.Values{
		"client_id": {string(s.OIDC.ID)}, "redirect_uri": {s.OIDC.RedirectURIs[0]}, "response_type": {"code"},
		"scope": {""}, "state": {"st"},
	}
}

func redeeming(s directory.Service, code string) url.Values {
	return url.Values{
		"client_id": {string(s.OIDC.ID)}, "client_secret": {secret}, "redirect_uri": {s.OIDC.RedirectURIs[0]},
		"code": {code}, "grant_type": {"authorization_code"},
	}
}

const (
	phorgeBase  = bridgetest.Issuer + "/phabricator/phorge"
	phorgeAuth  = phorgeBase + "/oauthserver/auth/"
	phorgeToken = phorgeBase + "/oauthserver/token/"
	phorgeWho   = phorgeBase + "/api/user.whoami"
	phorgeBack  = "https://phorge.example/auth/login/phabricator:ateneu.coop/"

	chatBase  = bridgetest.Issuer + "/gitlab/chat"
	chatAuth  = chatBase + "/oauth/authorize"
	chatToken = chatBase + "/oauth/token"
	chatWho   = chatBase + "/api/v4/user"
	chatBack  = "https://chat.example/signup/gitlab/complete"
)

// token goes on from a code to a token.
func (w *town) token(at string, s directory.Service, code string) string {
	w.T.Helper()
	status, said := w.post(at, redeeming(s, code))
	token, _ := said["access_token"].(string)
	if status != http.StatusOK || token == "" {
		w.T.Fatalf("token: %d %v", status, said)
	}
	return token
}

// wants fails unless the answer is that error.
func wants(t testing.TB, what string, status int, said map[string]any, wantStatus int, code string) {
	t.Helper()
	if status != wantStatus || said["error"] != code {
		t.Errorf("%s: answered %d %v, want %d %s", what, status, said, wantStatus, code)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/bridge/bridgetest"
	"commonscloud.coop/clau/idp/directory"
)

// mattermost is a Mattermost Team Edition with its GitLab settings pointed here.
type mattermost struct {
	w        *town
	service  directory.Service
	accounts map[string]string // user name by number
	last     struct {
		ID       int64  `json:"id"`
		Username string `json:"username"`
		Login    string `json:"login"`
		Email    string `json:"email"`
		Name     string `json:"name"`
	}
}

func newMattermost(w *town, change ...func(*directory.Service)) *mattermost {
	m := &mattermost{w: w, accounts: map[string]string{}}
	m.service = w.register(directory.BridgeGitLab, "chat", chatBack, change...)
	w.Host("chat.example", m)
	return m
}

// state is a JSON document in base64.
func (m *mattermost) state() string {
	return base64.StdEncoding.EncodeToString([]byte(`{"action":"login","email_token":"","hash":"$2a$10$abc","redirect_to":"/ateneu?x=1&y=2"}`))
}

func (m *mattermost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/oauth/gitlab/login":
		http.Redirect(w, r, chatAuth+"?response_type=code&client_id="+string(m.service.OIDC.ID)+
			"&redirect_uri="+url.QueryEscape(chatBack)+"&state="+url.QueryEscape(m.state()), http.StatusFound)
	case "/signup/gitlab/complete":
		if err := m.complete(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	default:
		http.NotFound(w, r)
	}
}

func (m *mattermost) complete(w http.ResponseWriter, r *http.Request) error {
	code := r.URL.Query().Get("code")
	if code == "" {
		return fmt.Errorf("missing code: %s", r.URL.Query().Get("error"))
	}
	if r.URL.Query().Get("state") != m.state() {
		return fmt.Errorf("invalid state")
	}
	status, said := m.w.post(chatToken, redeeming(m.service, code), "Accept", "application/json")
	if kind, _ := said["token_type"].(string); status != http.StatusOK || !strings.EqualFold(kind, "bearer") {
		return fmt.Errorf("bad token: %d %v", status, said)
	}
	ask, err := http.NewRequest(http.MethodGet, chatWho, strings.NewReader(""))
	if err != nil {
		return err
	}
	ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	ask.Header.Set("Accept", "application/json")
	ask.Header.Set("Authorization", "Bearer "+said["access_token"].(string))
	answer, err := m.w.Client().Do(ask)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&m.last); err != nil {
		return err
	}
	if m.last.ID == 0 || m.last.Email == "" {
		return fmt.Errorf("user id can't be 0, user e-mail should not be empty: %d", answer.StatusCode)
	}
	m.accounts[strconv.FormatInt(m.last.ID, 10)] = m.last.Username
	_, err = fmt.Fprintf(w, "Hello, %s", m.last.Username)
	return err
}

// TestMattermostLogsIn: each person has one number there, for good.
func TestMattermostLogsIn(t *testing.T) {
	w := start(t)
	m := newMattermost(w)
	b := w.Browser()
	page := b.Go("https://chat.example/oauth/gitlab/login").LogIn("mireia").Allow()
	if page.Body != "Hello, mireia" {
		t.Fatalf("%d %s", page.Status, page.Body)
	}
	first := m.last
	if first.ID <= 0 || first.ID >= 1<<53 || first.Email != "mireia@coop.example" || first.Name != "Mireia Ñandú" {
		t.Errorf("told %+v", first)
	}
	b.Go("https://chat.example/oauth/gitlab/login")
	if m.last != first {
		t.Errorf("again: %+v", m.last)
	}
	w.Browser().Go("https://chat.example/oauth/gitlab/login").LogIn("bernat").Allow()
	if m.last.ID == first.ID || len(m.accounts) != 2 {
		t.Errorf("bernat is %+v", m.last)
	}
}

// TestNumbersOfTwoServices: nobody who compares them learns anything.
func TestNumbersOfTwoServices(t *testing.T) {
	w := start(t)
	m := newMattermost(w)
	w.Browser().Go("https://chat.example/oauth/gitlab/login").LogIn("mireia").Allow()
	first := m.last.ID
	other := w.register(directory.BridgeGitLab, "other", "https://other.example/signup/gitlab/complete")
	at := bridgetest.Issuer + "/gitlab/other"
	token := w.token(at+"/oauth/token", other, w.grab(w.Browser(), at+"/oauth/authorize", other))
	_, said := w.get(at+"/api/v4/user", "Authorization", "Bearer "+token)
	if id, _ := said["id"].(float64); id == 0 || int64(id) == first {
		t.Errorf("numbers %d and %v", first, said["id"])
	}
}

// TestANumberIsNobodyElses: what somebody has already is passed over, and stays
// so at the next sign-on.
func TestANumberIsNobodyElses(t *testing.T) {
	w := start(t)
	m := newMattermost(w)
	w.Browser().Go("https://chat.example/oauth/gitlab/login").LogIn("mireia").Allow()
	would := m.last.ID

	w = start(t)
	m = newMattermost(w)
	w.Town.Reserve("service:id-of-chat", strconv.FormatInt(would, 10), "somebody-erased")
	b := w.Browser()
	b.Go("https://chat.example/oauth/gitlab/login").LogIn("mireia").Allow()
	got := m.last.ID
	if got == would || got == 0 {
		t.Fatalf("mireia got %d, which was somebody else's", got)
	}
	b.Go("https://chat.example/oauth/gitlab/login")
	if m.last.ID != got {
		t.Errorf("and then %d", m.last.ID)
	}
}

// TestNumbersOfAnOlderGitLab are taken over with the accounts.
func TestNumbersOfAnOlderGitLab(t *testing.T) {
	w := start(t)
	m := newMattermost(w)
	w.Must(w.Town.PutConsent(t.Context(), "service:id-of-chat", directory.Consent{
		Person: "mireia", Service: "id-of-chat", State: directory.Active, Decided: w.Clock.Now(), Subject: "17",
	}))
	w.Browser().Go("https://chat.example/oauth/gitlab/login").LogIn("mireia").Allow()
	if m.last.ID != 17 {
		t.Errorf("told %+v", m.last)
	}
}

// TestAHandleIsNoNumber: who is called 42 is not the 42nd.
func TestAHandleIsNoNumber(t *testing.T) {
	w := start(t)
	m := newMattermost(w, func(s *directory.Service) { s.OIDC.Metadata.SubjectType = "public" })
	w.Town.SetPerson("mireia", func(p *directory.Person) { p.Handle = "42" })
	page := w.Browser().Go("https://chat.example/oauth/gitlab/login").LogIn("mireia").Allow()
	if m.last.ID == 42 || m.last.ID == 0 {
		t.Errorf("told %+v: %d %s", m.last, page.Status, page.Body)
	}
}

// TestMattermostNeedsAnAddress: who gives none reads why, and nothing is given.
func TestMattermostNeedsAnAddress(t *testing.T) {
	for name, enter := range map[string]func(w *town) *bridgetest.Page{
		"kept back": func(w *town) *bridgetest.Page {
			return w.Browser().Go("https://chat.example/oauth/gitlab/login").LogIn("mireia").Allow("email")
		},
		"not proven": func(w *town) *bridgetest.Page {
			w.Town.SetPerson("mireia", func(p *directory.Person) { p.Verified = nil })
			return w.Browser().Go("https://chat.example/oauth/gitlab/login").LogIn("mireia").Allow()
		},
		"anonymous": func(w *town) *bridgetest.Page {
			w.Town.SetPerson("mireia", func(p *directory.Person) { p.Anonymous, p.Mail, p.Verified = true, "", nil })
			return w.Browser().Go("https://chat.example/oauth/gitlab/login").LogIn("mireia").Allow()
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			m := newMattermost(w)
			page := enter(w)
			if page.Status != http.StatusForbidden || !strings.Contains(page.Body, ">address-needed<") ||
				!strings.Contains(page.Body, `href="https://chat.example/"`) || len(m.accounts) > 0 {
				t.Errorf("%d at %s: %s", page.Status, page.URL, page.Body)
			}
		})
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package discourse_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/keys"
)

// hall is a forum on a port of this machine, that knows one person at a time.
type hall struct {
	url     string
	connect string // where it sends people
	mu      sync.Mutex
	told    url.Values
	out     int // how often somebody was logged out
}

func (h *hall) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case r.URL.Path == "/session/sso":
		payload := base64.StdEncoding.EncodeToString([]byte("nonce=" + rand.Text() + "&return_sso_url=" + url.QueryEscape(h.url+"/session/sso_login")))
		query := url.Values{"sso": {payload}, "sig": {signed(payload, connectSecret)}}
		http.Redirect(w, r, h.connect+"?"+query.Encode(), http.StatusFound)
	case r.URL.Path == "/session/sso_login", r.URL.Path == "/admin/users/sync_sso" && r.Header.Get("Api-Key") == apiKey:
		if signed(r.FormValue("sso"), connectSecret) != r.FormValue("sig") {
			http.Error(w, "bad signature", http.StatusUnprocessableEntity)
			return
		}
		raw, _ := base64.StdEncoding.DecodeString(r.FormValue("sso"))
		h.told, _ = url.ParseQuery(string(raw))
		fmt.Fprintf(w, "Hello %s", h.told.Get("name"))
	case r.Header.Get("Api-Key") == apiKey && r.URL.Path == "/u/by-external/"+h.told.Get("external_id")+".json":
		fmt.Fprint(w, `{"user":{"id":7}}`)
	case r.Header.Get("Api-Key") == apiKey && r.Method == http.MethodPost && r.URL.Path == "/admin/users/7/log_out":
		h.out++
		fmt.Fprint(w, `{"success":"OK"}`)
	default:
		http.NotFound(w, r)
	}
}

func (h *hall) name() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.told.Get("name")
}

func (h *hall) loggedOut() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.out
}

// TestAForumAndARealHouse: somebody enters, changes their name on their own
// page, and stops the forum there; the forum hears of each.
func TestAForumAndARealHouse(t *testing.T) {
	h := &hall{}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	h.url = server.URL
	var master keys.Master
	clau := idptest.Start(t, idptest.Options{Configure: func(c *idp.Config) { master = c.Master }})
	h.connect = clau.Issuer + "/discourse/forum"
	clau.AddService(t, h.service(t, master))

	carme := idptest.Sits(t, idptest.NewBrowser(t))
	carme.Open(h.url + "/session/sso")
	carme.LogsIn("carme", idptest.Password)
	carme.Sees("Hello Carme Vidal")

	carme.Open(clau.Issuer + "/account/profile")
	carme.Fill("#name", "Carme V.")
	carme.Press("#save")
	clau.Later(t, 20*time.Second)
	idptest.Eventually(t, 20*time.Second, "the forum hears of the name", func() bool { return h.name() == "Carme V." })

	carme.Open(clau.Issuer + "/account/services/forum")
	carme.Press("#service-stop")
	idptest.Eventually(t, 20*time.Second, "the forum logs her out", func() bool { return h.loggedOut() > 0 })
	clau.Logs.Hides(t, map[string]string{"a secret": connectSecret, "a key": apiKey, "a payload": "sso="})
}

// service is the forum's registration, sealed as a command would.
func (h *hall) service(t *testing.T, master keys.Master) directory.Service {
	t.Helper()
	s, _ := idptest.Client("forum")
	s.OIDC = nil
	sealer, err := keys.NewSealer(master, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(directory.DiscourseSecrets{Connect: []string{connectSecret}, APIKey: apiKey, APIBase: h.url})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := sealer.Seal(raw, s.SealedIn())
	if err != nil {
		t.Fatal(err)
	}
	s.URL = strings.Replace(h.url, "127.0.0.1", "localhost", 1)
	s.Discourse = &directory.DiscourseConnect{
		ReturnURLs: []string{h.url + "/session/sso_login"}, Sealed: sealed,
		Settings: directory.DiscourseSettings{Attributes: []string{"name", "preferred_username", "email", "groups"}},
	}
	return s
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// TestKeepingAService: a manager adds a service by its preset, follows the
// guide, tests it, changes its secret, stops it and removes it, in a browser
// without scripts.
func TestKeepingAService(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { keepsAService(t, idptest.Options{}) })
	t.Run("OpenLDAP and Redis", func(t *testing.T) { keepsAService(t, idptest.Options{Servers: idptest.RunServers(t)}) })
}

// application does what a service does that was set up by the guide.
type application struct {
	t        *testing.T
	issuer   string
	id       string
	callback string
	verifier string
	browser  *idptest.Plain
}

// begins is where the application sends the browser.
func (a *application) begins() string {
	a.verifier = strings.Repeat("v", 43)
	sum := sha256.Sum256([]byte(a.verifier))
	return a.issuer + "/authorize?" + url.Values{
		"client_id": {a.id}, "redirect_uri": {a.callback}, "response_type": {"code"}, "scope": {"openid profile"}, "state": {"st4te-canary"},
		"nonce": {"n0nce-canary"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}.Encode()
}

// signsOn follows the browser to the application, and returns the code.
func (a *application) signsOn() string {
	a.t.Helper()
	a.browser.Catch(a.callback)
	defer a.browser.Catch("")
	p := idptest.Sits(a.t, a.browser)
	p.Open(a.begins())
	p.IsAt(a.callback)
	u, err := url.Parse(p.Address())
	check(a.t, err)
	return u.Query().Get("code")
}

func (a *application) redeems(code, secret string) (status int, fault any) {
	a.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.callback}, "code_verifier": {a.verifier}}
	r, err := http.NewRequest("POST", a.issuer+"/token", strings.NewReader(form.Encode()))
	check(a.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(a.id, secret)
	answer, err := http.DefaultClient.Do(r)
	check(a.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(a.t, err)
	var said map[string]any
	check(a.t, json.Unmarshal(text, &said))
	return answer.StatusCode, said["error"]
}

func (a *application) works(secret string) bool {
	a.t.Helper()
	status, _ := a.redeems(a.signsOn(), secret)
	return status == http.StatusOK
}

// keeping is the story, with what came of it so far.
type keeping struct {
	t       *testing.T
	clau    *idptest.Clau
	browser *idptest.Plain
	idptest.Person
	app    *application
	secret string
}

func keepsAService(t *testing.T, o idptest.Options) {
	k := &keeping{t: t, clau: idptest.Start(t, o), browser: idptest.NewBrowser(t)}
	k.Person = idptest.Sits(t, k.browser)
	k.Open(k.clau.Issuer + "/collectives/ateneu/services")
	k.LogsIn("anna", idptest.Password)
	k.adds()
	k.tests()
	k.isAlone()
	k.rotates()
	k.stops()
	k.removes()
}

// page is a page of the service's.
func (k *keeping) page(name string) {
	k.t.Helper()
	k.Open(k.clau.Issuer + "/collectives/ateneu/services/nuvol/" + name)
}

// adds: every fault is told at once, and nothing that was typed is lost.
func (k *keeping) adds() {
	k.t.Helper()
	k.Open(k.clau.Issuer + "/collectives/ateneu/services")
	k.Press("#add-service")
	k.Press("#kind-nextcloud")
	k.Fill("#called", "El Núvol")
	k.Fill("#name", "Núvol")
	k.Fill("#url", "http://nuvol.exemple.coop")
	k.Press("#service-add")
	k.Sees("només minúscules sense accents", "ha de començar per https://")
	if k.browser.Status != http.StatusUnprocessableEntity || k.Value("#called") != "El Núvol" || k.Value("#name") != "Núvol" {
		k.t.Errorf("%d: what was typed is gone: %q %q", k.browser.Status, k.Value("#called"), k.Value("#name"))
	}
	k.Fill("#name", "nuvol")
	k.Fill("#url", "https://nuvol.exemple.coop")
	k.Press("#service-add")
	k.Sees("Guia per a connectar-lo", "Copia’l ara")
	k.secret = k.Value("#secret")
	s, err := k.clau.Directory.ServiceByName(context.Background(), "nuvol")
	check(k.t, err)
	if s.Collective != idptest.Ateneu || s.Access != directory.AccessCollective || s.Preset != "nextcloud" || len(s.OIDC.RedirectURIs) == 0 {
		k.t.Fatalf("registered %+v", s)
	}
	k.app = &application{t: k.t, issuer: k.clau.Issuer, id: "nuvol", callback: s.OIDC.RedirectURIs[0], browser: k.browser}
	k.page("guide")
	k.SeesNot(k.secret)
}

// tests: she sees what went over the wire, what failed first of all, and no
// secret among it.
func (k *keeping) tests() {
	k.t.Helper()
	k.page("keep")
	k.Press("#to-trace")
	k.Press("#trace-start")
	k.Sees("La prova ha començat", "Encara no n’ha arribat cap.")
	code := k.app.signsOn()
	if status, fault := k.app.redeems(code, "wr0ng-secret-canary"); status != http.StatusUnauthorized || fault != "invalid_client" {
		k.t.Errorf("a wrong secret is answered %d %v", status, fault)
	}
	if !k.app.works(k.secret) {
		k.t.Fatal("the application does not get in by the guide")
	}
	k.Open(k.clau.Issuer + "/authorize?client_id=nuvol&redirect_uri=https://elsewhere.example/cb&response_type=code")
	k.page("trace")
	k.Sees("GET /authorize", "POST /token", "invalid_client", "redirect-unproven", "preferred_username", "openid profile", "code_challenge_method", "Authorization Basic")
	for what, canary := range map[string]string{
		"the code": code, "the state": "st4te-canary", "the nonce": "n0nce-canary", "a secret": k.secret, "a wrong secret": "wr0ng-secret",
		"the verifier": k.app.verifier, "a name": "Ferrer i Puig\"",
	} {
		if strings.Contains(k.browser.Body, canary) {
			k.t.Errorf("the trace shows %s", what)
		}
	}
}

// isAlone: of somebody else's sign-on she reads nothing, and nobody reads hers;
// after ten minutes neither does she.
func (k *keeping) isAlone() {
	k.t.Helper()
	before := strings.Count(k.browser.Body, "/authorize")
	bernat := &application{t: k.t, issuer: k.clau.Issuer, id: k.app.id, callback: k.app.callback, browser: idptest.NewBrowser(k.t)}
	other := idptest.Sits(k.t, bernat.browser)
	other.Open(k.clau.Issuer + "/login")
	other.LogsIn("bernat", idptest.Password)
	bernat.signsOn()
	k.page("trace")
	if got := strings.Count(k.browser.Body, "/authorize"); got != before {
		k.t.Errorf("%d requests are traced, were %d", got, before)
	}
	other.Open(k.clau.Issuer + "/collectives/ateneu/services/nuvol/trace")
	if bernat.browser.Status != http.StatusNotFound {
		k.t.Errorf("somebody else reads the trace: %d", bernat.browser.Status)
	}
	k.clau.Later(k.t, 11*time.Minute)
	k.page("trace")
	k.Sees("Encara no n’ha arribat cap.")
	k.SeesElement("#trace-start")
}

// rotates: both secrets are good until she ends the old one.
func (k *keeping) rotates() {
	k.t.Helper()
	k.Open(k.clau.Issuer + "/collectives/ateneu/services")
	k.Sees("El Núvol", "Nextcloud", "Última entrada")
	k.Press("Manteniment: El Núvol")
	k.Sees("Entrades: 3")
	k.Press("#keep-rotate")
	second := k.Value("#secret")
	if second == k.secret || !k.app.works(k.secret) || !k.app.works(second) {
		k.t.Error("both secrets must be good")
	}
	k.page("keep")
	k.Press("#keep-end-overlap")
	k.Sees("El secret antic ja no val.")
	if k.app.works(k.secret) || !k.app.works(second) {
		k.t.Error("only the second secret must be good")
	}
	k.secret = second
}

func (k *keeping) stops() {
	k.t.Helper()
	k.page("keep")
	k.Press("#keep-suspend")
	k.Sees("Servei aturat.")
	k.Open(k.app.begins())
	if k.browser.Status < http.StatusBadRequest {
		k.t.Errorf("a stopped service is answered %d", k.browser.Status)
	}
	k.page("keep")
	k.Press("#keep-activate")
	if !k.app.works(k.secret) {
		k.t.Error("the service is open again, and nobody enters")
	}
}

func (k *keeping) removes() {
	k.t.Helper()
	k.page("keep")
	k.Fill("#confirm", "nuvo")
	k.Press("#keep-remove")
	k.Sees("no és el nom del servei")
	k.Fill("#confirm", "nuvol")
	k.Press("#keep-remove")
	k.Sees("Servei esborrat.")
	k.SeesNot("El Núvol")
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// apache is a real Apache with mod_auth_openidc before a page that shows the
// headers it received: how a federation puts Clau before software that knows
// nothing of OpenID Connect.
type apache struct {
	URL     string
	service directory.Service
}

func startApache(t *testing.T, clau *idptest.Clau) apache {
	t.Helper()
	program := idptest.Program(t, "apache2")
	if _, err := os.Stat("/usr/lib/apache2/modules/mod_auth_openidc.so"); err != nil {
		t.Skip("mod_auth_openidc is not installed")
	}
	a := apache{URL: "http://" + idptest.FreeAddr(t)}
	service, secret := idptest.Client("apache", a.URL+"/clau/answer")
	service.OIDC.Metadata.PostLogoutRedirectURIs = []string{a.URL + "/left"}
	service.OIDC.Metadata.BackchannelLogoutURI = a.URL + "/clau/answer?logout=backchannel"
	clau.AddService(t, service)
	a.service = service

	dir := t.TempDir()
	openToAll(t, dir)
	conf := filepath.Join(dir, "apache.conf")
	text := apacheConf(dir, a.URL, clau.Issuer, string(service.OIDC.ID), secret, headerPage(t))
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	idptest.Launch(t, t.Output(), exec.Command(program, "-DFOREGROUND", "-d", dir, "-f", conf))
	t.Cleanup(func() { showIfFailed(t, filepath.Join(dir, "error.log")) })
	idptest.Eventually(t, 20*time.Second, "apache listens", func() bool {
		return idptest.Answers(strings.TrimPrefix(a.URL, "http://"))
	})
	return a
}

// openToAll lets Apache's children, who are not root, reach the directory.
func openToAll(t *testing.T, dir string) {
	t.Helper()
	for d := dir; strings.HasPrefix(d, os.TempDir()) && d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func showIfFailed(t *testing.T, path string) {
	if text, err := os.ReadFile(path); t.Failed() && err == nil {
		t.Logf("%s", text)
	}
}

// headerPage shows what the module hands on to the software behind it.
func headerPage(t *testing.T) string {
	t.Helper()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/left" {
			fmt.Fprint(w, "<p>You have left.</p>")
			return
		}
		fmt.Fprintf(w, `<p>Software behind Apache.</p>`)
		for name := range r.Header {
			if id, ok := strings.CutPrefix(name, "Oidc_"); ok {
				fmt.Fprintf(w, "<p id=%q>%s</p>", strings.ToLower(id), r.Header.Get(name))
			}
		}
	}))
	t.Cleanup(page.Close)
	return page.URL
}

func apacheConf(dir, here, issuer, id, secret, behind string) string {
	var b strings.Builder
	for _, module := range []string{"mpm_event", "authn_core", "authz_core", "authz_user", "headers", "proxy", "proxy_http", "auth_openidc"} {
		fmt.Fprintf(&b, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", module, module)
	}
	if os.Getuid() == 0 {
		b.WriteString("User www-data\nGroup www-data\n")
	}
	fmt.Fprintf(&b, `
ServerName localhost
Listen %[2]s
DefaultRuntimeDir %[1]s
PidFile %[1]s/apache.pid
Mutex file:%[1]s default
ErrorLog %[1]s/error.log
LogLevel warn auth_openidc:info
DocumentRoot %[1]s

OIDCProviderMetadataURL %[4]s/.well-known/openid-configuration
OIDCClientID %[5]s
OIDCClientSecret %[6]s
OIDCRedirectURI %[3]s/clau/answer
OIDCCryptoPassphrase "only for this test %[6]s"
OIDCScope "openid profile email groups"
OIDCPKCEMethod S256
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCRemoteUserClaim sub
OIDCPassClaimsAs headers
OIDCProviderBackChannelLogoutSupported On
# A token is refreshed when it has less than this to live: at each request.
OIDCRefreshAccessTokenBeforeExpiry 86400

ProxyPass /clau/ !
ProxyPass / %[7]s/
<Location />
	Require all granted
</Location>
<LocationMatch "^/(clau|office)">
	AuthType openid-connect
	Require valid-user
</LocationMatch>
`, dir, strings.TrimPrefix(here, "http://"), here, issuer, id, secret, behind)
	return b.String()
}

// TestApache: mod_auth_openidc lets people in, hands on who they are, renews
// its tokens, logs out here and is logged out from elsewhere.
func TestApache(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	site := startApache(t, clau)
	browser := idptest.NewBrowser(t)
	anna := idptest.Sits(t, browser)

	anna.Open(site.URL + "/office")
	anna.IsAt(clau.Issuer)
	anna.LogsIn("anna", idptest.Password)
	anna.IsAt(site.URL + "/office")
	anna.Sees("Software behind Apache.")
	subject := anna.Value("#claim_sub")
	if subject == "" || strings.Contains(subject, string(clau.People["anna"].ID)) {
		t.Errorf("the subject is %q", subject)
	}
	if name := anna.Value("#claim_preferred_username"); name != "anna" {
		t.Errorf("the handle is %q", name)
	}
	if groups := anna.Value("#claim_groups"); groups != "ateneu" {
		t.Errorf("the groups are %q", groups)
	}
	if email := anna.Value("#claim_email"); email != "anna@exemple.coop" {
		t.Errorf("the address is %q", email)
	}

	before := anna.Value("#access_token")
	clau.Clock.Advance(2 * time.Second) // tokens of one second and one state are equal
	anna.Open(site.URL + "/office")
	if after := anna.Value("#access_token"); after == before || after == "" {
		t.Errorf("the access token was not renewed: %q, then %q", before, after)
	}

	anna.Open(site.URL + "/clau/answer?" + url.Values{"logout": {site.URL + "/left"}}.Encode())
	anna.IsAt(site.URL + "/left")
	anna.Open(site.URL + "/office")
	anna.IsAt(clau.Issuer)
	anna.SeesElement("#username")
}

// TestApacheIsTold: who logs out at another service is out at Apache, too.
func TestApacheIsTold(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	site, other := startApache(t, clau), clau.Party(t, "forum")
	anna := idptest.Sits(t, idptest.NewBrowser(t))
	anna.Open(site.URL + "/office")
	anna.LogsIn("anna", idptest.Password)
	anna.Sees("Software behind Apache.")

	anna.Open(other.URL)
	anna.Press("#enter")
	anna.Sees("You are in.")
	anna.Press("#leave")
	anna.Sees("You have left")
	idptest.Eventually(t, 10*time.Second, "apache asks for a login", func() bool {
		anna.Open(site.URL + "/office")
		return anna.Has("#username")
	})
}

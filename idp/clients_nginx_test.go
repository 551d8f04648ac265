// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/services/preset"
)

// wiki is software that knows no protocol, behind a real nginx that is set up as
// the guide of the preset says.
type wiki struct {
	URL     string
	service directory.Service
}

func startWiki(t *testing.T, clau *idptest.Clau, rules ...directory.ForwardRule) wiki {
	t.Helper()
	program := idptest.Program(t, "nginx")
	k := wiki{URL: "http://" + idptest.FreeAddr(t)}
	k.service, _ = idptest.Client("wiki")
	k.service.OIDC, k.service.Preset, k.service.URL = nil, "forward-auth", k.URL
	k.service.Forward = &directory.ForwardAuth{
		Origins: []string{k.URL}, Rules: rules, Attributes: []string{"name", "preferred_username", "email", "groups"},
	}
	minter := preset.Minter{Now: clau.Clock.Now, Rand: rand.Reader}
	made, err := minter.Give(&k.service)
	check(t, err)
	clau.AddService(t, k.service)

	dir := t.TempDir()
	openToAll(t, dir)
	conf := filepath.Join(dir, "nginx.conf")
	text := nginxConf(dir, k.URL, nginxGuide(t, k.service, clau.Issuer, made.Secret, software(t)))
	check(t, os.WriteFile(conf, []byte(text), 0o644))
	idptest.Launch(t, t.Output(), exec.Command(program, "-p", dir, "-c", conf, "-e", filepath.Join(dir, "error.log")))
	t.Cleanup(func() { showIfFailed(t, filepath.Join(dir, "error.log")) })
	idptest.Eventually(t, 20*time.Second, "nginx listens", func() bool {
		return idptest.Answers(strings.TrimPrefix(k.URL, "http://"))
	})
	return k
}

// software shows the headers that it is handed.
func software(t *testing.T) string {
	t.Helper()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<p>The wiki at %s.</p>", html.EscapeString(r.URL.Path))
		for name, values := range r.Header {
			if id, ok := strings.CutPrefix(strings.ToLower(name), "x-clau-"); ok {
				fmt.Fprintf(w, "<p id=%q>%s</p>", id, html.EscapeString(strings.Join(values, " and ")))
			}
		}
	}))
	t.Cleanup(page.Close)
	return page.URL
}

// nginxGuide is what the guide says, but for where the software is.
func nginxGuide(t *testing.T, s directory.Service, issuer, secret, behind string) string {
	t.Helper()
	library, err := preset.Load()
	check(t, err)
	kind, ok := library.Find("forward-auth")
	if !ok {
		t.Fatal("no preset")
	}
	guide, err := kind.Guide(s, preset.Values{Issuer: issuer, Secret: secret}, "en")
	check(t, err)
	for _, step := range guide.Steps {
		for _, c := range step.Commands {
			if c.Syntax == "nginx" {
				return strings.Replace(c.Text, "http://127.0.0.1:8080", behind, 1)
			}
		}
	}
	t.Fatal("the guide says nothing of nginx")
	return ""
}

func nginxConf(dir, here, guide string) string {
	user := ""
	if os.Getuid() == 0 {
		user = "user www-data;"
	}
	return fmt.Sprintf(`%[1]s
daemon off;
worker_processes 1;
pid %[2]s/nginx.pid;
error_log %[2]s/error.log;
events {}
http {
  access_log off;
  client_body_temp_path %[2]s/body;
  proxy_temp_path %[2]s/proxy;
  fastcgi_temp_path %[2]s/fastcgi;
  uwsgi_temp_path %[2]s/uwsgi;
  scgi_temp_path %[2]s/scgi;
  server {
    listen %[3]s;
    %[4]s
  }
}
`, user, dir, strings.TrimPrefix(here, "http://"), guide)
}

// TestNginx: a person comes through, the software is told who it is and nothing
// that came from outside, and who logs out elsewhere is out here.
func TestNginx(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	site, other := startWiki(t, clau), clau.Party(t, "forum")
	anna := idptest.Sits(t, idptest.NewBrowser(t))

	anna.Open(site.URL + "/pages/acta?of=juny")
	anna.IsAt(clau.Issuer)
	anna.LogsIn("anna", idptest.Password)
	anna.IsAt(site.URL + "/pages/acta?of=juny")
	anna.Sees("The wiki at /pages/acta.")
	for id, want := range map[string]string{"#user": "anna", "#email": "anna@exemple.coop", "#groups": "ateneu"} {
		if told := anna.Value(id); told != want {
			t.Errorf("%s is %q, want %q", id, told, want)
		}
	}
	if subject := anna.Value("#subject"); len(subject) != 32 || strings.Contains(subject, string(clau.People["anna"].ID)) {
		t.Errorf("the subject is %q", subject)
	}
	if parts := strings.Split(anna.Value("#assertion"), "."); len(parts) != 3 {
		t.Errorf("the assertion is %q", parts)
	}
	if anna.Has("#secret") {
		t.Error("the software is shown the proxy's secret")
	}

	anna.Open(other.URL)
	anna.Press("#enter")
	anna.Sees("You are in.")
	anna.Press("#leave")
	anna.Sees("You have left")
	anna.Open(site.URL + "/")
	anna.IsAt(clau.Issuer)
	anna.SeesElement("#username")
}

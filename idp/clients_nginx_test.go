// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"html"
	"io"
	"net"
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
	return startWikiAt(t, clau, clau.Issuer, rules...)
}

// startWikiAt lets nginx ask somewhere else.
func startWikiAt(t *testing.T, clau *idptest.Clau, issuer string, rules ...directory.ForwardRule) wiki {
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
	text := nginxConf(dir, nginxGuide(t, k.service, issuer, made.Secret, software(t)))
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

// nginxGuide is what the guide says, but for where the software is and where
// nginx listens.
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
				return strings.NewReplacer(
					"http://APPLICATION:PORT", behind,
					"  location / {", "  location /other/ { proxy_pass "+behind+"; }\n  location / {", // that an admin adds
					"listen 443 ssl;", "listen "+strings.TrimPrefix(s.URL, "http://")+";",
					"ssl_certificate CERTIFICATE;", "", "ssl_certificate_key KEY;", "",
				).Replace(c.Text)
			}
		}
	}
	t.Fatal("the guide says nothing of nginx")
	return ""
}

func nginxConf(dir, guide string) string {
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
%[3]s
}
`, user, dir, guide)
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

// TestNginxInChromium is the same way as a real browser goes it, held to the
// policies of its pages, and without scripts.
func TestNginxInChromium(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	site := startWiki(t, clau)
	anna := idptest.Sits(t, idptest.NewChromium(t))
	anna.Open(site.URL + "/pages/acta?of=juny")
	anna.LogsIn("anna", idptest.Password)
	anna.IsAt(site.URL + "/pages/acta?of=juny")
	anna.Sees("The wiki at /pages/acta.", "anna")
	anna.Open(site.URL + "/.clau/logout")
	anna.Press("#logout-confirm")
	anna.Open(site.URL + "/")
	anna.IsAt(clau.Issuer)
	anna.SeesElement("#username")
}

// raw sends a request that no program would clean up before, with one more
// header, and returns status and body.
func (k wiki) raw(t *testing.T, path string, headers ...string) (int, string) {
	t.Helper()
	host := strings.TrimPrefix(k.URL, "http://")
	to, err := net.DialTimeout("tcp", host, 5*time.Second)
	check(t, err)
	defer to.Close()
	check(t, to.SetDeadline(time.Now().Add(10*time.Second)))
	lines := append([]string{"GET " + path + " HTTP/1.1", "Host: " + host, "Accept: text/html", "Connection: close"}, headers...)
	_, err = fmt.Fprintf(to, "%s\r\n\r\n", strings.Join(lines, "\r\n"))
	check(t, err)
	answer, err := http.ReadResponse(bufio.NewReader(to), nil)
	check(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(t, err)
	return answer.StatusCode, string(body)
}

// TestNginxHoldsTheRules: whoever is nobody gets what is open and nothing behind
// it, however they write it, and says nothing of themselves to the software.
func TestNginxHoldsTheRules(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	site := startWiki(t, clau,
		directory.ForwardRule{Prefix: "/public", Open: true},
		directory.ForwardRule{Prefix: "/admin", Groups: []string{"ateneu.admin"}},
	)
	status, body := site.raw(t, "/public/page", "X-Clau-User: anna", "X-Clau-Subject: x", "X-Clau-Groups: ateneu.admin",
		"X-Clau-Assertion: a.b.c", "X_Clau_User: anna", "X-Clau-Secret: guessed", "X-Forwarded-Uri: /public", "X-Clau-Origin: http://evil.example")
	if status != http.StatusOK || strings.Contains(body, "<p id=") || !strings.Contains(body, "The wiki at /public/page.") {
		t.Errorf("%d: the software was told %s", status, body)
	}
	for _, path := range []string{
		"/public/../admin", "/public/%2e%2e/admin", "/public/..%2fadmin", "/public//../admin", "/public/./../admin", "/Admin", "//admin",
		"/public/..;/admin", "/admin#/../public/x", "/admin%20", "/admin.", "/%61dmin", "/public%00/../admin", "/public/%252e%252e/admin", "/x/../.clau/enter", "/.clau/../admin", "/.clau/check",
	} {
		if status, body := site.raw(t, path, "X-Forwarded-Uri: /public", "X-Original-URL: "+site.URL+"/public"); status < 400 || strings.Contains(body, "The wiki") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	for _, path := range []string{"/admin", "/other/page"} {
		if status, _ := site.raw(t, path, "X-Forwarded-Uri: /public"); status != http.StatusSeeOther {
			t.Errorf("%s: %d", path, status)
		}
	}

	anna := idptest.Sits(t, idptest.NewBrowser(t))
	anna.Open(site.URL + "/")
	anna.LogsIn("anna", idptest.Password)
	anna.Sees("The wiki at /.")
	anna.Open(site.URL + "/admin")
	anna.SeesNot("The wiki")
	anna.Open(site.URL + "/.clau/logout")
	anna.IsAt(clau.Issuer + "/logout")
	anna.Press("#logout-confirm")
	anna.Open(site.URL + "/")
	anna.SeesElement("#username")
}

// TestNginxWithoutClau lets nobody through.
func TestNginxWithoutClau(t *testing.T) {
	clau := idptest.Start(t, idptest.Options{})
	site := startWikiAt(t, clau, "http://"+idptest.FreeAddr(t), directory.ForwardRule{Prefix: "/public", Open: true})
	for _, path := range []string{"/", "/public", "/.clau/callback?ticket=x"} {
		if status, body := site.raw(t, path); status < 500 || strings.Contains(body, "The wiki") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

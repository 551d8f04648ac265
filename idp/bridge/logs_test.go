// SPDX-License-Identifier: AGPL-3.0-or-later

package bridge_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/bridge"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

// TestNothingSecretIsWrittenDown: not in the log, not in the record, whether it
// went well or not. Phabricator's token stands in the address.
func TestNothingSecretIsWrittenDown(t *testing.T) {
	w := start(t)
	var secrets []string
	b := w.Browser()
	for kind, v := range visits(w) {
		code := w.grab(b, v.auth, v.s)
		token := w.token(v.token, v.s, code)
		v.show(w, v.who, token)
		v.show(w, v.who, token)
		v.show(w, v.who, "not-a-token-of-"+kind)
		w.post(v.token, redeeming(v.s, code))
		spoilt := redeeming(v.s, "spoilt-code-of-"+kind)
		spoilt.Set("client_secret", "spoilt-secret-of-"+kind)
		w.post(v.token, spoilt)
		secrets = append(secrets, code, token, "not-a-token-of-"+kind, "spoilt-code-of-"+kind, "spoilt-secret-of-"+kind)

		w.Broken.Break()
		v.show(w, v.who, token)
		w.post(v.token, redeeming(v.s, code))
		w.Broken.Mend()
	}
	kept := w.Logs.String() + w.Audit.String()
	for _, s := range append(secrets, secret, url.QueryEscape(secret), "mireia@coop.example", "Ñandú", "access_token") {
		if strings.Contains(kept, s) {
			t.Errorf("%q is written down", s)
		}
	}
	if !strings.Contains(kept, "/phabricator/{service}/api/user.whoami") {
		t.Error("the requests were not logged at all")
	}
}

// TestWhenSomethingIsDown: nobody enters, nobody is told why in our own words,
// and it goes on when all is well again.
func TestWhenSomethingIsDown(t *testing.T) {
	wire := errors.Join(directory.ErrUnavailable, errors.New("ldap://10.0.0.7: connection refused"))
	for name, fail := range map[string]func(w *town) (mend func()){
		"store": func(w *town) func() { w.Broken.Break(); return w.Broken.Mend },
		"directory": func(w *town) func() {
			w.Town.Break(wire)
			return func() { w.Town.Break(nil) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *town, v visit) {
				b := w.Browser()
				code := w.grab(b, v.auth, v.s)
				token := w.token(v.token, v.s, w.grab(b, v.auth, v.s))
				mend := fail(w)
				status, said := w.post(v.token, redeeming(v.s, code))
				wants(t, "the token endpoint", status, said, http.StatusServiceUnavailable, "temporarily_unavailable")
				status, said = v.show(w, v.who, token)
				if status != http.StatusServiceUnavailable || strings.Contains(fmt.Sprint(said), "ldap") {
					t.Errorf("whose is it: %d %v", status, said)
				}
				mend()
				w.token(v.token, v.s, w.grab(b, v.auth, v.s))
			})
		})
	}
}

// TestPhabricatorOnTheWire: the GET with a form's content type and a length of
// nothing, by a program that does not say what it is.
func TestPhabricatorOnTheWire(t *testing.T) {
	w := start(t)
	phorge := w.register(directory.BridgePhabricator, "phorge", phorgeBack)
	token := w.token(phorgeToken, phorge, w.grab(w.Browser(), phorgeAuth, phorge))
	issuer := w.Listen(func(issuer string) []web.Area {
		c := w.config
		c.Issuer = issuer
		b, err := bridge.Phabricator(c)
		w.Must(err)
		return []web.Area{b}
	})
	u, err := url.Parse(issuer)
	w.Must(err)
	conn, err := net.Dial("tcp", u.Host)
	w.Must(err)
	defer conn.Close()
	fmt.Fprintf(conn, "GET /phabricator/phorge/api/user.whoami?access_token=%s HTTP/1.1\r\nHost: %s\r\n"+
		"Accept: */*\r\nAccept-Encoding: gzip\r\nContent-Length: 0\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n", token, u.Host)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	w.Must(err)
	defer answer.Body.Close()
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || kind != "application/json" {
		t.Errorf("%d %s", answer.StatusCode, kind)
	}
}

// TestOneRoundTripEach: what a sign-on and its two calls cost the store.
func TestOneRoundTripEach(t *testing.T) {
	w := start(t)
	v := visits(w)["phabricator"]
	b := w.Browser()
	w.grab(b, v.auth, v.s)
	w.Store.Reset()
	code := w.grab(b, v.auth, v.s)
	if n := w.Store.Trips(); n > 2 {
		t.Errorf("the sign-on: %d", n)
	}
	w.Store.Reset()
	token := w.token(v.token, v.s, code)
	v.show(w, v.who, token)
	if n := w.Store.Trips(); n != 2 {
		t.Errorf("token and identity: %d", n)
	}
}

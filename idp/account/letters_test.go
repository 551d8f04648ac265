// SPDX-License-Identifier: AGPL-3.0-or-later

package account_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/mail"
)

// english lets everybody's letters be read by this test.
func english(b *idptest.Plain) *idptest.Plain {
	b.Language = "en"
	return b
}

// stranger is somebody who is not logged in.
func stranger(t *testing.T, clau *idptest.Clau) visitor {
	t.Helper()
	b := english(idptest.NewBrowser(t))
	return visitor{idptest.Sits(t, b), t, clau, b, ""}
}

// letters waits until an address has got so many.
func (v visitor) letters(to string, n int) []mail.Message {
	v.t.Helper()
	idptest.Eventually(v.t, 5*time.Second, "the letter to "+to, func() bool { return len(v.clau.Mail.To(to)) >= n })
	return v.clau.Mail.To(to)
}

// link is where the last letter to an address leads.
func (v visitor) link(to string, n int, path string) string {
	v.t.Helper()
	all := v.letters(to, n)
	found := regexp.MustCompile(regexp.QuoteMeta(v.clau.Issuer+path) + `\?t=\S+`).FindString(all[len(all)-1].Text)
	if found == "" {
		v.t.Fatalf("no link to %s in:\n%s", path, all[len(all)-1].Text)
	}
	return found
}

// typed is the code of eight digits in a letter.
func typed(t *testing.T, m mail.Message) string {
	t.Helper()
	code := strings.TrimSpace(regexp.MustCompile(`(?m)^\s*\d{4} ?\d{4}\s*$`).FindString(m.Text)) // alone on its line: an id may hold such digits
	if code == "" {
		t.Fatalf("no code in:\n%s", m.Text)
	}
	return code
}

// answers ends the test unless the page came with a status.
func (v visitor) answers(status int) visitor {
	v.t.Helper()
	if v.browser.Status != status {
		v.t.Fatalf("%d at %s, want %d:\n%s", v.browser.Status, v.Address(), status, v.Text())
	}
	return v
}

// pressed is the request that a button of the open page would send, many times over.
func (v visitor) pressed(id string) func() *http.Request {
	v.t.Helper()
	r := v.browser.Submission(v.browser.Button(id))
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return func() *http.Request {
		again, err := http.NewRequest(r.Method, r.URL.String(), bytes.NewReader(raw))
		if err != nil {
			v.t.Fatal(err)
		}
		again.Header = r.Header.Clone()
		return again
	}
}

func query(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get(name)
}

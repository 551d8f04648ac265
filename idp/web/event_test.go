// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestOneRequestIsOneEvent(t *testing.T) {
	var seen string
	d := newDoor(t, nil, Route{Pattern: "GET /services/{name}", Needs: Anyone, Handle: func(w http.ResponseWriter, r *http.Request) error {
		Note(r.Context(), "service", "0190b2f4")
		seen = Reference(r.Context())
		want(t, "client", ClientAddr(r.Context()).String(), "198.51.100.7")
		return hello(w, r)
	}})
	d.get("/services/cloud")
	want(t, "lines", strings.Count(d.log.String(), "\n"), 1)
	event := d.log.last(t)
	for key, value := range map[string]any{
		"level": "INFO", "msg": "request", "ref": seen, "method": "GET", "path": "/services/{name}",
		"route": "GET /services/{name}", "status": 200.0, "bytes": 5.0, "client": "198.51.100.7", "service": "0190b2f4",
	} {
		want(t, key, event[key], value)
	}
	for _, key := range []string{"time", "ms"} {
		if event[key] == nil {
			t.Errorf("no %s in %v", key, event)
		}
	}
}

func TestNoteOutsideOfARequestIsHarmless(t *testing.T) {
	Note(t.Context(), "service", "x")
	want(t, "reference", Reference(t.Context()), "")
	want(t, "address", ClientAddr(t.Context()).IsValid(), false)
}

func TestServerFaultsAreErrorsInTheLog(t *testing.T) {
	d := newDoor(t, nil, Route{Pattern: "GET /x", Needs: Anyone, Handle: func(http.ResponseWriter, *http.Request) error { return errors.New("x") }})
	d.get("/x")
	want(t, "level", d.log.last(t)["level"], any("ERROR"))
	d.get("/nothing")
	want(t, "level", d.log.last(t)["level"], any("INFO"))
}

// Everything secret that a request can carry, in every place it can stand, and
// none of it in the log (CVE-2025-30205, CVE-2025-52553 in other providers).
func TestNoSecretReachesTheLog(t *testing.T) {
	const canary = "c4n4ry"
	quoted := &url.Error{Op: "Get", URL: "https://clau:" + canary + "@peer.example/token?code=" + canary + "#" + canary, Err: errors.New("refused")}
	d := newDoor(t, nil,
		Route{Pattern: "POST /login", Needs: Anyone, Handle: func(_ http.ResponseWriter, r *http.Request) error {
			_, err := ParseForm(r, "username", "password", canary)
			return errors.Join(err, quoted)
		}},
		Route{Pattern: "GET /join/{link}", Needs: Anyone, Handle: func(_ http.ResponseWriter, r *http.Request) error {
			Note(r.Context(), "cause", quoted.Error())
			NoteError(r.Context(), quoted)
			return nil
		}},
		Route{Pattern: "GET /panic", Needs: Anyone, Handle: func(_ http.ResponseWriter, r *http.Request) error { panic(quoted) }})

	for _, form := range []string{"password=" + canary, "password=" + canary + "&password=" + canary, "password=%" + canary, canary} {
		d.post("/login?handle="+canary, form)
	}
	d.get("/join/" + canary + "?token=" + canary)
	d.get("/panic?code=" + canary)
	d.get("/nothing?code=" + canary)
	r := httptest.NewRequest("GET", "/panic", nil)
	for _, name := range []string{"Authorization", "Cookie", "Referer", "User-Agent", "X-Forwarded-For", "Accept-Language"} {
		r.Header.Set(name, canary)
	}
	d.ask(r)
	if at := strings.Index(d.log.String(), canary); at >= 0 {
		t.Errorf("secret in the log: …%s…", d.log.String()[max(0, at-200):at+20])
	}
	if !strings.Contains(d.log.String(), "https://peer.example/token") {
		t.Error("where the fault was is not in the log")
	}
}

func TestAForgedPathCannotForgeALine(t *testing.T) {
	d := newDoor(t, nil)
	d.get("/x%0a%7b%22msg%22%3a%22forged%22%7d" + strings.Repeat("y", 5000))
	want(t, "lines", strings.Count(d.log.String(), "\n"), 1)
	if len(d.log.String()) > 1000 {
		t.Errorf("a line of %d bytes", len(d.log.String()))
	}
}

func TestReferencesAreReadableAndDiffer(t *testing.T) {
	a, b := newReference(bytes.NewReader([]byte("1234567"))), newReference(bytes.NewReader([]byte("7654321")))
	if a == b || len(a) != 10 || strings.ToLower(a) != a {
		t.Errorf("references %q and %q", a, b)
	}
	want(t, "without randomness", newReference(bytes.NewReader(nil)), "none")
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http/httptest"
	"net/url"
	"testing"
)

func TestRedirectsStayAtHome(t *testing.T) {
	for _, path := range []string{"/", "/login", "/login?next=%2Faccount", "/account/services#top", "/a//b", "/?next=https://evil.example"} {
		w := httptest.NewRecorder()
		err := Redirect(w, nil, path)
		if err != nil {
			t.Errorf("%q refused: %v", path, err)
		}
		want(t, path, w.Header().Get("Location"), path)
		want(t, path, w.Code, 303)
	}
	for _, path := range []string{
		"", "login", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
		"\t//evil.example", "https://evil.example", "https:evil.example", "javascript:alert(1)", "/x\r\nSet-Cookie: a=b",
		" /x", "/ /evil.example", "/\x00", "/é", "?x", "#x", "/%zz",
	} {
		w := httptest.NewRecorder()
		if Redirect(w, nil, path) == nil {
			t.Errorf("%q: sent to %q", path, w.Header().Get("Location"))
		}
	}
}

func TestOnlyRegisteredAddressesAreVetted(t *testing.T) {
	registered := []string{"https://app.example/cb", "coop.app:/cb", "javascript:alert(1)"}
	for _, target := range registered[:2] {
		v, err := Vet(target, registered)
		if err != nil || v.String() != target {
			t.Errorf("%q: %q, %v", target, v, err)
		}
	}
	for _, target := range []string{
		"", "https://app.example/cb/", "https://app.example/CB", "https://APP.example/cb", "https://app.example/cb?x", "https://app.example/cb#x",
		"https://app.example:443/cb", "https://app.example/c%62", "https://app.example/./cb", "https://app.example/cb/..;/", "https://app.example",
		"https://app.example@evil.example/cb", "https://app.example.evil.example/cb", "http://app.example/cb", "javascript:alert(1)",
	} {
		v, err := Vet(target, registered)
		if err == nil || v.String() != "" {
			t.Errorf("%q was vetted", target)
		}
	}
}

func TestParametersAreAddedToAVettedAddress(t *testing.T) {
	for target, wanted := range map[string]string{
		"https://a.example/cb":       "https://a.example/cb?code=1%262&state=s",
		"https://a.example/cb?x=1":   "https://a.example/cb?x=1&code=1%262&state=s",
		"https://a.example/cb?x=1#y": "https://a.example/cb?x=1&code=1%262&state=s#y",
		"coop.app:/cb":               "coop.app:/cb?code=1%262&state=s",
	} {
		v, err := Vet(target, []string{target})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		err = RedirectAway(w, nil, v.With(url.Values{"code": {"1&2"}, "state": {"s"}}))
		want(t, "error", err, nil)
		want(t, "location", w.Header().Get("Location"), wanted)
		want(t, "status", w.Code, 303)
		want(t, "body", w.Body.Len(), 0)
		want(t, "unchanged", v.With(nil).String(), target)
	}
}

func TestTheZeroVettedAddressLeadsNowhere(t *testing.T) {
	w := httptest.NewRecorder()
	if RedirectAway(w, nil, Vetted{}.With(url.Values{"code": {"1"}})) == nil {
		t.Errorf("sent to %q", w.Header().Get("Location"))
	}
}

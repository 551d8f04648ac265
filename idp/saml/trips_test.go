// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"errors"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
)

// With a session and nothing to ask there are two round trips to the store: the
// session is read, and everything is written.
func TestASignOnCostsTwoRoundTrips(t *testing.T) {
	w, nuvol, anna := loggedIn(t, directory.SAMLSettings{Attributes: []string{"name"}})
	anna.asks(nuvol).through("anna.vila").granted()
	w.store.Reset()
	anna.asks(nuvol).granted()
	if got := w.store.ByMethod(); w.store.Trips() != 2 || got["Get"] != 1 || got["WriteNew"] != 1 {
		t.Errorf("%v", got)
	}
	// A form that the session's cookie does come with goes straight on.
	w.store.Reset()
	res, err := anna.client.PostForm(ssoAddress, posted(nuvol.asks().xml(), ""))
	w.must(err)
	anna.read(res).granted()
	if w.store.Trips() != 2 {
		t.Errorf("posted from beside: %v", w.store.ByMethod())
	}
	w.store.Reset()
	w.browser().asks(nuvol, with(`IsPassive="true"`)).refused(statusResponder, statusNoPassive)
	anna.asks(nuvol, policy(`Format="urn:other"`)).refused(statusRequester, statusInvalidNameIDPolicy)
	anna.asks(nuvol, with(`AssertionConsumerServiceURL="https://evil.example/"`)).told("redirect-unproven")
	anna.asks(nuvol, func(a *ask) { a.issuer = "<saml:Issuer>https://unknown.example</saml:Issuer>" }).told("client-unknown")
	if w.store.Trips() != 0 {
		t.Errorf("refusals cost %v", w.store.ByMethod())
	}
}

// When the store is down people read a plain sentence or the service is told to
// try again, nothing is handed out, and it resumes by itself.
func TestWhenTheStoreIsDown(t *testing.T) {
	w, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	w.broken.Break()
	anna.asks(nuvol).refused(statusResponder)
	anna.post(posted(nuvol.asks().xml(), "")).told("unavailable")
	w.broken.Mend()
	anna.asks(nuvol).granted()
}

func TestWhenTheDirectoryIsDown(t *testing.T) {
	w, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	secret := errors.New("ldap://10.0.0.7: connection refused")
	w.town.down = errors.Join(directory.ErrUnavailable, secret)
	p := anna.asks(nuvol).told("unavailable")
	if strings.Contains(p.body, "10.0.0.7") {
		t.Error("the person reads where the directory is")
	}
	w.town.down = nil
	anna.asks(nuvol).granted()
}

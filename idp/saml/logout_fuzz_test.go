// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"net/http/httptest"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/saml/xmlsig/xmlsigtest"
)

// FuzzLogoutRequest is all of the door below HTTP: whatever arrives there is no
// panic, and nothing is read of what is not proven.
func FuzzLogoutRequest(f *testing.F) {
	l := leave(f)
	wiki := l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
	k := known{name: nameID{Value: "somebody"}, index: "index"}
	plain := wiki.leaves(k).xml()
	f.Add(plain)
	f.Add(wiki.signedXML(plain))
	f.Add(wiki.signedXML(wiki.leaves(k, func(y *bye) { y.indexes = nil; y.until = "2026-03-01T12:05:00Z" }).xml()))
	for _, attack := range xmlsigtest.Wrap(wiki.signedXML(plain), wiki.leaves(k).xml())[:4] {
		f.Add(attack.Document)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		root, err := xmlsig.Parse([]byte(doc), xmlsig.Message())
		if err != nil {
			return
		}
		from, request, signed, err := l.p.readLogout(t.Context(), message{parameter: samlRequest, root: root}, sloAddress)
		if err != nil {
			return
		}
		if !signed || from.service.ID != wiki.service.ID {
			t.Fatal("what is not signed was taken")
		}
		if request.name.Value == "" || !isID(request.id) || request.issuer != wiki.entityID || len(request.indexes) > indexesMax {
			t.Errorf("%+v", request)
		}
	})
}

// FuzzLogoutResponse is the same for answers, posted as a browser brings them.
func FuzzLogoutResponse(f *testing.F) {
	l := leave(f)
	wiki := l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
	h := heard{
		id: "_1", issued: l.clock.Now().Format("2006-01-02T15:04:05Z"), destination: sloAddress,
		to: "_" + strings.Repeat("A", 22), issuer: wiki.entityID, status: statusSuccess,
	}
	f.Add(h.xml())
	f.Add(wiki.signedXML(h.xml()))
	h.status = statusResponder
	f.Add(wiki.signedXML(h.xml()))
	for _, attack := range xmlsigtest.Wrap(wiki.signedXML(h.xml()), h.xml())[:4] {
		f.Add(attack.Document)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		root, err := xmlsig.Parse([]byte(doc), xmlsig.Message())
		if err != nil {
			return
		}
		r := httptest.NewRequest("POST", sloAddress, nil)
		from, relay, came, err := l.p.readAnswer(r, message{parameter: samlResponse, root: root})
		if err == nil && (from.service.ID != wiki.service.ID || came == "" || len(relay) > idMax) {
			t.Errorf("%s %s %s", from.service.ID, relay, came)
		}
	})
}

// FuzzEnvelope: what is taken out of an envelope reads the same on its own.
func FuzzEnvelope(f *testing.F) {
	f.Add(enveloped(`<x xmlns="urn:x"><y/></x>`))
	f.Add(enveloped(`<p:x xmlns:p="urn:p" p:a="1">text</p:x>`))
	f.Add(`<Envelope xmlns="` + nsSOAP + `"><Body><x/></Body></Envelope>`)
	f.Fuzz(func(t *testing.T, doc string) {
		root, err := unwrapped([]byte(doc))
		if err != nil {
			return
		}
		raw, err := xmlsig.Bytes(root)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := xmlsig.Parse(raw, xmlsig.Message()); err != nil {
			t.Errorf("%q is %q by itself: %v", doc, raw, err)
		}
	})
}

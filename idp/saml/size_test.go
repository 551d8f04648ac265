// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/store"
)

// sizing is a store that remembers the largest value that was put into it.
type sizing struct {
	store.Store
	largest int
}

func (s *sizing) Write(ctx context.Context, ops ...store.Op) error {
	for _, op := range ops {
		if put, ok := op.(store.Put); ok {
			s.largest = max(s.largest, len(put.Value))
		}
	}
	return s.Store.Write(ctx, ops...)
}

// Whatever deflates well takes a hundred bytes to send: nobody may fill the store
// with what was never looked at.
func TestStrangersLeaveLittleInTheStore(t *testing.T) {
	big := strings.Repeat(">", 60_000)
	class := func(value string) string {
		return `<saml:AuthnContextClassRef>` + value + `</saml:AuthnContextClassRef>`
	}
	contexts := func(classes string) func(*ask) {
		return within(`<samlp:RequestedAuthnContext>` + classes + class(classProtected) + `</samlp:RequestedAuthnContext>`)
	}
	name := func(attributes, value string) func(*ask) {
		return within(`<saml:Subject><saml:NameID ` + attributes + `>` + value + `</saml:NameID></saml:Subject>`)
	}
	for what, change := range map[string]func(*ask){
		"a name":                         name("", big),
		"the format of a name":           name(`Format="`+big+`"`, "x"),
		"a qualifier of a name":          name(`NameQualifier="`+big+`"`, "x"),
		"the service's qualifier":        name(`SPNameQualifier="`+big+`"`, "x"),
		"a class":                        contexts(class(big)),
		"twenty-one classes":             contexts(strings.Repeat(class("x"), 20)),
		"the format of a policy":         policy(`Format="` + big + `"`),
		"the qualifier of a policy":      policy(`SPNameQualifier="` + big + `"`),
		"a binding":                      with(`ProtocolBinding="` + big + `"`),
		"an address":                     with(`AssertionConsumerServiceURL="` + big + `"`),
		"another identity provider":      within(`<samlp:Scoping><samlp:IDPList><samlp:IDPEntry ProviderID="` + big + `"/></samlp:IDPList></samlp:Scoping>`),
		"an ID":                          func(a *ask) { a.id = "_" + strings.Repeat("a", 60_000) },
		"a class that is a bit too long": contexts(class(strings.Repeat("x", 257))),
	} {
		t.Run(what, func(t *testing.T) {
			s := &sizing{}
			w := start(t, func(c *Config) { s.Store, c.Store = c.Store, s })
			wiki := w.provider("wiki", directory.SAMLSettings{})
			xml := wiki.asks(change).xml()
			w.browser().sso(redirected(xml, "")).told("bad-request")
			w.browser().post(url.Values{samlRequest: {base64.StdEncoding.EncodeToString([]byte(xml))}}).told("bad-request")
			if s.largest != 0 {
				t.Errorf("%d bytes were written", s.largest)
			}
		})
	}
	t.Run("a relay", func(t *testing.T) {
		s := &sizing{}
		w := start(t, func(c *Config) { s.Store, c.Store = c.Store, s })
		wiki := w.provider("wiki", directory.SAMLSettings{})
		w.browser().sso(redirected(wiki.asks().xml(), strings.Repeat("a", 5000))).told("bad-request")
		w.browser().post(posted(wiki.asks().xml(), strings.Repeat("a", 5000))).told("bad-request")
		w.browser().sso(redirected(wiki.asks().xml(), strings.Repeat("<", 4096))).told("bad-request") // six bytes each
		w.browser().post(posted(wiki.asks().xml(), strings.Repeat("<", 4096))).told("bad-request")
		if s.largest != 0 {
			t.Errorf("%d bytes were written", s.largest)
		}
		// What services do send is taken.
		w.browser().post(posted(wiki.asks().xml(), strings.Repeat("a", 4000))).at("/login")
		if s.largest == 0 || s.largest > waitingMax {
			t.Errorf("%d bytes were written", s.largest)
		}
	})
	t.Run("a log-out", func(t *testing.T) {
		s := &sizing{}
		l := leave(t, func(c *Config) { s.Store, c.Store = c.Store, s })
		wiki := l.provider("wiki", directory.SAMLSettings{UnsignedLogout: true}, slo(metadata.BindingPOST, "https://wiki.example/slo"))
		for what, y := range map[string]bye{
			"name":    wiki.leaves(known{name: nameID{Value: big}, index: "x"}),
			"format":  wiki.leaves(known{name: nameID{Value: "x", Format: big}, index: "x"}),
			"index":   wiki.leaves(known{name: nameID{Value: "x"}, index: big}),
			"indexes": wiki.leaves(known{name: nameID{Value: "x"}}, func(y *bye) { y.indexes = strings.Split(strings.Repeat("x,", 50)+"x", ",") }),
		} {
			l.browser().get("/saml/slo?" + redirected(y.xml(), "")).told("bad-request")
			if p := l.browser().posts(posted(wiki.signedXML(y.xml()), "")); p.status != http.StatusBadRequest && p.status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s: %d", what, p.status)
			}
		}
		// The largest that is taken of whoever signs, and is more than is kept.
		huge := wiki.leaves(known{name: nameID{Value: "x"}}, func(y *bye) {
			for range 50 {
				y.indexes = append(y.indexes, strings.Repeat("x", 256))
			}
		})
		l.browser().posts(posted(wiki.signedXML(huge.xml()), "")).told("bad-request")
		if s.largest != 0 {
			t.Errorf("%d bytes were written", s.largest)
		}
	})
}

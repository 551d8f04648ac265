// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// enveloped is a SOAP message as services write it: with namespaces declared
// around what is signed.
func enveloped(xml string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><S:Envelope xmlns:S="` + nsSOAP + `" xmlns:xs="` + nsXS + `"><S:Header/><S:Body>` + xml + `</S:Body></S:Envelope>`
}

// soap posts to Clau's endpoint as a service would, without a browser.
func (l *leaving) soap(body, kind string) *http.Response {
	l.t.Helper()
	r := httptest.NewRequest(http.MethodPost, soapAddress, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	rec := httptest.NewRecorder()
	l.handler.ServeHTTP(rec, r)
	return rec.Result()
}

// soapAnswer is the signed LogoutResponse that came back.
func (l *leaving) soapAnswer(res *http.Response) sent {
	l.t.Helper()
	raw, err := io.ReadAll(res.Body)
	l.must(err)
	root, err := unwrapped(raw)
	l.must(err)
	if res.StatusCode != http.StatusOK || root.Tag != "LogoutResponse" {
		l.t.Fatalf("%d %s", res.StatusCode, raw)
	}
	root, err = xmlsig.Verify(root, keysOf(l.certs), xmlsig.Options{})
	l.must(err)
	return read("", root, "")
}

func (s *sp) soaps(k known, change ...func(*bye)) bye {
	return s.leaves(k, append([]func(*bye){func(y *bye) { y.destination = soapAddress }}, change...)...)
}

func TestALogoutBySOAP(t *testing.T) {
	l, wiki, forum, b, k, key := victim(t, directory.SAMLSettings{})
	l.joins(key, "cloud")
	y := wiki.soaps(k)
	m := l.soapAnswer(l.soap(enveloped(wiki.signedXML(y.xml())), "text/xml; charset=utf-8"))
	if !m.success || m.partial || m.attr("InResponseTo") != y.id || l.alive(key) || len(l.others.told) != 1 {
		t.Errorf("%+v, the session lives: %v, told %+v", m, l.alive(key), l.others.told)
	}
	// What only the browser could tell was not told, and the answer says so.
	k = l.signsOn(b, wiki)
	l.signsOn(b, forum)
	if m := l.soapAnswer(l.soap(enveloped(wiki.signedXML(wiki.soaps(k).xml())), "text/xml")); !m.success || !m.partial {
		t.Errorf("%+v", m)
	}
}

func TestSOAPThatIsNotBelieved(t *testing.T) {
	l, wiki, forum, _, k, key := victim(t, directory.SAMLSettings{UnsignedLogout: true})
	signed := func(change ...func(*bye)) string { return wiki.signedXML(wiki.soaps(k, change...).xml()) }
	for name, body := range map[string]string{
		"unsigned, also where the browser may": enveloped(wiki.soaps(k).xml()),
		"signed by another":                    enveloped(forum.signedXML(wiki.soaps(k).xml())),
		"for the door of browsers":             enveloped(signed(func(y *bye) { y.destination = sloAddress })),
		"without a destination":                enveloped(signed(func(y *bye) { y.destination = "" })),
		"not in an envelope":                   signed(),
		"two messages in one body":             enveloped(signed() + signed()),
		"a body that is empty":                 enveloped(""),
		"two bodies":                           strings.Replace(enveloped(signed()), "<S:Header/>", "<S:Body/>", 1),
		"a document type":                      strings.Replace(enveloped(signed()), "<S:Envelope", "<!DOCTYPE x><S:Envelope", 1),
		"a signature of the envelope's":        wiki.signedXML(strings.Replace(enveloped(wiki.soaps(k).xml()), "<S:Envelope", `<S:Envelope ID="e"`, 1)),
		"a response":                           enveloped(wiki.signedXML(wiki.hears(sent{root: etree.NewElement("x")}).xml())),
		"nothing":                              "",
	} {
		res := l.soap(body, "text/xml")
		raw, err := io.ReadAll(res.Body)
		l.must(err)
		if res.StatusCode != http.StatusInternalServerError || !strings.Contains(string(raw), "soap:Client") || !l.alive(key) {
			t.Errorf("%s: %d %s, the session lives: %v", name, res.StatusCode, raw, l.alive(key))
		}
	}
	if res := l.soap(enveloped(signed()), "application/x-www-form-urlencoded"); res.StatusCode == http.StatusOK || !l.alive(key) {
		t.Errorf("a form of a page elsewhere: %d", res.StatusCode)
	}
	y := enveloped(signed())
	l.soapAnswer(l.soap(y, "text/xml"))
	if res := l.soap(y, "text/xml"); res.StatusCode != http.StatusInternalServerError {
		t.Errorf("replayed: %d", res.StatusCode)
	}
	l.broken.Break()
	res := l.soap(enveloped(signed()), "text/xml")
	if raw, _ := io.ReadAll(res.Body); !strings.Contains(string(raw), "soap:Server") || strings.Contains(string(raw), "store") {
		t.Errorf("with the store down: %s", raw)
	}
}

// ear is a service that takes SOAP.
type ear struct {
	*httptest.Server
	s      *sp
	status int
	answer func(asked *etree.Element) string
	asked  []*etree.Element
	kinds  []string
}

func (l *leaving) ear(name string) *ear {
	l.t.Helper()
	e := &ear{status: http.StatusOK}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		root, err := unwrapped(raw)
		if err == nil {
			root, err = xmlsig.Verify(root, keysOf(l.certs), xmlsig.Options{})
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		e.asked, e.kinds = append(e.asked, root), append(e.kinds, r.Method+" "+r.Header.Get("Content-Type")+" "+r.Header.Get("SOAPAction"))
		if e.status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(e.status)
		fmt.Fprint(w, e.answer(root))
	}))
	l.t.Cleanup(e.Close)
	e.s = l.provider(name, directory.SAMLSettings{}, slo(metadata.BindingRedirect, "https://"+name+".example/slo", metadata.BindingSOAP, e.URL+"/soap"))
	e.answer = func(asked *etree.Element) string { return enveloped(e.s.signedXML(e.replies(asked).xml())) }
	return e
}

func (e *ear) replies(asked *etree.Element) heard {
	return e.s.hears(sent{root: asked}, func(h *heard) { h.destination = "" })
}

// withLoopback lets metadata name this machine.
func withLoopback(c *Config) {
	c.Book = metadata.NewBook(metadata.BookConfig{Now: c.Now, Loopback: true})
}

func TestAServiceThatTakesSOAPIsToldBehindTheScenes(t *testing.T) {
	l := leave(t, withLoopback)
	wiki := l.ear("wiki")
	b := l.browser()
	k := l.signsOn(b, wiki.s)
	outcomes, err := l.room.End(t.Context(), l.session(k))
	l.must(err)
	if len(outcomes) != 1 || outcomes[0].Status != logout.Done || len(wiki.asked) != 1 {
		t.Fatalf("%+v", outcomes)
	}
	asked := wiki.asked[0]
	name := readNameID(xmlsig.Child(asked, nsAssertion, "NameID"))
	index := xmlsig.Text(xmlsig.Child(asked, nsProtocol, "SessionIndex"))
	destination, _ := xmlsig.Attr(asked, "Destination")
	until, _ := xmlsig.Attr(asked, "NotOnOrAfter")
	at, err := time.Parse(time.RFC3339, until)
	if name != k.name || index != k.index || destination != wiki.URL+"/soap" || err != nil || !at.After(l.clock.Now()) {
		t.Errorf("%+v %s %s until %s", name, index, destination, until)
	}
	if wiki.kinds[0] != `POST text/xml; charset=utf-8 "http://www.oasis-open.org/committees/security"` {
		t.Error(wiki.kinds[0])
	}
}

func TestWhatAServiceAnswersToSOAP(t *testing.T) {
	l := leave(t, withLoopback)
	wiki, forum := l.ear("wiki"), l.provider("forum", directory.SAMLSettings{})
	to := logout.Participant{Protocol: "saml", Service: wiki.s.service.ID, Name: "n", Detail: `{}`, SID: "sid"}
	for name, test := range map[string]struct {
		status int
		answer func(*etree.Element) string
		good   bool
	}{
		"signed":   {answer: func(a *etree.Element) string { return enveloped(wiki.s.signedXML(wiki.replies(a).xml())) }, good: true},
		"unsigned": {answer: func(a *etree.Element) string { return enveloped(wiki.replies(a).xml()) }, good: true},
		"signed by another": {answer: func(a *etree.Element) string {
			return enveloped(forum.signedXML(wiki.replies(a).xml()))
		}},
		"of another": {answer: func(a *etree.Element) string { return enveloped(forum.hears(sent{root: a}).xml()) }},
		"to another request": {answer: func(a *etree.Element) string {
			h := wiki.replies(a)
			h.to = "_other"
			return enveloped(wiki.s.signedXML(h.xml()))
		}},
		"no": {answer: func(a *etree.Element) string {
			h := wiki.replies(a)
			h.status = statusResponder
			return enveloped(wiki.s.signedXML(h.xml()))
		}},
		"a fault":      {status: 500, answer: func(*etree.Element) string { return enveloped(`<S:Fault/>`) }},
		"a redirect":   {status: 302, answer: func(*etree.Element) string { return "" }},
		"a page":       {answer: func(*etree.Element) string { return "<html>" }},
		"nothing":      {answer: func(*etree.Element) string { return "" }},
		"without end":  {answer: func(*etree.Element) string { return strings.Repeat(" ", 1<<20) }},
		"a doctype":    {answer: func(*etree.Element) string { return `<!DOCTYPE x [<!ENTITY y "z">]><x>&y;</x>` }},
		"its own echo": {answer: func(a *etree.Element) string { raw, _ := xmlsig.Bytes(a); return enveloped(string(raw)) }},
	} {
		wiki.status, wiki.answer = http.StatusOK, test.answer
		if test.status != 0 {
			wiki.status = test.status
		}
		err := l.p.Deliver(t.Context(), to)
		if (err == nil) != test.good || errors.Is(err, logout.ErrUnsupported) || errors.Is(err, logout.ErrBrowser) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhoIsToldHow(t *testing.T) {
	l := leave(t)
	l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
	l.provider("mute", directory.SAMLSettings{})
	stopped := l.provider("stopped", directory.SAMLSettings{}, byRedirect("stopped"))
	l.town.change(stopped.service.ID, func(s *directory.Service) { s.State = directory.Suspended })
	l.town.services["other"] = directory.Service{ID: "other", OIDC: &directory.OIDCClient{}}
	to := logout.Participant{Protocol: "saml", Name: "n", Detail: `{}`, SID: "sid"}
	for service, want := range map[directory.ServiceID]error{
		"id-of-wiki": logout.ErrBrowser, "id-of-stopped": logout.ErrBrowser, "id-of-mute": logout.ErrUnsupported,
		"other": logout.ErrUnsupported, "nobody": logout.ErrUnsupported,
	} {
		to.Service = service
		if err := l.p.Deliver(t.Context(), to); !errors.Is(err, want) {
			t.Errorf("%s: %v", service, err)
		}
		if _, err := l.p.Lead(t.Context(), to, "relay"); errors.Is(want, logout.ErrUnsupported) && !errors.Is(err, logout.ErrUnsupported) {
			t.Errorf("%s: lead: %v", service, err)
		}
	}
	l.town.down = directory.ErrUnavailable
	if err := l.p.Deliver(t.Context(), to); !errors.Is(err, directory.ErrUnavailable) {
		t.Errorf("with the directory down: %v", err)
	}
}

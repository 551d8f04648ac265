// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"encoding/base64"
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/saml/xmlsig/xmlsigtest"
)

// The numbers are those of the cases that an identity provider is held against:
// P what must work, A what must not.

func TestP1AnAnswerIsWhatTheProfileSays(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{Attributes: []string{"name", "email"}})
	request := nuvol.asks()
	p := w.browser().sso(redirected(request.xml(), "")).at("/login").through("anna.vila")
	a := p.granted().valid("Response", "Assertion")
	a.verified(a.assertion())

	if a.action != nuvol.acs || attrOf(a.root, "Destination") != nuvol.acs {
		t.Errorf("goes to %q, for %q", a.action, attrOf(a.root, "Destination"))
	}
	data := a.at("Subject", "SubjectConfirmation", "SubjectConfirmationData")
	if attrOf(a.root, "InResponseTo") != request.id || attrOf(data, "InResponseTo") != request.id {
		t.Error("InResponseTo does not stand in both places")
	}
	if attrOf(data, "Recipient") != nuvol.acs || attrOf(a.at("Subject", "SubjectConfirmation"), "Method") != bearer {
		t.Error("not for its bearer at the consumer service")
	}
	if audience := xmlsig.Text(a.at("Conditions", "AudienceRestriction", "Audience")); audience != nuvol.entityID {
		t.Errorf("audience %q", audience)
	}
	if xmlsig.Text(xmlsig.Child(a.root, nsAssertion, "Issuer")) != ourself || xmlsig.Text(a.at("Issuer")) != ourself {
		t.Error("issued by somebody else")
	}
	now := w.clock.Now()
	if until := a.moment(data, "NotOnOrAfter"); !until.Equal(now.Add(5 * time.Minute)) {
		t.Errorf("good until %s", until)
	}
	c := a.at("Conditions")
	if !a.moment(c, "NotBefore").Equal(now.Add(-time.Minute)) || !a.moment(c, "NotOnOrAfter").Equal(now.Add(5*time.Minute)) {
		t.Error("the conditions are of another time")
	}
	statement := a.at("AuthnStatement")
	if !a.moment(statement, "SessionNotOnOrAfter").Equal(now.Add(w.sessions.Absolute()).Truncate(time.Hour)) || attrOf(statement, "SessionIndex") == "" {
		t.Error("nothing is said of the session")
	}
	if a.class() != classProtected {
		t.Errorf("class %s", a.class())
	}
	if method, _, found := strings.Cut(string(a.raw), "rsa-sha1"); found {
		t.Errorf("SHA-1 in %s", method)
	}
}

func TestP2APostFindsTheSessionThatItsCookieDidNotComeWith(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{})
	anna := w.browser()
	anna.asks(nuvol).through("anna.vila").granted()

	request := nuvol.asks()
	a := anna.post(posted(request.xml(), "token")).granted()
	if attrOf(a.root, "InResponseTo") != request.id || a.relay != "token" {
		t.Errorf("another answer: %s", a.raw)
	}
	// Somebody without a session comes to the log-in by the same way.
	w.browser().post(posted(nuvol.asks().xml(), "")).at("/login").through("bernat").granted()
}

func TestP3ARedirectIsVerifiedAsItCame(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{RequireSigned: true})
	anna := w.browser()
	anna.sso(nuvol.signedQuery(redirected(nuvol.asks().xml(), ""))).through("anna.vila").granted()

	lower := func(s string) string {
		return strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3D", "%3d").Replace(s)
	}
	for name, relay := range map[string][2]string{ // as it is, and as somebody escapes it
		"an ampersand":      {"a&b=c", "a%26b%3Dc"},
		"a tilde":           {"~a", "%7Ea"},
		"a tilde as it is":  {"~a", "~a"},
		"a blank":           {"a b", "a%20b"},
		"a blank as a plus": {"a b", "a+b"},
	} {
		t.Run(name, func(t *testing.T) {
			query := redirected(nuvol.asks().xml(), "") + "&RelayState=" + relay[1]
			if a := anna.sso(nuvol.signedQuery(query)).granted(); a.relay != relay[0] {
				t.Errorf("came back as %q", a.relay)
			}
		})
	}
	t.Run("lower-case hex", func(t *testing.T) {
		anna.sso(nuvol.signedQuery(lower(redirected(nuvol.asks().xml(), "")))).granted()
	})
	t.Run("another order", func(t *testing.T) {
		parts := strings.Split(nuvol.signedQuery(redirected(nuvol.asks().xml(), "x")), "&")
		anna.sso(parts[3] + "&" + parts[2] + "&" + parts[1] + "&" + parts[0]).granted()
	})
}

func TestP4OnlyTheKeyOfASignatureCounts(t *testing.T) {
	w := start(t)
	old, current := pairNamed("old"), pairNamed("nuvol")
	expired := certified(current.key, noon.AddDate(-20, 0, 0))
	nuvol := w.provider("nuvol", directory.SAMLSettings{RequireSigned: true}, func(l *look) {
		l.signing = keyDescriptor("signing", old) + keyDescriptor("signing", expired)
	})
	anna := w.browser()
	anna.post(posted(nuvol.signedXML(nuvol.asks().xml()), "")).through("anna.vila").granted()
	certificate := func(p *pair) string {
		return `<ds:X509Data><ds:X509Certificate>` + base64.StdEncoding.EncodeToString(p.der) + `</ds:X509Certificate></ds:X509Data>`
	}
	for name, info := range map[string]string{
		"KeyInfo with another certificate of the same key": certificate(current),
		"KeyInfo with the certificate of the metadata":     certificate(expired),
		"KeyInfo with a certificate of another key":        certificate(old),
		"no KeyInfo": "",
	} {
		t.Run(name, func(t *testing.T) {
			anna.post(posted(xmlsigtest.Sign(nuvol.asks().xml(), current.key, xmlsigtest.Taste{KeyInfo: info}), "")).granted()
		})
	}
}

func TestP5WhereTheAnswerGoes(t *testing.T) {
	w := start(t)
	at := func(path string) string { return "https://nuvol.example" + path }
	nuvol := w.provider("nuvol", directory.SAMLSettings{}, func(l *look) {
		l.acs = acs(0, at("/no"), `isDefault="false"`) + acs(1, at("/one"), "") + acs(2, at("/two"), "") +
			`<md:AssertionConsumerService index="3" Binding="` + metadata.BindingRedirect + `" Location="` + at("/redirect") + `"/>`
		l.more = `<role>` + acs(0, at("/second"), "") + `</md:SPSSODescriptor>`
	})
	anna := w.browser()
	anna.asks(nuvol).through("anna.vila").granted()
	for name, c := range map[string]struct{ attributes, want string }{
		"by index":               {`AssertionConsumerServiceIndex="2"`, at("/two")},
		"by address":             {`AssertionConsumerServiceURL="` + at("/two") + `"`, at("/two")},
		"by address and binding": {`AssertionConsumerServiceURL="` + at("/no") + `" ProtocolBinding="` + metadata.BindingPOST + `"`, at("/no")},
		"by binding":             {`ProtocolBinding="` + metadata.BindingPOST + `"`, at("/one")},
		"by default":             {``, at("/one")},
		"of the second role":     {`AssertionConsumerServiceURL="` + at("/second") + `"`, at("/second")},
	} {
		t.Run(name, func(t *testing.T) {
			if a := anna.asks(nuvol, with(c.attributes)).granted(); a.action != c.want || attrOf(a.root, "Destination") != c.want {
				t.Errorf("goes to %s, want %s", a.action, c.want)
			}
		})
	}
}

func TestP13WhoMustProveItAgainDoes(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{})
	anna := w.browser()
	anna.asks(nuvol).through("anna.vila").granted()
	w.clock.Advance(10 * time.Minute)
	asked := w.clock.Now()
	p := anna.asks(nuvol, with(`ForceAuthn="true"`)).at("/login")
	w.clock.Advance(time.Minute)
	a := p.through("anna.vila").granted()
	if proven := a.moment(a.at("AuthnStatement"), "AuthnInstant"); !proven.After(asked) {
		t.Errorf("proven at %s, asked at %s", proven, asked)
	}
	for _, no := range []string{`ForceAuthn="false"`, `ForceAuthn="0"`} {
		anna.asks(nuvol, with(no)).granted()
	}
}

func TestP14WhoMustNotBeAskedIsNot(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{Attributes: []string{"name"}})
	anna, passive := w.browser(), with(`IsPassive="1"`)
	anna.asks(nuvol, passive).refused(statusResponder, statusNoPassive).valid("Response")
	p := anna.asks(nuvol).at("/login").submit("username", "anna.vila", "password", password).at("/login/consent")
	anna.asks(nuvol, passive).refused(statusResponder, statusNoPassive)
	p.through("anna.vila").granted()
	anna.asks(nuvol, passive).granted()
	anna.asks(nuvol, with(`IsPassive="true" ForceAuthn="true"`)).refused(statusResponder, statusNoPassive)
}

func TestP15HowSomebodyProvedWhoTheyAre(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{})
	anna := w.browser()
	anna.asks(nuvol).through("anna.vila").granted()
	const x509, mfa = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509", "https://refeds.org/profile/mfa"
	for name, c := range map[string]struct {
		comparison string
		classes    []string
		want       string // empty: refused
	}{
		"exactly one of two":      {"exact", []string{x509, classProtected}, classProtected},
		"exactly, without a word": {"", []string{classProtected}, classProtected},
		"exactly less":            {"exact", []string{classPassword}, classPassword},
		"exactly anything":        {"exact", []string{classUnspecified}, classUnspecified},
		"exactly an unknown":      {"exact", []string{mfa}, ""},
		"at least a password":     {"minimum", []string{classPassword}, classProtected},
		"at least one of two":     {"minimum", []string{mfa, classProtected}, classProtected},
		"at least an unknown":     {"minimum", []string{mfa}, ""},
		"better than a password":  {"better", []string{classPassword}, classProtected},
		"better than all":         {"better", []string{classPassword, classProtected}, ""},
		"at most this":            {"maximum", []string{classProtected}, classProtected},
		"at most less":            {"maximum", []string{classUnspecified}, ""},
		"a declaration":           {"exact", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inner := `<samlp:RequestedAuthnContext>`
			if c.comparison != "" {
				inner = `<samlp:RequestedAuthnContext Comparison="` + c.comparison + `">`
			}
			for _, class := range c.classes {
				inner += `<saml:AuthnContextClassRef>` + class + `</saml:AuthnContextClassRef>`
			}
			p := anna.asks(nuvol, within(inner+`</samlp:RequestedAuthnContext>`))
			if c.want == "" {
				p.refused(statusResponder, statusNoAuthnContext)
				return
			}
			if a := p.granted(); a.class() != c.want {
				t.Errorf("told %s, want %s", a.class(), c.want)
			}
		})
	}
	t.Run("none of the four", func(t *testing.T) {
		anna.asks(nuvol, within(`<samlp:RequestedAuthnContext Comparison="roughly"/>`)).told("bad-request")
	})
}

func TestP17WhoIsAskedForAnotherIsNotAnswered(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{})
	anna := w.browser()
	entry := func(id string) string { return `<samlp:IDPEntry ProviderID="` + id + `"/>` }
	scoping := func(inner string) func(*ask) {
		return within(`<samlp:Scoping ProxyCount="0">` + inner + `</samlp:Scoping>`)
	}
	anna.asks(nuvol, scoping(`<samlp:IDPList>`+entry("https://other.example")+`</samlp:IDPList>`)).refused(statusResponder, statusNoSupportedIDP)
	anna.asks(nuvol, scoping(`<samlp:IDPList>`+entry("https://other.example")+entry(ourself)+`</samlp:IDPList>`)).through("anna.vila").granted()
	anna.asks(nuvol, scoping(`<samlp:RequesterID>https://proxy.example</samlp:RequesterID>`)).granted()
}

func TestP20WhoTakesAnHourIsAnsweredInTheEnd(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{})
	for _, wait := range []time.Duration{6 * time.Minute, 20 * time.Minute, 59 * time.Minute} {
		t.Run(wait.String(), func(t *testing.T) {
			p := w.browser().asks(nuvol).at("/login")
			w.clock.Advance(wait)
			a := p.through("anna.vila").granted()
			now := w.clock.Now()
			if !a.moment(a.root, "IssueInstant").Equal(now) || !a.moment(a.assertion(), "IssueInstant").Equal(now) {
				t.Error("issued when it was asked for")
			}
			if until := a.moment(a.at("Conditions"), "NotOnOrAfter"); !until.Equal(now.Add(assertionLife)) {
				t.Errorf("good until %s", until)
			}
		})
	}
}

func TestP21RelayStateComesBackByteByByte(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{})
	anna := w.browser()
	anna.asks(nuvol).through("anna.vila").granted()
	for name, relay := range map[string]string{
		"nothing": "", "80 bytes": strings.Repeat("x", 80), "2000 bytes": strings.Repeat("é", 1000),
		"markup": `"><script>alert(1)</script>&amp;'`, "an address": "https://nuvol.example/?a=b&c=d#e",
	} {
		t.Run(name, func(t *testing.T) {
			p := anna.sso(redirected(nuvol.asks().xml(), relay))
			if a := p.granted(); a.relay != relay {
				t.Errorf("came back as %q", a.relay)
			}
			if strings.Contains(relay, "<") && strings.Contains(p.body, relay) {
				t.Error("it stands in the page unescaped")
			}
			if relay != "" && !strings.Contains(html.UnescapeString(p.body), relay) {
				t.Error("it is not in the page")
			}
			if a := anna.post(posted(nuvol.asks().xml(), relay)).granted(); a.relay != relay {
				t.Errorf("came back from a post as %q", a.relay)
			}
		})
	}
	t.Run("5000 bytes", func(t *testing.T) {
		anna.sso(redirected(nuvol.asks().xml(), strings.Repeat("x", 5000))).told("bad-request")
		anna.post(posted(nuvol.asks().xml(), strings.Repeat("x", 5000))).told("bad-request")
	})
}

func TestP31ClocksMayBeOffByFourMinutes(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{})
	for _, off := range []time.Duration{-4 * time.Minute, 4 * time.Minute} {
		a := w.browser().asks(nuvol, func(a *ask) { a.issued = w.clock.Now().Add(off).Format(time.RFC3339Nano) }).through("anna.vila").granted()
		if !a.moment(a.root, "IssueInstant").Equal(w.clock.Now()) {
			t.Errorf("%s off, and the answer is too", off)
		}
	}
}

func TestP32WhoMayNotEnterIsToldAndSoIsTheService(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{})
	w.town.change(nuvol.service.ID, func(s *directory.Service) { s.Access = directory.AccessGroup })
	p := w.browser().asks(nuvol).through("anna.vila").at("/login/closed")
	p.turnBack().refused(statusResponder, statusRequestDenied).valid("Response")
	denied := false
	for _, e := range w.audit.Events() {
		denied = denied || e.Kind == audit.SignOnRefused && e.Service == nuvol.service.ID && e.Reason == "access_denied"
	}
	if !denied {
		t.Error("the record does not say so")
	}
}

// A person who says no is not somebody who may not enter, and the service is
// told the same.
func TestWhoSaysNoIsNotSignedOn(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{Attributes: []string{"name"}})
	p := w.browser().asks(nuvol).at("/login").submit("username", "anna.vila", "password", password).at("/login/consent")
	p.submit("answer", "deny").refused(statusResponder, statusRequestDenied)
}

// Nextcloud posts what a redirect would hold, and only where its record says so.
func TestAPostedRedirect(t *testing.T) {
	w := start(t)
	odd := w.provider("odd", directory.SAMLSettings{DeflatedPost: true, RequireSigned: true})
	anna := w.browser()
	form := func(s *sp, relay string) url.Values {
		message := base64.StdEncoding.EncodeToString(xmlsig.Deflate([]byte(s.asks().xml())))
		f := url.Values{"SAMLRequest": {message}, "RelayState": {relay}, "SigAlg": {xmlsig.RSASHA256}}
		octets := "SAMLRequest=" + phpEscape(message) + "&RelayState=" + phpEscape(relay) + "&SigAlg=" + phpEscape(xmlsig.RSASHA256)
		f.Set("Signature", signatureOver(s.keys.key, octets))
		return f
	}
	if a := anna.post(form(odd, "https://odd.example/~anna b")).through("anna.vila").granted(); a.relay != "https://odd.example/~anna b" {
		t.Errorf("came back as %q", a.relay)
	}
	swapped := form(odd, "a")
	swapped.Set("RelayState", "b")
	anna.post(swapped).told("message-unproven")
	unsigned := form(odd, "a")
	unsigned.Del("Signature")
	anna.post(unsigned).told("message-unproven")
	unsigned.Del("SigAlg")
	anna.post(unsigned).told("message-unproven")
	anna.post(form(w.provider("nuvol", directory.SAMLSettings{}), "a")).told("bad-request")
}

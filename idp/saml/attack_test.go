// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/saml/xmlsig/xmlsigtest"
)

// Of all attacks here the person is logged in: what is taken would be answered.

// loggedIn is a world with a service of which Anna is a user already.
func loggedIn(t testing.TB, settings directory.SAMLSettings, change ...func(*look)) (*world, *sp, *browser) {
	t.Helper()
	w := start(t)
	nuvol := w.provider("nuvol", settings, change...)
	anna := w.browser()
	signed := nuvol.signedQuery(redirected(nuvol.asks().xml(), ""))
	anna.sso(signed).through("anna.vila").granted()
	return w, nuvol, anna
}

func TestA1WhoSignsIsNotAskedForWithoutASignature(t *testing.T) {
	for name, c := range map[string]struct {
		settings directory.SAMLSettings
		look     func(*look)
	}{
		"the metadata says so": {look: func(l *look) { l.role = `AuthnRequestsSigned="true"` }},
		"the record says so":   {directory.SAMLSettings{RequireSigned: true}, func(*look) {}},
	} {
		t.Run(name, func(t *testing.T) {
			_, nuvol, anna := loggedIn(t, c.settings, c.look)
			anna.asks(nuvol).told("message-unproven")
			anna.post(posted(nuvol.asks().xml(), "")).told("message-unproven")
		})
	}
}

func TestA2BrokenParameters(t *testing.T) {
	_, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	good := func() string { return nuvol.signedQuery(redirected(nuvol.asks().xml(), "relay")) }
	value := func(q, name string) string {
		for part := range strings.SplitSeq(q, "&") {
			if v, found := strings.CutPrefix(part, name+"="); found {
				return v
			}
		}
		return ""
	}
	for _, name := range []string{"Signature", "SigAlg", "SAMLRequest", "RelayState"} {
		for how, change := range map[string]func(string) string{
			"garbage":   func(string) string { return "%21%21%21" },
			"truncated": func(v string) string { return v[:len(v)/2] },
			"empty":     func(string) string { return "" },
			"twice":     func(v string) string { return v + "&" + name + "=" + v },
			"escaped":   func(v string) string { return v + fmt.Sprintf("&%%%02X", name[0]) + name[1:] + "=" + v },
		} {
			t.Run(how+" "+name, func(t *testing.T) {
				q := good()
				v := value(q, name)
				p := anna.sso(strings.Replace(q, name+"="+v, name+"="+change(v), 1))
				if p.form.Has("SAMLResponse") {
					t.Fatal("it was answered")
				}
				if p.status != 400 {
					t.Errorf("%d: %s", p.status, text(p.body))
				}
			})
		}
	}
	t.Run("no message", func(t *testing.T) { anna.sso("").told("bad-request") })
	t.Run("both messages", func(t *testing.T) {
		anna.sso(good() + "&SAMLResponse=" + value(good(), "SAMLRequest")).told("bad-request")
	})
	t.Run("a response", func(t *testing.T) {
		anna.sso(strings.Replace(redirected(nuvol.asks().xml(), ""), "SAMLRequest", "SAMLResponse", 1)).told("bad-request")
	})
	t.Run("another encoding", func(t *testing.T) {
		anna.sso(redirected(nuvol.asks().xml(), "") + "&SAMLEncoding=urn:other").told("bad-request")
	})
	form := func() url.Values { return posted(nuvol.asks().xml(), "relay") }
	for name, change := range map[string]func(url.Values){
		"SAMLRequest twice": func(f url.Values) { f.Add("SAMLRequest", f.Get("SAMLRequest")) },
		"RelayState twice":  func(f url.Values) { f.Add("RelayState", "x") },
		"no base64":         func(f url.Values) { f.Set("SAMLRequest", "<>") },
		"empty":             func(f url.Values) { f.Set("SAMLRequest", "") },
		"both":              func(f url.Values) { f.Set("SAMLResponse", f.Get("SAMLRequest")) },
		"a response":        func(f url.Values) { f.Set("SAMLResponse", f.Get("SAMLRequest")); f.Del("SAMLRequest") },
	} {
		t.Run("posted: "+name, func(t *testing.T) {
			f := form()
			change(f)
			anna.post(f).told("bad-request")
		})
	}
}

func TestA3ASignatureIsOverAllOfTheRedirect(t *testing.T) {
	w, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	good := func() string { return nuvol.signedQuery(redirected(nuvol.asks().xml(), "relay")) }
	algorithm := func(to string) string {
		return strings.Replace(good(), url.QueryEscape(xmlsig.RSASHA256), url.QueryEscape(to), 1)
	}
	for name, query := range map[string]string{
		"RelayState swapped":  strings.Replace(good(), "RelayState=relay", "RelayState=other", 1),
		"RelayState dropped":  strings.Replace(good(), "&RelayState=relay", "", 1),
		"RelayState added":    nuvol.signedQuery(redirected(nuvol.asks().xml(), "")) + "&RelayState=other",
		"escaped another way": strings.Replace(good(), "RelayState=relay", "RelayState=%72elay", 1),
		"rsa-sha1":            algorithm(xmlsig.RSASHA1),
		"hmac-sha1":           algorithm("http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
		"none":                algorithm("none"),
		"another message":     redirected(nuvol.asks().xml(), "relay") + good()[strings.Index(good(), "&SigAlg"):],
		"of another service":  w.provider("forum", directory.SAMLSettings{}).signedQuery(redirected(nuvol.asks().xml(), "")),
	} {
		t.Run(name, func(t *testing.T) { anna.sso(query).told("message-unproven") })
	}
	t.Run("the algorithm without the signature", func(t *testing.T) {
		if p := anna.sso(good()[:strings.Index(good(), "&Signature")]); p.status != 400 || p.form.Has("SAMLResponse") {
			t.Errorf("%d: %s", p.status, text(p.body))
		}
	})
}

// SHA-1 is taken of those whose record says so, until the day that it says.
func TestA3SHA1HasAnEnd(t *testing.T) {
	w, nuvol, anna := loggedIn(t, directory.SAMLSettings{SHA1Until: noon.AddDate(0, 0, 1)})
	old := xmlsigtest.Taste{Signature: xmlsig.RSASHA1, Digest: xmlsig.SHA1}
	anna.post(posted(xmlsigtest.Sign(nuvol.asks().xml(), nuvol.keys.key, old), "")).granted()
	w.clock.Set(noon.AddDate(0, 0, 2))
	anna.post(posted(xmlsigtest.Sign(nuvol.asks().xml(), nuvol.keys.key, old), "")).told("message-unproven")
}

func TestA4OnlyTheServicesSigningKeysCount(t *testing.T) {
	seals := pairNamed("nuvol-seals")
	w, nuvol, anna := loggedIn(t, directory.SAMLSettings{}, func(l *look) { l.encryption = keyDescriptor("encryption", seals) })
	forum := w.provider("forum", directory.SAMLSettings{})
	self := certified(pairNamed("self-made").key, noon)
	brought := `<ds:X509Data><ds:X509Certificate>` + base64.StdEncoding.EncodeToString(self.der) + `</ds:X509Certificate></ds:X509Data>`
	for name, message := range map[string]string{
		"a key of another service": forum.signedXML(nuvol.asks().xml()),
		"the key for encryption":   xmlsigtest.Sign(nuvol.asks().xml(), seals.key, xmlsigtest.Taste{}),
		"a key that came along":    xmlsigtest.Sign(nuvol.asks().xml(), self.key, xmlsigtest.Taste{KeyInfo: brought}),
	} {
		t.Run(name, func(t *testing.T) { anna.post(posted(message, "")).told("message-unproven") })
	}
	t.Run("signed by another that says it is this one", func(t *testing.T) {
		// The issuer decides whose keys count: with the other's Issuer it is the other's request.
		a := forum.asks()
		p := anna.post(posted(forum.signedXML(a.xml()), "")).through("anna.vila").granted()
		if p.action != forum.acs {
			t.Errorf("goes to %s", p.action)
		}
	})
}

func TestA5SignaturesAreNotWrapped(t *testing.T) {
	for name, settings := range map[string]directory.SAMLSettings{
		"where signing is a must": {RequireSigned: true}, "where it is not": {},
	} {
		t.Run(name, func(t *testing.T) {
			_, nuvol, anna := loggedIn(t, settings)
			signed := nuvol.signedXML(nuvol.asks().xml())
			forged := nuvol.asks(with(`ForceAuthn="false"`)).xml()
			for _, attack := range xmlsigtest.Wrap(signed, forged) {
				t.Run(attack.Name, func(t *testing.T) {
					if p := anna.post(posted(attack.Document, "")); p.form.Has("SAMLResponse") || p.status != 400 {
						t.Errorf("%d: %s", p.status, text(p.body))
					}
				})
			}
		})
	}
}

func TestA6WaysOfSigningThatNobodyMayChoose(t *testing.T) {
	_, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	const dsig, more = "http://www.w3.org/2000/09/xmldsig#", "http://www.w3.org/2001/04/xmldsig-more#"
	transforms := func(more string) []string { return []string{xmlsig.Enveloped, more, xmlsig.ExcC14N} }
	for name, taste := range map[string]xmlsigtest.Taste{
		"two references":           {References: 2},
		"an empty reference":       {URI: "-"},
		"a reference elsewhere":    {URI: "#other"},
		"XPath":                    {Transforms: transforms("http://www.w3.org/TR/1999/REC-xpath-19991116")},
		"XSLT":                     {Transforms: transforms("http://www.w3.org/TR/1999/REC-xslt-19991116")},
		"base64":                   {Transforms: transforms(dsig + "base64")},
		"HMAC":                     {Signature: dsig + "hmac-sha1"},
		"SHA-1":                    {Signature: xmlsig.RSASHA1},
		"a digest by SHA-1":        {Digest: xmlsig.SHA1},
		"MD5":                      {Signature: more + "rsa-md5"},
		"another canonicalization": {C14N: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"},
	} {
		t.Run(name, func(t *testing.T) {
			anna.post(posted(xmlsigtest.Sign(nuvol.asks().xml(), nuvol.keys.key, taste), "")).told("message-unproven")
		})
	}
}

func TestA7OnlyTheAddressesOfTheMetadata(t *testing.T) {
	_, nuvol, anna := loggedIn(t, directory.SAMLSettings{}, func(l *look) {
		l.acs = acs(0, "https://nuvol.example/acs", "") +
			`<md:AssertionConsumerService index="9" Binding="urn:oasis:names:tc:SAML:2.0:bindings:PAOS" Location="https://nuvol.example/ecp"/>`
	})
	for _, address := range []string{
		"https://evil.example/acs", "https://nuvol.example/ac", "https://nuvol.example/acs/", "https://nuvol.example/acs/x",
		"https://nuvol.example:443/acs", "https://user@nuvol.example/acs", "https://NUVOL.example/acs", "https://nuvol.example/%61cs",
		"https://nuvol.example/acs#x", "https://nuvol.example/acs?x", "http://nuvol.example/acs", "https://nuvol.example/x/../acs",
		"https://nuvol.example.evil.example/acs", "//nuvol.example/acs", "javascript:alert(1)", "https://nuvol.example/ecp",
	} {
		t.Run(address, func(t *testing.T) {
			anna.asks(nuvol, with(`AssertionConsumerServiceURL="`+address+`"`)).told("redirect-unproven")
		})
	}
	for name, attributes := range map[string]string{
		"an unknown index":     `AssertionConsumerServiceIndex="5"`,
		"an index of PAOS":     `AssertionConsumerServiceIndex="9"`,
		"index and address":    `AssertionConsumerServiceIndex="0" AssertionConsumerServiceURL="` + nuvol.acs + `"`,
		"index and binding":    `AssertionConsumerServiceIndex="0" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"`,
		"by artifact":          `ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"`,
		"address, and by PAOS": `AssertionConsumerServiceURL="` + nuvol.acs + `" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:PAOS"`,
		"the endpoint of PAOS": `AssertionConsumerServiceURL="https://nuvol.example/ecp"`,
	} {
		t.Run(name, func(t *testing.T) { anna.asks(nuvol, with(attributes)).told("redirect-unproven") })
	}
	t.Run("an index that is none", func(t *testing.T) {
		anna.asks(nuvol, with(`AssertionConsumerServiceIndex="-1"`)).told("bad-request")
		anna.asks(nuvol, with(`AssertionConsumerServiceIndex="70000"`)).told("bad-request")
	})
}

func TestA9AttributesOfStrangersAreNotTheMessages(t *testing.T) {
	_, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	request := nuvol.asks(with(`xmlns:e="urn:evil" e:ID="_evil" e:AssertionConsumerServiceURL="https://evil.example/" e:IsPassive="maybe" e:Version="1.1"`))
	a := anna.sso(redirected(request.xml(), "")).granted()
	if a.action != nuvol.acs || attrOf(a.root, "InResponseTo") != request.id {
		t.Errorf("goes to %s in response to %s", a.action, attrOf(a.root, "InResponseTo"))
	}
	request = nuvol.asks(func(a *ask) { a.id, a.attributes = "", `xmlns:e="urn:evil" e:ID="_evil"` })
	anna.sso(redirected(request.xml(), "")).told("bad-request")
}

func TestA10ElementsOfStrangersAreNotTheMessages(t *testing.T) {
	_, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	const evil = `xmlns:x="urn:foreign"`
	a := anna.asks(nuvol, within(`<x:Issuer `+evil+`>https://evil.example</x:Issuer><x:NameIDPolicy `+evil+` Format="urn:x"/>`+
		`<x:Subject `+evil+`><x:NameID>bob</x:NameID></x:Subject><Scoping xmlns="urn:foreign"><IDPList/></Scoping>`)).granted()
	if a.action != nuvol.acs {
		t.Errorf("goes to %s", a.action)
	}
	anna.asks(nuvol, within(`<saml:Subject><x:NameID `+evil+`>bob</x:NameID></saml:Subject>`)).refused(statusRequester, statusUnknownPrincipal)
	anna.asks(nuvol, func(a *ask) { a.issuer = `<x:Issuer ` + evil + `>` + nuvol.entityID + `</x:Issuer>` }).told("bad-request")
}

func TestA11WhatEveryMessageMustHave(t *testing.T) {
	_, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	issuer := func(s string) func(*ask) { return func(a *ask) { a.issuer = s } }
	good := nuvol.asks().issuer
	for name, c := range map[string]struct {
		change func(*ask)
		code   string
	}{
		"two Issuers":                 {issuer(good + good), "bad-request"},
		"no Issuer":                   {issuer(""), "bad-request"},
		"an empty Issuer":             {issuer("<saml:Issuer/>"), "bad-request"},
		"an Issuer with a comment":    {issuer("<saml:Issuer>" + nuvol.entityID + "<!-- -->.evil.example</saml:Issuer>"), "bad-request"},
		"an Issuer with a child":      {issuer("<saml:Issuer>" + nuvol.entityID + "<b/></saml:Issuer>"), "bad-request"},
		"an Issuer that is no entity": {issuer(`<saml:Issuer Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">` + nuvol.entityID + `</saml:Issuer>`), "bad-request"},
		"an unknown Issuer":           {issuer("<saml:Issuer>https://evil.example</saml:Issuer>"), "client-unknown"},
		"a longer Issuer":             {issuer("<saml:Issuer>" + nuvol.entityID + "/x</saml:Issuer>"), "client-unknown"},
		"no ID":                       {func(a *ask) { a.id = "" }, "bad-request"},
		"an ID that is none":          {func(a *ask) { a.id = "1 2" }, "bad-request"},
		"an ID without end":           {func(a *ask) { a.id = "_" + strings.Repeat("x", 300) }, "bad-request"},
		"no Version":                  {func(a *ask) { a.version = "" }, "bad-request"},
		"Version 1.1":                 {func(a *ask) { a.version = "1.1" }, "bad-request"},
		"Version 3.0":                 {func(a *ask) { a.version = "3.0" }, "bad-request"},
		"two policies":                {within(`<samlp:NameIDPolicy/><samlp:NameIDPolicy/>`), "bad-request"},
		"no boolean":                  {with(`ForceAuthn="yes"`), "bad-request"},
	} {
		t.Run(name, func(t *testing.T) { anna.asks(nuvol, c.change).told(c.code) })
	}
	t.Run("another message", func(t *testing.T) {
		anna.sso(redirected(strings.ReplaceAll(nuvol.asks().xml(), "AuthnRequest", "LogoutRequest"), "")).told("bad-request")
		anna.sso(redirected(strings.Replace(nuvol.asks().xml(), nsProtocol, "urn:other", 1), "")).told("bad-request")
	})
}

// A12, A14 and A15 are documents that nobody may read; what they cost is
// measured where they are read.
func TestA12BrokenDocuments(t *testing.T) {
	_, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	for _, attack := range xmlsigtest.Broken(nuvol.asks().xml()) {
		t.Run(attack.Name, func(t *testing.T) {
			for way, p := range map[string]*page{
				"by redirect": anna.sso(redirected(attack.Document, "")),
				"by post":     anna.post(posted(attack.Document, "")),
			} {
				if p.form.Has("SAMLResponse") || p.status != 400 && p.status != 413 {
					t.Errorf("%s: %d: %s", way, p.status, text(p.body))
				}
			}
		})
	}
}

func TestA13WhatIsSmallAndBecomesLarge(t *testing.T) {
	_, nuvol, anna := loggedIn(t, directory.SAMLSettings{})
	good := nuvol.asks().xml()
	packed := func(raw []byte) string {
		return "SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString(raw))
	}
	var zipped, zlibbed bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(good))
	_ = z.Close()
	l := zlib.NewWriter(&zlibbed)
	_, _ = l.Write([]byte(good))
	_ = l.Close()
	bomb := strings.Replace(good, "</samlp:AuthnRequest>", strings.Repeat("<b/>", 1_800_000)+"</samlp:AuthnRequest>", 1)
	for name, query := range map[string]string{
		"7 MB of elements": redirected(bomb, ""),
		"spaces":           redirected(good+strings.Repeat(" ", 5<<20), ""),
		"gzip":             packed(zipped.Bytes()),
		"zlib":             packed(zlibbed.Bytes()),
		"not deflated":     packed([]byte(good)),
		"followed by more": packed(append(xmlsig.Deflate([]byte(good)), "more"...)),
	} {
		t.Run(name, func(t *testing.T) { anna.sso(query).told("bad-request") })
	}
	t.Run("a post of a megabyte", func(t *testing.T) {
		anna.post(posted(good+strings.Repeat(" ", 1<<20), "")).told("too-large")
	})
}

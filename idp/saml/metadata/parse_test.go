// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// TestA8: where an answer goes is where a browser posts somebody's identity to.
// A program in that place would run as ours.
func TestA8(t *testing.T) {
	for location, code := range map[string]string{
		"javascript:alert(1)":                        "address-script",
		"JaVaScRiPt:alert(1)":                        "address-script",
		"java\tscript:alert(1)":                      "address-script",
		" javascript:alert(1)":                       "address-script",
		"data:text/html,&lt;script&gt;":              "address-script",
		"vbscript:x":                                 "address-script",
		"file:///etc/passwd":                         "address-script",
		"http://wiki.example/acs":                    "address-https",
		"http://127.0.0.1/acs":                       "address-https",
		"ftp://wiki.example/acs":                     "address-https",
		"https://evil@wiki.example/acs":              "address-user",
		"https://wiki.example/acs#there":             "address-fragment",
		"https://wiki.example/acs#":                  "address-fragment",
		"https://*.example/acs":                      "address-odd",
		"https://wiki.example\\@evil.example/acs":    "address",
		"https://wiki.example/\\acs":                 "address-odd",
		"https://wiki.example/a cs":                  "address-odd",
		"https:///acs":                               "address",
		"/acs":                                       "address",
		"":                                           "address",
		"https:wiki.example/acs":                     "address",
		"//wiki.example/acs":                         "address",
		"https://wiki.example/" + long(addressMax+1): "address-odd",
	} {
		provider := wiki()
		provider.acs = acs(0, "https://wiki.example/acs") + acs(1, location)
		_, err := Parse(provider.xml(), noon, Options{})
		sameAll(t, "answers at "+clip(location), codes(t, err), []string{code})

		provider = wiki()
		provider.slo = `<md:SingleLogoutService Binding="` + BindingRedirect + `" Location="https://wiki.example/slo" ResponseLocation="` + location + `"/>`
		if location == "" {
			continue // means: the same as Location
		}
		_, err = Parse(provider.xml(), noon, Options{})
		sameAll(t, "log-outs at "+clip(location), codes(t, err), []string{code})
	}
	t.Run("of a binding that is not spoken", func(t *testing.T) {
		provider := wiki()
		provider.acs = acs(0, "https://wiki.example/acs") +
			`<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:PAOS" Location="javascript:alert(1)" index="1"/>`
		_, err := Parse(provider.xml(), noon, Options{})
		sameAll(t, "PAOS", codes(t, err), []string{"address-script"})
	})
	t.Run("in a link to people", func(t *testing.T) {
		provider := wiki()
		provider.extensions = uiInfo(`<mdui:PrivacyStatementURL xml:lang="en">javascript:alert(1)</mdui:PrivacyStatementURL>`)
		_, err := Parse(provider.xml(), noon, Options{})
		sameAll(t, "link", codes(t, err), []string{"address-script"})
	})
	t.Run("this machine, where that is allowed", func(t *testing.T) {
		provider := wiki()
		for _, location := range []string{"http://127.0.0.1:8080/acs", "http://localhost/acs", "http://[::1]/acs", "http://wiki.localhost/acs"} {
			provider.acs = acs(0, location)
			if _, err := Parse(provider.xml(), noon, Options{Loopback: true}); err != nil {
				t.Errorf("%s: %v", location, err)
			}
		}
		provider.acs = acs(0, "http://127.0.0.1.example/acs")
		_, err := Parse(provider.xml(), noon, Options{Loopback: true})
		sameAll(t, "a name like it", codes(t, err), []string{"address-https"})
	})
}

// TestA24: keys that nothing can be encrypted to, or verified with. Each of
// them has been a crash, or something sent in clear, somewhere.
func TestA24(t *testing.T) {
	k := keysOf(t)
	without := `<md:KeyDescriptor use="encryption"><ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo></md:KeyDescriptor>`
	for name, c := range map[string]struct{ keys, role, code string }{
		"encryption without a certificate":    {keys: without, code: "key-missing"},
		"no KeyInfo at all":                   {keys: `<md:KeyDescriptor/>`, code: "key-missing"},
		"an empty certificate":                {keys: keyDescriptor("encryption", ""), code: "key-unreadable"},
		"only space":                          {keys: keyDescriptor("encryption", " \n "), code: "key-unreadable"},
		"no base64":                           {keys: keyDescriptor("encryption", "***"), code: "key-unreadable"},
		"base64 of something else":            {keys: keyDescriptor("signing", "aGVsbG8="), code: "key-unreadable"},
		"half a certificate":                  {keys: keyDescriptor("", k.first.text()[:400]), code: "key-unreadable"},
		"a curve to encrypt to":               {keys: keyDescriptor("encryption", k.curve.text()), code: "key-encryption"},
		"a curve for both":                    {keys: keyDescriptor("", k.curve.text()), code: "key-encryption"},
		"a short key":                         {keys: keyDescriptor("signing", k.short.text()), code: "key-short"},
		"a key that takes an age":             {keys: keyDescriptor("", nobodys(t, rsaMax+1, 65537, 0)), code: "key-long"},
		"an exponent of one, which signs all": {keys: keyDescriptor("signing", nobodys(t, 2048, 1, 0)), code: "key-odd"},
		"an even exponent":                    {keys: keyDescriptor("encryption", nobodys(t, 2048, 4, 0)), code: "key-odd"},
		"an unknown use":                      {keys: keyDescriptor("anything", k.first.text()), code: "key-use"},
		"signs, with nothing":                 {role: `AuthnRequestsSigned="true"`, code: "key-for-signed"},
		"many keys":                           {keys: many(t, keysMax+1), code: "too-many"},
	} {
		t.Run(name, func(t *testing.T) {
			provider := wiki()
			provider.keys, provider.role = c.keys, c.role
			_, err := Parse(provider.xml(), noon, Options{})
			sameAll(t, "faults", codes(t, err), []string{c.code})
		})
	}
	t.Run("signs, with a curve alone", func(t *testing.T) {
		provider := wiki()
		provider.keys, provider.role = keyDescriptor("signing", k.curve.text()), `AuthnRequestsSigned="1"`
		_, err := Parse(provider.xml(), noon, Options{})
		sameAll(t, "faults", codes(t, err), []string{"key-for-signed", "key-signing-rsa"})
	})
	t.Run("a curve beside a key that serves", func(t *testing.T) {
		provider := wiki()
		provider.keys = keyDescriptor("", k.curve.text()) + keyDescriptor("", k.first.text())
		p := parsed(t, provider.xml())
		same(t, "keys", len(p.SigningKeys)+len(p.EncryptionKeys), 2)
		same(t, "notes", len(p.Notes), 2)
	})
}

// many are n keys that nobody has: what counts them does not use them.
func many(t *testing.T, n int) string {
	text := ""
	for i := range n {
		text += keyDescriptor("signing", nobodys(t, 2048, 65537, int64(2*i)))
	}
	return text
}

// nobodys is a certificate of a number that is no key.
func nobodys(t *testing.T, bits uint, exponent int, more int64) string {
	t.Helper()
	odd := new(big.Int).Lsh(big.NewInt(1), bits-1)
	odd.SetBit(odd, 0, 1).Add(odd, big.NewInt(more))
	template := &x509.Certificate{SerialNumber: big.NewInt(more + 1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &rsa.PublicKey{N: odd, E: exponent}, keysOf(t).first.key)
	must(t, err)
	return pair{der: der}.text()
}

// TestP4 is the part of P4 that metadata decides: which keys verify what a
// service signs. (Its other half, the signature itself, is the engine's.)
func TestP4(t *testing.T) {
	k := keysOf(t)
	t.Run("every key counts, and use= tells for what", func(t *testing.T) {
		provider := wiki()
		provider.keys = keyDescriptor("signing", k.first.text()) + keyDescriptor("", k.second.text()) + keyDescriptor("encryption", k.third.text())
		p := parsed(t, provider.xml())
		holds(t, p, k.first, k.second)
		same(t, "encryption keys", len(p.EncryptionKeys), 2)
		same(t, "first of them", p.EncryptionKeys[0].Key.Equal(k.second.key.Public()), true)
	})
	t.Run("the certificate's dates do not", func(t *testing.T) {
		provider := wiki()
		provider.keys = keyDescriptor("signing", k.renewed.text())
		holds(t, parsed(t, provider.xml()), k.first)
	})
	t.Run("two certificates of one key are one key", func(t *testing.T) {
		provider := wiki()
		provider.keys = keyDescriptor("signing", k.first.text()) + keyDescriptor("signing", k.renewed.text())
		holds(t, parsed(t, provider.xml()), k.first)
	})
	t.Run("base64 in lines, and in the armour of PEM", func(t *testing.T) {
		provider := wiki()
		text := k.first.text()
		provider.keys = keyDescriptor("signing", "\n  "+text[:64]+"\r\n\t"+text[64:]+"\n") +
			keyDescriptor("signing", "-----BEGIN CERTIFICATE-----\n"+k.second.text()+"\n-----END CERTIFICATE-----")
		holds(t, parsed(t, provider.xml()), k.first, k.second)
	})
}

func holds(t *testing.T, p Provider, want ...pair) {
	t.Helper()
	if len(p.SigningKeys) != len(want) {
		t.Fatalf("%d keys, not %d", len(p.SigningKeys), len(want))
	}
	for i, pair := range want {
		if key, is := p.SigningKeys[i].(*rsa.PublicKey); !is || !key.Equal(pair.key.Public()) {
			t.Errorf("key %d is another", i)
		}
	}
}

// TestFaultsComeTogether: who corrects a document sees all that is wrong with it.
func TestFaultsComeTogether(t *testing.T) {
	k := keysOf(t)
	provider := sp{
		entityID:   "no uri",
		attributes: `validUntil="yesterday"`,
		role:       `AuthnRequestsSigned="perhaps" cacheDuration="soon"`,
		keys:       keyDescriptor("encryption", "") + keyDescriptor("signing", k.short.text()),
		acs: `<md:AssertionConsumerService Binding="` + BindingRedirect + `" Location="http://wiki.example/acs" index="0"/>` +
			`<md:AssertionConsumerService Binding="` + BindingRedirect + `" Location="https://wiki.example/acs" index="0"/>` +
			`<md:AssertionConsumerService Binding="` + BindingRedirect + `" Location="https://wiki.example/acs" index="70000"/>` +
			`<md:AssertionConsumerService Binding="` + BindingRedirect + `" Location="https://wiki.example/acs"/>`,
	}
	_, err := Parse(provider.xml(), noon, Options{})
	sameAll(t, "faults", codes(t, err), []string{
		"acs-index", "acs-index-missing", "address-https", "boolean", "date", "duration", "entity-id",
		"key-short", "key-unreadable", "no-post-acs", "number",
	})
	if lines := strings.Count(err.Error(), "\n"); lines != 10 {
		t.Errorf("%d lines for 11 faults:\n%v", lines+1, err)
	}
}

// TestRefused are documents that are not the metadata of one service.
func TestRefused(t *testing.T) {
	provider := wiki()
	for name, c := range map[string]struct{ document, code string }{
		"nothing":           {"", "xml"},
		"no XML":            {"hello", "xml"},
		"a DTD":             {`<!DOCTYPE x>` + provider.text(), "xml"},
		"two roots":         {provider.text() + provider.text(), "xml"},
		"too large":         {strings.Replace(provider.text(), ">", "><!--"+long(2<<20)+"-->", 1), "xml"},
		"another document":  {`<html xmlns="http://www.w3.org/1999/xhtml"/>`, "not-metadata"},
		"another namespace": {strings.ReplaceAll(provider.text(), nsMD, "urn:evil"), "not-metadata"},
		"an aggregate":      {aggregate("", provider.text()), "aggregate"},
		"an identity provider": {strings.NewReplacer("SPSSODescriptor", "IDPSSODescriptor",
			"AssertionConsumerService", "SingleSignOnService").Replace(provider.text()), "no-role"},
		"SAML 1.1 alone":     {strings.Replace(provider.text(), protocolSAML2, "urn:oasis:names:tc:SAML:1.1:protocol", 1), "no-role"},
		"expired":            {sp{entityID: "https://wiki.example/saml", attributes: until(noon)}.text(), "expired"},
		"expired role":       {sp{entityID: "https://wiki.example/saml", role: until(noon.Add(-time.Second))}.text(), "expired"},
		"no entityID":        {sp{acs: acs(0, "https://wiki.example/acs")}.text(), "entity-id"},
		"relative entityID":  {sp{entityID: "wiki", acs: acs(0, "https://wiki.example/acs")}.text(), "entity-id"},
		"long entityID":      {sp{entityID: "https://wiki.example/" + long(236), acs: acs(0, "https://wiki.example/acs")}.text(), "entity-id"},
		"a foreign consumer": {strings.NewReplacer("<md:AssertionConsumerService", `<e:AssertionConsumerService xmlns:e="urn:evil"`).Replace(provider.text()), "no-post-acs"},
		"two defaults": {sp{entityID: "https://wiki.example/saml", acs: strings.ReplaceAll(acs(0, "https://wiki.example/a")+acs(1, "https://wiki.example/b"),
			"index", `isDefault="true" index`)}.text(), "acs-default"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(c.document), noon, Options{})
			sameAll(t, "faults", codes(t, err), []string{c.code})
		})
	}
}

// TestForeignAttributesMeanNothing: an attribute of a stranger's namespace does
// not stand in for the one of SAML.
func TestForeignAttributesMeanNothing(t *testing.T) {
	provider := wiki()
	provider.attributes = `xmlns:e="urn:evil" e:entityID="https://evil.example/" e:validUntil="2000-01-01T00:00:00Z"`
	provider.role = `e:AuthnRequestsSigned="true"`
	provider.acs = `<md:AssertionConsumerService e:Location="https://evil.example/acs" Binding="` + BindingPOST +
		`" Location="https://wiki.example/acs" e:index="7" index="1"/><e:AssertionConsumerService Binding="` + BindingPOST +
		`" Location="https://evil.example/acs" index="2"/>`
	p := parsed(t, provider.xml())
	same(t, "entityID", p.EntityID, "https://wiki.example/saml")
	same(t, "signed", p.AuthnRequestsSigned, false)
	same(t, "consumers", len(p.ACS), 1)
	same(t, "where", p.ACS[0].Location, "https://wiki.example/acs")
	same(t, "index", p.ACS[0].Index, 1)
}

// TestEverythingThatIsSaid reads a document that says all there is to say.
func TestEverythingThatIsSaid(t *testing.T) {
	k := keysOf(t)
	provider := wiki()
	provider.attributes = until(noon.AddDate(0, 0, 7)) + ` cacheDuration="P1D" xmlns:saml="` + nsSAML + `" xmlns:mdattr="` + nsAttr + `"`
	provider.role = `AuthnRequestsSigned="true" WantAssertionsSigned="1" cacheDuration="PT1H"`
	provider.extensions = uiInfo(`
		<mdui:DisplayName xml:lang="en">The <!-- great --> Wiki</mdui:DisplayName>
		<mdui:DisplayName xml:lang="ca">El Viqui</mdui:DisplayName>
		<mdui:DisplayName xml:lang="ca">Another</mdui:DisplayName>
		<mdui:PrivacyStatementURL xml:lang="en">https://wiki.example/privacy</mdui:PrivacyStatementURL>
		<mdui:InformationURL xml:lang="en">www.wiki.example</mdui:InformationURL>
		<mdui:Logo width="80" height="60">https://wiki.example/logo.png</mdui:Logo>
		<mdui:Logo width="1" height="1">data:image/png;base64,AAAA</mdui:Logo>`)
	provider.keys = keyDescriptor("signing", k.first.text()) + keyDescriptor("encryption", k.second.text(), xmlsig.AES128GCM, xmlsig.OAEP)
	provider.slo = `<md:SingleLogoutService Binding="` + BindingSOAP + `" Location="https://wiki.example/soap"/>
		<md:SingleLogoutService Binding="` + BindingRedirect + `" Location="https://wiki.example/slo" ResponseLocation="https://wiki.example/slo/answer"/>`
	provider.formats = `<md:NameIDFormat> ` + NameIDTransient + `
		</md:NameIDFormat><md:NameIDFormat>` + NameIDPersistent + `</md:NameIDFormat>`
	provider.sets = `<md:AttributeConsumingService index="3" isDefault="true"><md:ServiceName xml:lang="en">Wiki</md:ServiceName>
		<md:RequestedAttribute Name="urn:oid:0.9.2342.19200300.100.1.3" NameFormat="` + NameFormatURI + `" FriendlyName="mail" isRequired="true"/>
		<md:RequestedAttribute Name="groups"><saml:AttributeValue>members</saml:AttributeValue></md:RequestedAttribute></md:AttributeConsumingService>`
	provider.more = `<md:Organization><md:OrganizationName xml:lang="en">wiki</md:OrganizationName>
		<md:OrganizationDisplayName xml:lang="en">Wiki Cooperative</md:OrganizationDisplayName><md:OrganizationURL xml:lang="en">https://wiki.example/</md:OrganizationURL></md:Organization>`
	text := strings.Replace(provider.text(), "<md:SPSSODescriptor", `<md:Extensions><mdattr:EntityAttributes>
		<saml:Attribute Name="`+SubjectIDRequirement+`"><saml:AttributeValue>pairwise-id</saml:AttributeValue></saml:Attribute>
		<saml:Attribute Name="`+EntityCategory+`"><saml:AttributeValue>http://refeds.org/category/research-and-scholarship</saml:AttributeValue></saml:Attribute>
		</mdattr:EntityAttributes></md:Extensions><md:SPSSODescriptor`, 1)

	p := parsed(t, []byte(text))
	same(t, "until", p.ValidUntil, noon.AddDate(0, 0, 7))
	same(t, "the shorter duration", p.CacheDuration, time.Hour)
	same(t, "wishes", p.AuthnRequestsSigned && p.WantAssertionsSigned, true)
	same(t, "title", p.Title("ca-ES"), "El Viqui")
	same(t, "title in another language", p.Title("es"), "The Wiki")
	same(t, "privacy", p.UI.Privacy.In("ca"), "https://wiki.example/privacy")
	same(t, "a sloppy link", len(p.UI.Information), 0)
	same(t, "logos", len(p.UI.Logos), 1)
	same(t, "width", p.UI.Logos[0].Width, 80)
	same(t, "cipher", p.EncryptionKeys[0].Supports(xmlsig.AES128GCM), true)
	same(t, "no other", p.EncryptionKeys[0].Supports(xmlsig.AES256CBC), false)
	sameAll(t, "formats", p.NameIDFormats, []string{NameIDTransient, NameIDPersistent})
	slo, _ := p.Logout(BindingRedirect)
	same(t, "answers to log-outs", slo.Answer(), "https://wiki.example/slo/answer")
	soap, _ := p.Logout(BindingSOAP)
	same(t, "over SOAP", soap.Answer(), "https://wiki.example/soap")
	if _, has := p.Logout(BindingPOST); has {
		t.Error("it has no log-out by POST")
	}
	set, _ := p.Attributes(nil)
	same(t, "wants", set.Requested[0].FriendlyName, "mail")
	same(t, "needs", set.Requested[0].Required && !set.Requested[1].Required, true)
	sameAll(t, "values", set.Requested[1].Values, []string{"members"})
	same(t, "category", p.Category("http://refeds.org/category/research-and-scholarship"), true)
	sameAll(t, "subject", p.EntityAttributes[SubjectIDRequirement], []string{"pairwise-id"})
	same(t, "organization", p.Organization.DisplayNames.In("ca"), "Wiki Cooperative")
	same(t, "in force", p.Expired(noon), false)
	same(t, "over", p.Expired(noon.AddDate(0, 0, 7)), true)
}

func uiInfo(content string) string {
	return `<md:Extensions><mdui:UIInfo xmlns:mdui="` + nsUI + `">` + content + `</mdui:UIInfo></md:Extensions>`
}

func long(n int) string { return strings.Repeat("a", n) }

// TestNamelessIsItsEntityID: what says nothing of itself still has a title.
func TestNamelessIsItsEntityID(t *testing.T) {
	p := parsed(t, wiki().xml())
	same(t, "title", p.Title("ca"), "https://wiki.example/saml")
	if _, has := p.Attributes(nil); has {
		t.Error("it asks for nothing")
	}
}

// TestWhatIsWrittenStaysShort: a document makes no admin read endless lines, nor
// control characters that would change what a terminal shows.
func TestWhatIsWrittenStaysShort(t *testing.T) {
	provider := wiki()
	for i := range 200 {
		provider.acs += acs(i, "ftp://wiki.example/"+long(i))
	}
	_, err := Parse(provider.xml(), noon, Options{})
	if err == nil || len(err.Error()) > most*400 {
		t.Errorf("%d bytes", len(err.Error()))
	}
	for name, c := range map[string]string{
		"a line": "&#10;", "a return": "&#13;", "a tab": "&#9;", "an old escape": "&#x9b;2J", "a delete": "&#x7f;",
		"another line": "&#x2028;", "a turn": "&#x202e;", "an isolate": "&#x2066;", "what was no character": "&#xfffd;",
	} {
		_, err = Parse(sp{entityID: "https://wiki.example/" + c + "saml", acs: acs(0, "https://wiki.example/"+c)}.xml(), noon, Options{})
		if strings.ContainsFunc(strings.ReplaceAll(err.Error(), "\n", ""), odd) {
			t.Errorf("%s is shown: %q", name, err)
		}
		same(t, name+": faults", len(codes(t, err)), 2)
		same(t, name+": lines", strings.Count(err.Error(), "\n"), 1)
	}
}

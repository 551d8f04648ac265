// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"regexp"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/saml/metadata"
)

func TestP6APersistentNameStaysAndLinksNothing(t *testing.T) {
	w := start(t)
	nuvol, forum := w.provider("nuvol", directory.SAMLSettings{}), w.provider("forum", directory.SAMLSettings{})
	asked := policy(`Format="` + metadata.NameIDPersistent + `"`)
	anna := w.browser()
	first := anna.asks(nuvol, asked).through("anna.vila").granted().nameID()
	again := w.browser().asks(nuvol, asked).through("anna.vila").granted().nameID()
	elsewhere := anna.asks(forum, asked).through("anna.vila").granted().nameID()
	bernat := w.browser().asks(nuvol, asked).through("bernat").granted().nameID()

	if !regexp.MustCompile(`^[a-z2-7]{32}$`).MatchString(first.Value) {
		t.Errorf("value %q", first.Value)
	}
	if first != again {
		t.Errorf("%+v became %+v", first, again)
	}
	if first.Format != metadata.NameIDPersistent || first.Qualifier != ourself || first.SPQualifier != nuvol.entityID {
		t.Errorf("%+v", first)
	}
	if elsewhere.Value == first.Value || bernat.Value == first.Value || elsewhere.SPQualifier != forum.entityID {
		t.Errorf("%+v and %+v and %+v", first, elsewhere, bernat)
	}
}

// What two services see of one session says nothing that they could compare.
func TestP6SessionsLinkNothing(t *testing.T) {
	w := start(t)
	nuvol, forum := w.provider("nuvol", directory.SAMLSettings{}), w.provider("forum", directory.SAMLSettings{})
	anna := w.browser()
	index := func(a *answer) string { return attrOf(a.at("AuthnStatement"), "SessionIndex") }
	one := index(anna.asks(nuvol).through("anna.vila").granted())
	if two := index(anna.asks(nuvol).granted()); two != one {
		t.Errorf("one session is %q and %q", one, two)
	}
	if other := index(anna.asks(forum).through("anna.vila").granted()); other == one {
		t.Error("two services see one index")
	}
}

func TestP7ATransientNameIsAnotherEachTime(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{})
	asked := policy(`Format="` + metadata.NameIDTransient + `" AllowCreate="true"`)
	anna := w.browser()
	first := anna.asks(nuvol, asked).through("anna.vila").granted()
	second := anna.asks(nuvol, asked).granted()
	if first.nameID().Value == second.nameID().Value || len(first.nameID().Value) < 27 {
		t.Errorf("%q and %q", first.nameID().Value, second.nameID().Value)
	}
	if second.nameID().Format != metadata.NameIDTransient || second.nameID().SPQualifier != nuvol.entityID {
		t.Errorf("%+v", second.nameID())
	}
	// A log-out finds the session by what the service knows: the name, the index.
	sid := attrOf(second.at("AuthnStatement"), "SessionIndex")
	_, known, err := w.p.c.Room.BySID(t.Context(), sid)
	w.must(err)
	name, err := rememberedName(known.Name, known.Detail)
	w.must(err)
	if name != second.nameID() {
		t.Errorf("remembered %+v, said %+v", name, second.nameID())
	}
	byName, err := w.p.c.Room.ByName(t.Context(), nuvol.service.ID, first.nameID().Value)
	w.must(err)
	if len(byName) != 1 {
		t.Errorf("the first name is of %d sessions", len(byName))
	}
}

func TestP8TheFormatOfANameIsTheRequestsOrTheRecords(t *testing.T) {
	const unspecified, email = metadata.NameIDUnspecified, metadata.NameIDEmailAddress
	invalid := []string{statusRequester, statusInvalidNameIDPolicy}
	for name, c := range map[string]struct {
		settings directory.SAMLSettings
		asked    string
		want     string // empty: refused
		value    string // empty: a pseudonym
	}{
		"nothing asked":                   {asked: "", want: metadata.NameIDPersistent},
		"unspecified asked":               {asked: unspecified, want: metadata.NameIDPersistent},
		"the address asked, not recorded": {asked: email},
		"an unknown format":               {asked: "urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos"},
		"an encrypted one":                {asked: "urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted"},
		"the address recorded":            {directory.SAMLSettings{NameID: "emailAddress"}, "", email, "anna@example.coop"},
		"the address recorded and asked":  {directory.SAMLSettings{NameID: "emailAddress"}, email, email, "anna@example.coop"},
		"persistent asked of that":        {directory.SAMLSettings{NameID: "emailAddress"}, metadata.NameIDPersistent, metadata.NameIDPersistent, ""},
		"transient recorded":              {directory.SAMLSettings{NameID: "transient"}, "", metadata.NameIDTransient, ""},
		"unspecified recorded":            {directory.SAMLSettings{NameID: "unspecified"}, "", unspecified, ""},
		"unspecified and public":          {directory.SAMLSettings{NameID: "unspecified", SubjectType: "public"}, "", unspecified, "anna.vila"},
		"never persistent, asked":         {asked: metadata.NameIDPersistent, settings: directory.SAMLSettings{NoPersistentID: true}},
		"never persistent":                {directory.SAMLSettings{NoPersistentID: true}, "", metadata.NameIDTransient, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			nuvol := w.provider("nuvol", c.settings)
			asked := within("")
			if c.asked != "" {
				asked = policy(`Format="` + c.asked + `"`)
			}
			p := w.browser().asks(nuvol, asked)
			if c.want == "" {
				p.refused(invalid...).valid("Response")
				return
			}
			a := p.through("anna.vila").granted()
			a.has(nil) // an address that is a name is no attribute
			got := a.nameID()
			if got.Format != c.want || c.value != "" && got.Value != c.value || c.value == "" && len(got.Value) < 26 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestP9WhetherANameMayBeCreatedIsOfNoMatter(t *testing.T) {
	w := start(t)
	nuvol, forum := w.provider("nuvol", directory.SAMLSettings{}), w.provider("forum", directory.SAMLSettings{})
	anna := w.browser()
	anna.asks(nuvol, policy(`AllowCreate="false"`)).through("anna.vila").granted()
	anna.asks(nuvol, policy(`SPNameQualifier="`+nuvol.entityID+`"`)).granted()
	anna.asks(nuvol, policy(`SPNameQualifier="`+forum.entityID+`"`)).refused(statusRequester, statusInvalidNameIDPolicy)
	anna.asks(nuvol, policy(`AllowCreate="perhaps"`)).told("bad-request")
}

func TestP16WhoIsExpectedIsAnsweredOrNobody(t *testing.T) {
	w := start(t)
	nuvol, forum := w.provider("nuvol", directory.SAMLSettings{}), w.provider("forum", directory.SAMLSettings{})
	anna, bernat := w.browser(), w.browser()
	annas := anna.asks(nuvol).through("anna.vila").granted().nameID().Value
	bernats := bernat.asks(nuvol).through("bernat").granted().nameID().Value
	expecting := func(attributes, value string) func(*ask) {
		return within(`<saml:Subject><saml:NameID ` + attributes + `>` + value + `</saml:NameID></saml:Subject>`)
	}
	persistent := `Format="` + metadata.NameIDPersistent + `" `
	unknown := []string{statusRequester, statusUnknownPrincipal}

	anna.asks(nuvol, expecting(persistent, annas)).granted()
	anna.asks(nuvol, expecting("", annas)).granted()
	anna.asks(nuvol, expecting(persistent+`NameQualifier="`+ourself+`" SPNameQualifier="`+nuvol.entityID+`"`, annas)).granted()
	anna.asks(nuvol, expecting(persistent+`SPNameQualifier="`+forum.entityID+`"`, annas)).refused(unknown...)
	anna.asks(nuvol, expecting(`Format="`+metadata.NameIDEmailAddress+`"`, "anna@example.coop")).refused(unknown...)
	anna.asks(nuvol, expecting(`Format="`+metadata.NameIDTransient+`"`, "_x")).refused(unknown...)
	anna.asks(nuvol, within(`<saml:Subject><saml:EncryptedID/></saml:Subject>`)).refused(unknown...)
	anna.asks(nuvol, within(`<saml:Subject><saml:NameID>`+annas+`</saml:NameID><saml:SubjectConfirmation Method="`+bearer+`"/></saml:Subject>`)).refused(unknown...)

	t.Run("another", func(t *testing.T) {
		p := anna.asks(nuvol, expecting(persistent, bernats)).at("/login")
		if got := p.through("bernat").granted().nameID().Value; got != bernats {
			t.Errorf("%s was answered", got)
		}
	})
	t.Run("another who does not come", func(t *testing.T) {
		bernat.asks(nuvol, expecting(persistent, annas)).at("/login").through("bernat").refused(statusResponder, statusAuthnFailed)
	})
	t.Run("another, passively", func(t *testing.T) {
		bernat.asks(nuvol, func(a *ask) {
			expecting(persistent, annas)(a)
			a.attributes = `IsPassive="true"`
		}).refused(statusResponder, statusNoPassive)
	})
}

// A25: a person who is erased and somebody new with the same handle are two.
func TestA25AHandleUsedAgainIsAnotherPerson(t *testing.T) {
	w := start(t)
	nuvol := w.provider("nuvol", directory.SAMLSettings{})
	before := w.browser().asks(nuvol).through("anna.vila").granted().nameID().Value
	w.person("1", func(p *directory.Person) { p.Seed = []byte("another seed of thirty-two bytes") })
	if after := w.browser().asks(nuvol).through("anna.vila").granted().nameID().Value; after == before {
		t.Error("the new one is the old one")
	}
	w.person("1", func(p *directory.Person) { p.Seed = nil })
	w.browser().asks(nuvol).through("anna.vila").at("/login/closed")
}

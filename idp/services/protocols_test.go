// SPDX-License-Identifier: AGPL-3.0-or-later

package services_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

func intranet(entityID string) string {
	return fmt.Sprintf(`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID=%q>
<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://intranet.exemple.coop/acs" index="0" isDefault="true"/>
</SPSSODescriptor></EntityDescriptor>`, entityID)
}

const intranetID = "https://intranet.exemple.coop/metadata"

// submits fills in the form of a SAML service provider. The browser of these
// tests sends no files, and the page takes the form without one as well.
func (v *visitor) submits(fields ...string) int {
	return v.fills("#service-add", append([]string{"#called", "Intranet", "#name", "intranet", "#url", "https://intranet.exemple.coop"}, fields...)...)
}

// Metadata comes as text or from an address; what is wrong with it is told
// there, and what is behind an address in one sentence for all.
func TestSAMLMetadata(t *testing.T) {
	w := build(t)
	anna := w.enters("anna")
	source := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/metadata":
			fmt.Fprint(rw, intranet(intranetID))
		case "/other":
			fmt.Fprint(rw, intranet("https://altra.exemple.coop/metadata"))
		case "/inside":
			http.Redirect(rw, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
		default:
			http.NotFound(rw, r)
		}
	}))
	t.Cleanup(source.Close)
	at := strings.Replace(source.URL, "127.0.0.1", "localhost", 1)
	for _, c := range []struct {
		name   string
		fields []string
		says   string
	}{
		{"nothing where it usually is", nil, "calen les metadades"},
		{"no XML", []string{"#metadata", "hello"}, "no es poden fer servir"},
		{"a bomb", []string{"#metadata", `<!DOCTYPE a [<!ENTITY x "x">]>` + intranet(intranetID)}, "no es poden fer servir"},
		{"another's page", []string{"#metadata-url", at + "/nothing"}, "no hi ha metadades que puguem llegir"},
		{"inside", []string{"#metadata-url", at + "/inside"}, "no hi ha metadades que puguem llegir"},
		{"a private address", []string{"#metadata-url", "https://10.0.0.1/metadata"}, "no hi ha metadades que puguem llegir"},
		{"another private address", []string{"#metadata-url", "https://[fd00::1]/metadata"}, "no hi ha metadades que puguem llegir"},
		{"plain http", []string{"#metadata-url", "http://intranet.exemple.coop/metadata"}, "ha de començar per https://"},
	} {
		anna.goes(idptest.Ateneu, "/add-service?preset=mellon")
		if status := anna.submits(c.fields...); status != http.StatusUnprocessableEntity {
			t.Errorf("%s is answered %d", c.name, status)
		}
		anna.Sees(c.says)
	}
	anna.goes(idptest.Ateneu, "/add-service?preset=mellon")
	anna.submits("#metadata-url", at+"/metadata")
	anna.Sees("Guia per a connectar-lo")
	s := w.service("intranet")
	if s.SAML == nil || s.SAML.EntityID != intranetID || s.SAML.Settings.MetadataURL == "" {
		t.Fatalf("registered %+v", s.SAML)
	}

	// It may change, and never into somebody else.
	anna.goes(idptest.Ateneu, "/services/intranet/keep")
	anna.Sees(intranetID)
	if status := anna.fills("#keep-change", "#metadata-url", at+"/other"); status != http.StatusUnprocessableEntity {
		t.Errorf("another entity is answered %d", status)
	}
	anna.Sees("són d’una altra entitat")
	anna.goes(idptest.Ateneu, "/services/intranet/keep")
	anna.fills("#keep-change", "#metadata-url", "", "#metadata", strings.Replace(intranet(intranetID), "/acs", "/acs2", 1))
	anna.Sees("Canvis desats.")
	if s = w.service("intranet"); !strings.Contains(string(s.SAML.Metadata), "/acs2") || s.SAML.Settings.MetadataURL != "" {
		t.Errorf("changed into %+v", s.SAML)
	}
}

// Nobody takes the place of another collective's service by its identifier.
func TestNobodyTakesAnothersIdentifier(t *testing.T) {
	w := build(t)
	anna, dolors := w.enters("anna"), w.enters("dolors")
	anna.goes(idptest.Ateneu, "/add-service?preset=generic-saml")
	anna.submits("#metadata", intranet(intranetID))
	anna.Sees("Guia per a connectar-lo")
	for i, metadata := range []string{intranet(intranetID), intranet("https://horta.exemple.coop/metadata")} {
		dolors.goes(idptest.Horta, "/add-service?preset=generic-saml")
		dolors.fills("#service-add", "#called", "Intranet", "#name", []string{"intranet2", "intranet"}[i], "#url", "https://horta.exemple.coop", "#metadata", metadata)
		dolors.Sees("ja hi ha un servei amb aquest nom o aquest identificador")
	}
	if s := w.service("intranet"); s.Collective != idptest.Ateneu || !w.gone("intranet2") {
		t.Errorf("%+v", s)
	}
}

// The key of a forum's API goes in and never comes out.
func TestAForum(t *testing.T) {
	w := build(t)
	anna := w.enters("anna")
	anna.goes(idptest.Ateneu, "/add-service?preset=discourse-connect")
	anna.fills("#service-add", "#called", "Fòrum", "#name", "forum", "#url", "https://forum.exemple.coop")
	secret := anna.Value("#secret")
	anna.goes(idptest.Ateneu, "/services/forum/keep")
	anna.Sees("Amb una clau podem tancar les sessions")
	anna.fills("#keep-api-key", "#api-key", "two words")
	anna.Sees("una clau és una línia sense espais")
	anna.goes(idptest.Ateneu, "/services/forum/keep")
	anna.fills("#keep-api-key", "#api-key", "ap1-key-canary")
	anna.Sees("S’ha desat la clau.", "En tenim una.")
	s := w.service("forum")
	for what, canary := range map[string]string{"the key": "ap1-key-canary", "the secret": secret} {
		if strings.Contains(anna.browser.Body, canary) || strings.Contains(string(s.Discourse.Sealed), canary) {
			t.Errorf("%s is to be read", what)
		}
	}
	anna.fills("#keep-rotate", "#days", "0")
	if next := anna.Value("#secret"); next == "" || next == secret {
		t.Error("no new secret")
	}
	anna.goes(idptest.Ateneu, "/services/forum/keep")
	if anna.Has("#keep-end-overlap") {
		t.Error("the old secret is said to be good")
	}
	anna.fills("#keep-rotate")
	anna.goes(idptest.Ateneu, "/services/forum/keep")
	anna.Press("#keep-end-overlap")
	anna.Sees("El secret antic ja no val.")
	if end := w.service("forum").Discourse.Settings.OverlapEnds; end.After(w.clau.Clock.Now()) {
		t.Errorf("the overlap ends at %v", end)
	}
}

// Every application that Clau knows can be added by its page, and its guide
// read afterwards.
func TestEveryKindCanBeAdded(t *testing.T) {
	w := build(t)
	anna := w.enters("anna")
	anna.goes(idptest.Ateneu, "/add-service")
	var kinds []string
	for _, name := range []string{"phabricator", "mattermost-gitlab", "forward-auth", "odoo", "moodle", "wordpress", "synapse", "roundcube", "generic-oidc"} {
		anna.SeesElement("#kind-" + name)
		kinds = append(kinds, name)
	}
	for i, kind := range kinds {
		name := fmt.Sprintf("servei-%d", i)
		anna.goes(idptest.Ateneu, "/add-service?preset="+kind)
		fields := []string{"#called", "Servei " + kind, "#name", name, "#url", "https://" + name + ".exemple.coop"}
		if anna.Has("#addresses") {
			fields = append(fields, "#addresses", "https://"+name+".exemple.coop/cb")
		}
		for _, param := range []string{"server", "provider", "ulid"} {
			if anna.Has("#param."+param) && anna.Value("#param."+param) == "" {
				fields = append(fields, "#param."+param, "01arz3ndektsv4rrffq69g5fav")
			}
		}
		anna.fills("#service-add", fields...)
		if !strings.Contains(anna.Text(), "Guia per a connectar-lo") || anna.Value("#secret") == "" {
			t.Errorf("%s: %s", kind, anna.Text())
			continue
		}
		if s := w.service(directory.ServiceName(name)); s.Preset != kind || s.Protocol() == "" {
			t.Errorf("%s: registered %+v", kind, s)
		}
		if status := anna.goes(idptest.Ateneu, "/services/"+name+"/keep"); status != http.StatusOK {
			t.Errorf("%s: maintained with %d", kind, status)
		}
	}
}

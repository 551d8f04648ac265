// SPDX-License-Identifier: AGPL-3.0-or-later

package services_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

func TestServicesOfACollective(t *testing.T) {
	w := build(t)
	public, _ := idptest.Client("forum", "https://forum.exemple.coop/cb")
	public.Title = "Fòrum"
	w.clau.AddService(t, public)
	stopped, _ := idptest.Client("arxiu", "https://arxiu.exemple.coop/cb")
	stopped.Title, stopped.Access, stopped.State = "Arxiu", directory.AccessGroup, directory.Suspended
	w.clau.AddService(t, stopped)
	anna, dolors := w.enters("anna"), w.enters("dolors")
	anna.goes(idptest.Ateneu, "/services")
	anna.Sees("Eina", "eina.exemple.coop", "Fòrum", "Arxiu", "Aturat", "Obert a tots els membres", "Cap entrada en els dos últims mesos.")
	dolors.goes(idptest.Horta, "/services")
	dolors.Sees("El col·lectiu encara no té serveis propis.", "Fòrum", "Un servei que ofereix Ateneu Popular")
	dolors.SeesNot("Arxiu", "Eina")
}

// Every fault is told at its field, all at once, and nothing that was typed is
// lost.
func TestFaultsOfAnAddition(t *testing.T) {
	w := build(t)
	anna := w.enters("anna")
	for _, c := range []struct {
		name, preset string
		fields       []string
		says         []string
	}{
		{"all of it", "nextcloud", []string{"#called", " ", "#name", "Núvol", "#url", "ftp://x", "#param.provider", "a b"},
			[]string{"Nom del servei: cal escriure-hi alguna cosa", "Nom curt: només minúscules", "Adreça de l’aplicació: no és una adreça", "no té la forma que cal"}},
		{"a name that is taken", "nextcloud", []string{"#called", "Núvol", "#name", "eina", "#url", "https://nuvol.exemple.coop"}, []string{"ja hi ha un servei amb aquest nom"}},
		{"a reserved name", "nextcloud", []string{"#called", "Núvol", "#name", "admin", "#url", "https://nuvol.exemple.coop"}, []string{"cap paraula reservada"}},
		{"http", "wordpress", []string{"#called", "Web", "#name", "web", "#url", "http://web.exemple.coop"}, []string{"ha de començar per https://"}},
		{"a long title", "wordpress", []string{"#called", strings.Repeat("à", 81), "#name", "web", "#url", "https://web.exemple.coop"}, []string{"és massa llarg"}},
		{"addresses of any application", "generic-oidc", []string{"#called", "Web", "#name", "web", "#addresses", "https://web.exemple.coop/cb#x"}, []string{"no pot tenir cap #"}},
		{"a pattern", "generic-oidc", []string{"#called", "Web", "#name", "web", "#addresses", "https://*.exemple.coop/cb"}, []string{"cal cada adreça sencera"}},
		{"no address", "generic-oidc", []string{"#called", "Web", "#name", "web", "#addresses", " "}, []string{"falta una adreça"}},
		{"a link that is a script", "generic-oidc", []string{"#called", "Web", "#name", "web", "#addresses", "https://web.exemple.coop/cb", "#url", "javascript:alert(1)"}, []string{"no és l’adreça d’una pàgina"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			anna.goes(idptest.Ateneu, "/add-service?preset="+c.preset)
			if status := anna.fills("#service-add", c.fields...); status != http.StatusUnprocessableEntity {
				t.Fatalf("%d: %s", status, anna.Text())
			}
			anna.Sees(c.says...)
			for pair := range slices.Chunk(c.fields, 2) {
				if strings.TrimSpace(anna.Value(pair[0])) != strings.TrimSpace(pair[1]) {
					t.Errorf("%s is %q", pair[0], anna.Value(pair[0]))
				}
			}
		})
	}
	if !w.gone("web") || !w.gone("nuvol") {
		t.Error("something was registered")
	}
	if status := anna.goes(idptest.Ateneu, "/add-service?preset=unheard-of"); status != http.StatusNotFound {
		t.Errorf("an unknown preset is answered %d", status)
	}
}

// Who enters is the managers' word; it is theirs from the first moment on.
func TestAddingForOthersAsWell(t *testing.T) {
	w := build(t)
	anna := w.enters("anna")
	anna.goes(idptest.Ateneu, "/add-service?preset=generic-oidc")
	anna.Tick("#guest.horta")
	anna.fills("#service-add", "#called", "Pis\u202eos", "#name", "pisos", "#addresses", "https://pisos.exemple.coop/cb\r\nhttps://pisos.exemple.coop/cb2\n", "#access", "group")
	anna.Sees("Guia per a connectar-lo")
	s := w.service("pisos")
	if s.Access != directory.AccessGroup || !slices.Equal(s.Guests, []directory.CollectiveName{idptest.Horta}) || len(s.OIDC.RedirectURIs) != 2 || s.Title != "Pisos" {
		t.Errorf("registered %+v", s)
	}
	events := w.clau.Audit.Events()
	i := slices.IndexFunc(events, func(e audit.Event) bool { return e.Kind == audit.ServiceAdded && e.Service == s.ID })
	if i < 0 || events[i].Actor != w.clau.People["anna"].ID || events[i].Collective != idptest.Ateneu {
		t.Errorf("recorded %+v", events)
	}
}

// Whoever keeps a service maintains it, and opens it to nobody beyond the
// collective, whatever they send.
func TestAnAdminReachesNoFurther(t *testing.T) {
	w := build(t)
	bernat := w.enters("bernat")
	for _, below := range []string{"/services", "/add-service", "/add-service?preset=nextcloud", "/registrars"} {
		if status := bernat.goes(idptest.Ateneu, below); status != http.StatusNotFound {
			t.Errorf("%s is answered %d", below, status)
		}
	}
	if status := bernat.goes(idptest.Ateneu, "/services/eina/keep"); status != http.StatusOK || bernat.Has("#access") || bernat.Has("#guest.horta") {
		t.Fatalf("%d: %s", status, bernat.Text())
	}
	bernat.posts("#keep-change", url.Values{
		"called": {"Eines"}, "about": {"Per a tothom"}, "access": {"public"}, "guest.horta": {"yes"}, "managers": {"x"}, "sector": {"x"}, "collective": {"horta"},
		"after-logout": {"https://eina.exemple.coop/adeu"}, "backchannel": {"https://eina.exemple.coop/out"},
	})
	bernat.Sees("Canvis desats.")
	s := w.service("eina")
	if s.Title != "Eines" || s.Description != "Per a tothom" || s.OIDC.Metadata.BackchannelLogoutURI != "https://eina.exemple.coop/out" || len(s.OIDC.Metadata.PostLogoutRedirectURIs) != 1 {
		t.Errorf("what an admin may change is %+v %+v", s, s.OIDC)
	}
	if s.Access != directory.AccessCollective || len(s.Guests) > 0 || s.Collective != idptest.Ateneu || s.Sector != "" || len(s.Managers) != 1 {
		t.Errorf("an admin opened the service: %+v", s)
	}
	bernat.fills("#keep-remove", "#confirm", "eina")
	if !w.gone("eina") {
		t.Error("the service is still there")
	}
	bernat.IsAt(w.clau.Issuer + "/account")
}

// Somebody who manages the collective no more, or keeps the service no more,
// writes nothing, also while caches think otherwise.
func TestThoseWhoWereDismissed(t *testing.T) {
	w := build(t)
	ctx, by := context.Background(), directory.System()
	anna, bernat := w.enters("anna"), w.enters("bernat")
	anna.goes(idptest.Ateneu, "/add-service?preset=wordpress")
	bernat.goes(idptest.Ateneu, "/services/eina/keep")
	s := w.service("eina")
	s.Managers = nil
	w.must(w.clau.Directory.ReplaceService(ctx, by, s))
	w.must(w.clau.Directory.AddManager(ctx, by, idptest.Ateneu, w.clau.People["carme"].ID))
	w.must(w.clau.Directory.RemoveManager(ctx, by, idptest.Ateneu, w.clau.People["anna"].ID))
	if status := anna.fills("#service-add", "#called", "Web", "#name", "web", "#url", "https://web.exemple.coop"); status != http.StatusNotFound || !w.gone("web") {
		t.Errorf("who manages no more is answered %d", status)
	}
	if status := bernat.fills("#keep-suspend"); status != http.StatusNotFound || w.service("eina").State != directory.Active {
		t.Errorf("who keeps no more is answered %d", status)
	}
}

// What two change at once, one of them sees first.
func TestNobodyWritesOverAnother(t *testing.T) {
	w := build(t)
	anna, bernat := w.enters("anna"), w.enters("bernat")
	anna.goes(idptest.Ateneu, "/services/eina/keep")
	bernat.goes(idptest.Ateneu, "/services/eina/keep")
	bernat.fills("#keep-change", "#called", "Eines")
	if status := anna.fills("#keep-change", "#called", "Altres"); status != http.StatusConflict || w.service("eina").Title != "Eines" {
		t.Errorf("%d, and it is called %q", status, w.service("eina").Title)
	}
	anna.Sees("Algú altre ho ha canviat")
	if anna.Value("#called") != "Altres" {
		t.Errorf("what was typed is gone: %q", anna.Value("#called"))
	}
}

func TestFaultsOfAChange(t *testing.T) {
	w := build(t)
	anna := w.enters("anna")
	for _, c := range []struct {
		button string
		fields []string
		says   string
	}{
		{"#keep-change", []string{"#addresses", "http://eina.exemple.coop/cb"}, "ha de començar per https://"},
		{"#keep-change", []string{"#addresses", strings.Repeat("https://eina.exemple.coop/cb\n", 2) + strings.Join(many(21), "\n")}, "és massa llarg"},
		{"#keep-change", []string{"#addresses", " "}, "cal escriure-hi alguna cosa"},
		{"#keep-change", []string{"#backchannel", "https://me@eina.exemple.coop/"}, "cap nom abans del servidor"},
		{"#keep-change", []string{"#called", ""}, "cal escriure-hi alguna cosa"},
		{"#keep-rotate", []string{"#days", "91"}, "un nombre de dies"},
		{"#keep-rotate", []string{"#days", "aviat"}, "un nombre de dies"},
		{"#keep-remove", []string{"#confirm", "EINA"}, "no és el nom del servei"},
	} {
		before := w.service("eina")
		anna.goes(idptest.Ateneu, "/services/eina/keep")
		if status := anna.fills(c.button, c.fields...); status != http.StatusUnprocessableEntity {
			t.Errorf("%q is answered %d", c.fields, status)
		}
		anna.Sees(c.says)
		if after := w.service("eina"); after.Version != before.Version {
			t.Errorf("%q changed %+v", c.fields, after)
		}
	}
	anna.goes(idptest.Ateneu, "/services/eina/keep")
	for _, do := range []string{"approve", "activate", "api-key", "unheard-of", ""} {
		if status := anna.posts("#keep-suspend", url.Values{"do": {do}}); status != http.StatusBadRequest && status != http.StatusNotFound {
			t.Errorf("%q is answered %d", do, status)
		}
		anna.goes(idptest.Ateneu, "/services/eina/keep")
	}
	if status := anna.posts("#keep-suspend", url.Values{"token": {"none"}}); status != http.StatusForbidden && status != http.StatusBadRequest || w.service("eina").State != directory.Active {
		t.Errorf("a form that was not drawn for anna is answered %d", status)
	}
}

func many(n int) []string {
	var out []string
	for i := range n {
		out = append(out, "https://eina.exemple.coop/cb/"+strings.Repeat("a", i+1))
	}
	return out
}

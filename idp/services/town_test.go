// SPDX-License-Identifier: AGPL-3.0-or-later

package services_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
)

// town is the sample federation: Anna manages the Ateneu, Dolors the Horta;
// Bernat keeps one service of the Ateneu, and manages nothing.
type town struct {
	t    *testing.T
	clau *idptest.Clau
}

// visitor is somebody of the town before a browser without scripts.
type visitor struct {
	idptest.Person
	town    *town
	browser *idptest.Plain
}

func build(t *testing.T) *town {
	t.Helper()
	w := &town{t, idptest.Start(t, idptest.Options{})}
	eina, _ := idptest.Client("eina", "https://eina.exemple.coop/cb")
	eina.Title, eina.Access, eina.URL = "Eina", directory.AccessCollective, "https://eina.exemple.coop/"
	eina.Managers = []directory.PersonID{w.clau.People["bernat"].ID}
	w.clau.AddService(t, eina)
	return w
}

func (w *town) enters(who string) *visitor {
	w.t.Helper()
	b := idptest.NewBrowser(w.t)
	v := &visitor{idptest.Sits(w.t, b), w, b}
	v.Open(w.clau.Issuer + "/login")
	v.LogsIn(who, idptest.Password)
	return v
}

// goes opens a page of a collective.
func (v *visitor) goes(in directory.CollectiveName, below string) int {
	v.town.t.Helper()
	v.Open(v.town.clau.Issuer + "/collectives/" + string(in) + below)
	return v.browser.Status
}

// fills in fields by id and value, and presses.
func (v *visitor) fills(button string, fields ...string) int {
	v.town.t.Helper()
	for pair := range slices.Chunk(fields, 2) {
		v.Fill(pair[0], pair[1])
	}
	v.Press(button)
	return v.browser.Status
}

// posts sends what no form on the page would, with the page's own token.
func (v *visitor) posts(button string, with url.Values) int {
	v.town.t.Helper()
	drawn := v.browser.Submission(v.browser.Button(button))
	v.town.must(drawn.ParseForm())
	values := drawn.PostForm
	for name, value := range with {
		values[name] = value
	}
	r, err := http.NewRequest("POST", drawn.URL.String(), strings.NewReader(values.Encode()))
	v.town.must(err)
	r.Header = drawn.Header
	v.browser.Send(r)
	return v.browser.Status
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) service(name directory.ServiceName) directory.Service {
	w.t.Helper()
	s, err := w.clau.Directory.ServiceByName(context.Background(), name)
	w.must(err)
	return s
}

func (w *town) gone(name directory.ServiceName) bool {
	_, err := w.clau.Directory.ServiceByName(context.Background(), name)
	return err != nil
}

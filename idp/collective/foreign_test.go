// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/web"
)

// errorReference is the only thing that differs between two error pages.
var errorReference = regexp.MustCompile(`id="error-reference">[^<]*<`)

// answer is what somebody gets, without what tells one request from another.
func (v *visitor) answer(method, path string, form url.Values) (int, string) {
	v.h.t.Helper()
	r, err := http.NewRequest(method, v.h.address+path, strings.NewReader(form.Encode()))
	v.h.must(err)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	v.Send(r)
	return v.Status, errorReference.ReplaceAllString(v.Body, "")
}

// foreign names, for each part of a path, something that another collective
// has, and something that nobody has.
func (h *house) foreign() map[string][2]string {
	id := h.knocks("nuria", "Núria Vila", idptest.Horta)
	i := directory.Invitation{
		ID: "0190b2f4-0000-7000-8000-00000000000a", Collective: idptest.Horta, By: h.people["dolors"].ID,
		Digest: "x", Uses: 3, Created: time.Now(), Expires: time.Now().Add(time.Hour),
	}
	h.must(h.kept.AddInvitation(context.Background(), directory.As(h.people["dolors"].ID), i))
	s := service("verdures", "Verdures", directory.AccessCollective)
	s.Collective = idptest.Horta
	h.must(h.kept.AddService(context.Background(), directory.System(), s))
	const nobody = "0190b2f4-0000-7000-8000-0000000000ff"
	return map[string][2]string{
		"{case}":       {string(id), nobody},
		"{person}":     {string(h.people["elies"].ID), nobody},
		"{invitation}": {i.ID, nobody},
		"{service}":    {"verdures", "verdura"},
	}
}

// The table of routes itself is walked, so that a new one is in it: what belongs
// to another collective answers as what does not exist, byte by byte.
func TestForeignThingsAreNotThere(t *testing.T) {
	h := build(t)
	things := h.foreign()
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "/settings")
	form := anna.hidden()
	walked := 0
	for _, route := range h.room.Routes() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		if route.Needs == web.Anyone {
			continue
		}
		// Another collective, as it is and as one that does not exist.
		own := fill(path, things, 0)
		compare(t, anna, method, form,
			strings.Replace(own, "{collective}", "horta", 1), strings.Replace(fill(path, things, 1), "{collective}", "hortes", 1))
		// Things of another collective by the path of one's own.
		for _, do := range acts() {
			if !strings.Contains(path, "/{case}") && !strings.Contains(path, "/{person}") &&
				!strings.Contains(path, "/{invitation}") && !strings.Contains(path, "/{service}") {
				break
			}
			form := with(form, do)
			walked++
			compare(t, anna, method, form,
				strings.Replace(own, "{collective}", "ateneu", 1), strings.Replace(fill(path, things, 1), "{collective}", "ateneu", 1))
			if method == http.MethodGet {
				break
			}
		}
	}
	if walked < 20 {
		t.Errorf("only %d cells of the table were walked", walked)
	}
	h.nothingHappened(things)
}

func acts() []string {
	return []string{
		"accept", "ask", "refuse", "pass", "suspend", "restore", "expel", "appoint", "dismiss", "reset", "keep", "unkeep",
		"admit", "shut", "",
	}
}

// with is a form that is filled in for whatever is done.
func with(form url.Values, do string) url.Values {
	return url.Values{
		"token": form["token"], "do": {do}, "question": {"Qui ets?"}, "reason": {"No"}, "to": {"ateneu"}, "suspend-reason": {"No"},
		"expel-reason": {"No"}, "service": {"forum"}, "login": {"elies"}, "person": {"0190b2f4-0000-7000-8000-0000000000ff"},
	}
}

func fill(path string, things map[string][2]string, which int) string {
	for part, names := range things {
		path = strings.Replace(path, part, names[which], 1)
	}
	return path
}

func compare(t *testing.T, v *visitor, method string, form url.Values, foreign, missing string) {
	t.Helper()
	status, body := v.answer(method, foreign, form)
	wantStatus, want := v.answer(method, missing, form)
	if status != http.StatusNotFound || status != wantStatus || body != want {
		t.Errorf("%s %s (%s): %d, and %d for what does not exist; the same page: %v",
			method, foreign, form.Get("do"), status, wantStatus, body == want)
	}
}

// nothingHappened looks at what was reached for.
func (h *house) nothingHappened(things map[string][2]string) {
	h.t.Helper()
	ctx := context.Background()
	if c, err := h.kept.Case(ctx, idptest.Horta, directory.CaseID(things["{case}"][0])); err != nil || len(c.Agreed)+len(c.Dialogue) > 0 {
		h.t.Errorf("the case is %+v, %v", c, err)
	}
	if p, err := h.kept.Backend.Person(ctx, h.people["elies"].ID); err != nil || p.State != directory.Active || p.Epoch != h.people["elies"].Epoch {
		h.t.Errorf("the person is %+v, %v", p, err)
	}
	if _, err := h.kept.Invitation(ctx, things["{invitation}"][0]); err != nil {
		h.t.Error("the invitation is gone")
	}
	if got := h.holders("verdures"); len(got) > 0 {
		h.t.Errorf("the service is open to %v", got)
	}
	if s, _ := h.kept.Standing(ctx, h.people["elies"].ID); len(s.Memberships) != 1 || s.Memberships[0].Manager {
		h.t.Errorf("the person is %+v", s)
	}
}

// Somebody who is no member costs the same reads, whether they exist or not.
func TestAForeignPersonCostsTheSame(t *testing.T) {
	h := build(t)
	anna := h.enters("anna")
	anna.goes(idptest.Ateneu, "/members")
	count := func(id directory.PersonID) int64 {
		before := h.kept.reads.Load()
		anna.answer(http.MethodGet, "/collectives/ateneu/members/"+string(id), nil)
		return h.kept.reads.Load() - before
	}
	if foreign, missing := count(h.people["elies"].ID), count("0190b2f4-0000-7000-8000-0000000000ff"); foreign != missing {
		t.Errorf("%d reads, and %d for nobody", foreign, missing)
	}
}

// A manager of one collective cannot act upon a common member as the other.
func TestACommonMember(t *testing.T) {
	h := build(t)
	dolors := h.enters("dolors")
	carme := string(h.people["carme"].ID)
	dolors.goes(idptest.Horta, "/members/"+carme)
	form := dolors.hidden()
	for _, do := range []string{"suspend", "expel", "appoint", "reset"} {
		if status, _ := dolors.answer(http.MethodPost, "/collectives/ateneu/members/"+carme, with(form, do)); status != http.StatusNotFound {
			t.Errorf("%s through the other collective: %d", do, status)
		}
	}
	for _, do := range []string{"suspend", "reset"} {
		if status, _ := dolors.answer(http.MethodPost, "/collectives/horta/members/"+carme, with(form, do)); status != http.StatusConflict {
			t.Errorf("%s of an account that another collective answers for: %d", do, status)
		}
	}
	if p, _ := h.kept.Backend.Person(context.Background(), h.people["carme"].ID); p.State != directory.Active || p.Epoch != h.people["carme"].Epoch {
		t.Errorf("the account is %+v", p)
	}
}

// A form that was not drawn for this visitor does nothing, on any route.
func TestFormsOfOthers(t *testing.T) {
	h := build(t)
	id := string(h.knocks("nuria", "Núria Vila", idptest.Ateneu))
	anna := h.enters("anna")
	bernat := h.enters("bernat")
	h.trusts("bernat")
	bernat.goes(idptest.Ateneu, "/settings")
	paths := map[string]string{
		"/requests/" + id: "accept", "/members/" + string(h.people["carme"].ID): "expel", "/invitations": "link",
		"/services/arxiu": "admit", "/settings": "save", "/policy": "save",
	}
	for path, do := range paths {
		for _, form := range []url.Values{with(bernat.hidden(), do), with(url.Values{}, do)} {
			if status, _ := anna.answer(http.MethodPost, "/collectives/ateneu"+path, form); status != http.StatusForbidden {
				t.Errorf("%s: %d", path, status)
			}
		}
	}
	if h.isMember(directory.PersonID(id), idptest.Ateneu) || !h.isMember(h.people["carme"].ID, idptest.Ateneu) {
		t.Error("something was done")
	}
}

// Names are text wherever they are shown, and those of a length that nobody has
// break no page.
func TestNamesThatAreNoNames(t *testing.T) {
	h := build(t)
	evil := []string{
		`<script>alert(1)</script>`, `" onmouseover="alert(1)`, "Núria \u202eliV", "{{.Page}} {name}", strings.Repeat("Àx ", 200),
	}
	var ids []string
	for i, name := range evil {
		ids = append(ids, string(h.joins("dolent"+string(rune('a'+i)), name).ID))
	}
	id := string(h.knocks("nuria", evil[0], idptest.Horta))
	dolors := h.enters("dolors")
	pages := []string{"", "/members", "/members?q=" + url.QueryEscape(evil[0]), "/requests", "/requests/" + id, "/members?q=" + strings.Repeat("%C3%A0", 5000)}
	for _, one := range ids {
		pages = append(pages, "/members/"+one)
	}
	for _, page := range pages {
		dolors.goes(idptest.Horta, page)
		if strings.Contains(dolors.Body, "<script") || strings.Contains(dolors.Body, `" onmouseover`) || strings.Contains(dolors.Body, "ZgotmplZ") {
			t.Errorf("%s: a name became markup", page)
		}
	}
	dolors.goes(idptest.Horta, "/members")
	dolors.Sees(evil[0], "{{.Page}} {name}")
	if !slices.Contains(strings.Fields(dolors.Text()), "{name}") {
		t.Error("a name was filled in")
	}
}

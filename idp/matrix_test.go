// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/store/storetest"
	"commonscloud.coop/clau/idp/web"
)

// delegated is a town in which everything exists that a manager's path can name,
// in both collectives.
type delegated struct {
	t       *testing.T
	clau    *idptest.Clau
	node    *idp.Clau
	things  map[directory.CollectiveName]map[string]string // by collective: what to write for {case}, {person} …
	reads   *reading
	trips   *storetest.Counter
	persons map[string]*idptest.Plain
}

func buildDelegated(t *testing.T, o idptest.Options) *delegated {
	d := &delegated{t: t, things: map[directory.CollectiveName]map[string]string{}, persons: map[string]*idptest.Plain{}}
	o.Configure = func(c *idp.Config) {
		d.reads = &reading{Backend: c.Directory, reads: map[string]int{}}
		d.trips = storetest.Counting(c.Store)
		c.Directory, c.Store = d.reads, d.trips
		c.Limits = web.Limits{PerSecond: 10_000, Burst: 100_000}
	}
	d.clau = idptest.Start(t, o)
	d.node = d.clau.Node()
	for _, c := range []directory.CollectiveName{idptest.Ateneu, idptest.Horta} {
		d.furnish(c)
	}
	return d
}

// furnish makes a service with an admin, a registration, an invitation.
func (d *delegated) furnish(c directory.CollectiveName) {
	d.t.Helper()
	ctx, by := context.Background(), directory.System()
	member := map[directory.CollectiveName]string{idptest.Ateneu: "bernat", idptest.Horta: "elies"}[c]
	service, _ := idptest.Client("eina-"+string(c), "https://eina.example/callback")
	service.Collective, service.Access = c, directory.AccessGroup
	service.Managers = []directory.PersonID{d.clau.People[member].ID}
	check(d.t, d.clau.Directory.AddService(ctx, by, service))
	now := d.clau.Clock.Now().UTC().Truncate(time.Second)
	id := uuid.NewString()
	newcomer := directory.Person{
		ID: directory.PersonID(id), Handle: directory.Handle("nova-" + string(c)), State: directory.PendingApproval, Name: "Nova",
		Primary: c, Seed: []byte("01234567890123456789012345678901"), Created: now, Expires: now.Add(24 * time.Hour),
	}
	check(d.t, d.clau.Directory.Register(ctx, newcomer, directory.Case{
		ID: directory.CaseID(id), Kind: directory.CaseRegister, Collective: c, Person: newcomer.ID, By: newcomer.ID,
		Created: now, Expires: now.Add(24 * time.Hour),
	}))
	invitation := uuid.NewString()
	manager := map[directory.CollectiveName]string{idptest.Ateneu: "anna", idptest.Horta: "dolors"}[c]
	check(d.t, d.clau.Directory.AddInvitation(ctx, by, directory.Invitation{
		ID: invitation, Collective: c, By: d.clau.People[manager].ID, Digest: strings.Repeat("x", 43), Uses: 3,
		Created: now, Expires: now.Add(24 * time.Hour),
	}))
	d.things[c] = map[string]string{
		"collective": string(c), "person": string(d.clau.People[member].ID), "service": string(service.Name),
		"case": id, "invitation": invitation,
	}
}

// missing names what is in no collective.
func missing() map[string]string {
	return map[string]string{
		"collective": "enlloc", "person": uuid.NewString(), "service": "res", "case": uuid.NewString(), "invitation": uuid.NewString(),
	}
}

var named = regexp.MustCompile(`\{([a-z]+)\}`)

// path fills in a route's pattern.
func path(pattern string, things map[string]string) string {
	_, p, _ := strings.Cut(pattern, " ")
	return named.ReplaceAllStringFunc(p, func(name string) string {
		thing, ok := things[strings.Trim(name, "{}")]
		if !ok {
			panic("the matrix does not know what to write for " + name + " of " + pattern)
		}
		return thing
	})
}

// answer is what somebody is told, without what differs for everybody.
type answer struct {
	status int
	body   string
	reads  string
	trips  int
}

var reference = regexp.MustCompile(`(id="error-reference"[^>]*>|<code>)[A-Za-z0-9_-]{6,}<`)

func (d *delegated) asks(who, method, address string) answer {
	d.t.Helper()
	var body io.Reader
	if method != http.MethodGet {
		body = strings.NewReader(url.Values{"token": {"none"}}.Encode())
	}
	r, err := http.NewRequest(method, d.clau.Issuer+address, body)
	check(d.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", d.clau.Issuer)
	d.reads.since()
	before := d.asked()
	a, err := d.persons[who].Client.Do(r)
	check(d.t, err)
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	check(d.t, err)
	said := reference.ReplaceAllString(string(text), "$1<")
	said = strings.ReplaceAll(said, address, "HERE")
	return answer{a.StatusCode, said, fmt.Sprint(d.reads.since()), d.asked() - before}
}

// asked is how often the store was read. What is written behind the back of
// requests is not theirs.
func (d *delegated) asked() int {
	by := d.trips.ByMethod()
	return by["Get"] + by["Members"] + by["Count"] + by["Record"]
}

// enters logs somebody in, and visits a page so that their standing is known
// here: what is compared afterwards is the page, not the login.
func (d *delegated) enters(who string) {
	d.t.Helper()
	browser := idptest.NewBrowser(d.t)
	p := idptest.Sits(d.t, browser)
	p.Open(d.clau.Issuer + "/login")
	p.LogsIn(who, idptest.Password)
	p.Open(d.clau.Issuer + "/account")
	d.persons[who] = browser
}

// TestWhoIsNotTrustedLearnsNothing walks every route that a manager or a
// service's admin has, as everybody else, with what is theirs, what is another
// collective's and what is nobody's: the answers are the same, word for word,
// and cost the same reads.
func TestWhoIsNotTrustedLearnsNothing(t *testing.T) {
	t.Run("embedded", func(t *testing.T) { strangersLearnNothing(t, idptest.Options{}) })
	t.Run("OpenLDAP and Redis", func(t *testing.T) { strangersLearnNothing(t, idptest.Options{Servers: idptest.RunServers(t)}) })
}

func strangersLearnNothing(t *testing.T, o idptest.Options) {
	d := buildDelegated(t, o)
	for _, who := range []string{"anna", "bernat", "carme", "dolors", "elies", "falcia"} {
		d.enters(who)
	}
	manages := map[string]directory.CollectiveName{"anna": idptest.Ateneu, "dolors": idptest.Horta}
	keeps := map[string]directory.CollectiveName{"bernat": idptest.Ateneu, "elies": idptest.Horta}
	routes := 0
	for _, route := range d.node.Routes() {
		if route.Needs != web.Manager && route.Needs != web.Keeper {
			continue
		}
		routes++
		method, _, _ := strings.Cut(route.Pattern, " ")
		for who := range d.persons {
			nowhere := d.asks(who, method, path(route.Pattern, missing()))
			if nowhere.status != http.StatusNotFound {
				t.Errorf("%s, %s: what is nowhere answers %d", who, route.Pattern, nowhere.status)
			}
			for c, things := range d.things {
				trusted := manages[who] == c || route.Needs == web.Keeper && keeps[who] == c
				got := d.asks(who, method, path(route.Pattern, things))
				for again := 0; again < 3 && !trusted && got != nowhere; again++ {
					// The sweep reads the same store behind the back of requests.
					nowhere = d.asks(who, method, path(route.Pattern, missing()))
					got = d.asks(who, method, path(route.Pattern, things))
				}
				switch {
				case trusted && got.status == http.StatusNotFound:
					t.Errorf("%s cannot use %s of %s", who, route.Pattern, c)
				case !trusted && got != nowhere:
					t.Errorf("%s learns something from %s of %s:\n%+v\ninstead of\n%+v", who, route.Pattern, c, got, nowhere)
				}
			}
		}
	}
	if routes < 15 {
		t.Errorf("only %d routes are for those who are trusted", routes)
	}
}

// TestAManagerReachesNoFurther: whoever manages a collective finds in it, under
// its own path, nothing of what is another collective's.
func TestAManagerReachesNoFurther(t *testing.T) {
	d := buildDelegated(t, idptest.Options{})
	d.enters("anna")
	for _, route := range d.node.Routes() {
		if route.Needs != web.Manager && route.Needs != web.Keeper {
			continue
		}
		method, _, _ := strings.Cut(route.Pattern, " ")
		for _, name := range named.FindAllStringSubmatch(route.Pattern, -1) {
			if name[1] == "collective" {
				continue
			}
			foreign, none := maps.Clone(d.things[idptest.Ateneu]), maps.Clone(d.things[idptest.Ateneu])
			foreign[name[1]], none[name[1]] = d.things[idptest.Horta][name[1]], missing()[name[1]]
			got, want := d.asks("anna", method, path(route.Pattern, foreign)), d.asks("anna", method, path(route.Pattern, none))
			got.reads, want.reads = "", "" // what is not cached is read, there or not
			if got != want {
				t.Errorf("%s with a foreign %s:\n%+v\ninstead of\n%+v", route.Pattern, name[1], got, want)
			}
		}
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package collective_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/collective"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/signon"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/embedded"
	"commonscloud.coop/clau/themes"
)

const (
	inhabitants = 50_000
	base        = "dc=clau,dc=test"
)

// BenchmarkMembersPage: what a manager waits for a page of members, in a
// collective of 4,000 among 50,000 people and in one of forty, on the embedded
// directory: any page, a search, and the first look of the day. The first look
// reads all names; the others must cost the same in both.
func BenchmarkMembersPage(b *testing.B) {
	d := benchDirectory(b)
	for _, size := range []int{40, 4000} {
		unit := fmt.Sprintf("unit%d", size)
		last := (size - 1) / 50
		b.Run(fmt.Sprintf("page/%d", size), func(b *testing.B) {
			v := benchVisitor(b, d)
			measure(b, func(i int) { v.get(b, fmt.Sprintf("/collectives/%s/members?page=%d", unit, 1+i%(last+1))) })
		})
		b.Run(fmt.Sprintf("search/%d", size), func(b *testing.B) {
			v := benchVisitor(b, d)
			measure(b, func(i int) { v.get(b, fmt.Sprintf("/collectives/%s/members?q=persona+%d", unit, i%40)) })
		})
		b.Run(fmt.Sprintf("first/%d", size), func(b *testing.B) {
			v := benchVisitor(b, d)
			measure(b, func(int) {
				v.advance(20 * time.Minute)
				v.get(b, "/collectives/"+unit+"/members")
			})
		})
	}
}

// measure reports the median and the slow end. The clock moves by a second with
// each page, so that lists grow old as they do in use.
func measure(b *testing.B, page func(i int)) {
	page(0)
	var took []time.Duration
	i := 0
	for b.Loop() {
		begun := time.Now()
		page(i)
		took = append(took, time.Since(begun))
		i++
	}
	slices.Sort(took)
	at := func(part float64) float64 {
		return float64(took[int(part*float64(len(took)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
}

// guest is somebody with a session before the pages.
type guest struct {
	handler http.Handler
	cookies []*http.Cookie
	now     time.Time
}

func (g *guest) advance(d time.Duration) { g.now = g.now.Add(d) }

func (g *guest) get(b *testing.B, path string) {
	r := httptest.NewRequest(http.MethodGet, "http://clau.test"+path, nil)
	for _, c := range g.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	g.advance(time.Second)
	if w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte("Persona")) {
		b.Fatalf("%s: %d", path, w.Code)
	}
}

func benchVisitor(b *testing.B, d directory.Backend) *guest {
	b.Helper()
	g := &guest{now: time.Now()}
	quiet := slog.New(slog.DiscardHandler)
	state, err := bolt.Open(bolt.Config{Path: filepath.Join(b.TempDir(), "state.db"), Now: time.Now, Logger: quiet})
	check(b, err)
	b.Cleanup(func() { state.Close() })
	pages, err := themes.New(themes.Config{})
	check(b, err)
	sessions := session.NewManager(session.Config{Store: state, Now: time.Now, Rand: rand.Reader})
	cache := directory.NewCache(d, directory.CacheConfig{})
	pipeline := signon.New(signon.Config{Directory: cache, Store: state, Sessions: sessions, Pages: pages, Now: time.Now, Rand: rand.Reader})
	pipeline.Speak(home{})
	room := &collective.Room{Directory: cache, Source: d, Pages: pages, FormKey: []byte("key of forms"), Now: func() time.Time { return g.now }}
	manager, err := d.Person(context.Background(), directory.PersonID(inhabitant(0)))
	check(b, err)
	porch := web.Route{Pattern: "GET /in", Needs: web.Anyone, Handle: func(w http.ResponseWriter, r *http.Request) error {
		_, err := sessions.Start(w, r, session.Proof{Person: manager, At: time.Now(), ACR: session.ACRPassword}, session.Session{})
		return err
	}}
	g.handler, err = web.NewRouter(web.Config{
		Issuer: &url.URL{Scheme: "http", Host: "clau.test"}, Pages: pages, Logger: quiet, Now: time.Now, Rand: rand.Reader,
		Guards: map[web.Permission]web.Guard{web.Person: pipeline.Guard, web.Manager: pipeline.GuardManager, web.Keeper: pipeline.GuardKeeper},
		Limits: web.Limits{PerSecond: 1e6, Burst: 1e6},
	}, pipeline, room, doors{porch})
	check(b, err)
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://clau.test/in", nil))
	g.cookies = w.Result().Cookies()
	return g
}

// doors is an area of some routes.
type doors []web.Route

func (d doors) Routes() []web.Route { return d }

func benchDirectory(b *testing.B) directory.Backend {
	b.Helper()
	server, err := embedded.Open(embedded.Config{
		Path: filepath.Join(b.TempDir(), "directory.db"), Base: base, Now: time.Now, Rand: rand.Reader,
		Logger: slog.New(slog.DiscardHandler), Argon2: embedded.Argon2{Memory: 64, Time: 1, Threads: 1},
	})
	check(b, err)
	b.Cleanup(func() { server.Close() })
	for first := 0; first < inhabitants; first += 1000 {
		check(b, server.Import(people(first, first+1000)))
	}
	check(b, server.Import(units()))
	d, err := ldapbackend.Open(ldapbackend.Config{Dial: server.Dial, Base: base, Now: time.Now, Rand: rand.Reader})
	check(b, err)
	b.Cleanup(func() { d.Close() })
	return d
}

// inhabitant is an id of the usual length, in no order.
func inhabitant(i int) string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(i)*2654435761, i)
}

func people(first, end int) io.Reader {
	var text strings.Builder
	for i := first; i < end; i++ {
		fmt.Fprintf(&text, "dn: clauId=%[1]s,ou=people,%[2]s\nobjectClass: inetOrgPerson\nobjectClass: clauAccount\nclauId: %[1]s\n"+
			"uid: person%[3]d\nclauState: active\ncn: Persona %[3]d\ndisplayName: Persona %[3]d\nsn: Soler\nmail: p%[3]d@example.org\n"+
			"clauMailVerified: p%[3]d@example.org\nclauTokenEpoch: 1\nclauCreated: 20261101090000Z\n"+
			"clauPrimaryCollective: ou=unit4000,ou=collectives,%[2]s\n\n", inhabitant(i), base, i)
	}
	return strings.NewReader(text.String())
}

// units are the two collectives; the same person manages both.
func units() io.Reader {
	var text strings.Builder
	for _, size := range []int{40, 4000} {
		dn := fmt.Sprintf("ou=unit%d,ou=collectives,%s", size, base)
		fmt.Fprintf(&text, "dn: %s\nobjectClass: organizationalUnit\nobjectClass: clauCollectiveUnit\nou: unit%d\nclauId: unit%[2]d\n"+
			"clauState: active\ndisplayName: Unit\nclauCreated: 20261101090000Z\nclauManager: clauId=%s,ou=people,%s\n\n", dn, size, inhabitant(0), base)
		fmt.Fprintf(&text, "dn: cn=members,%s\nobjectClass: groupOfMembers\nobjectClass: clauGroup\ncn: members\n", dn)
		for i := range size {
			fmt.Fprintf(&text, "member: clauId=%s,ou=people,%s\n", inhabitant(i), base)
		}
		text.WriteString("\n")
	}
	return strings.NewReader(text.String())
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"context"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/idptest"
	"commonscloud.coop/clau/idp/store/storetest"
)

// reading counts what is read of a directory, by method.
type reading struct {
	directory.Backend
	mu    sync.Mutex
	reads map[string]int
}

func (d *reading) count(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reads[what]++
}

// since returns what was read since it was last asked.
func (d *reading) since() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	reads := maps.Clone(d.reads)
	clear(d.reads)
	return reads
}

func (d *reading) Person(ctx context.Context, id directory.PersonID) (directory.Person, error) {
	d.count("person")
	return d.Backend.Person(ctx, id)
}

func (d *reading) Standing(ctx context.Context, id directory.PersonID) (directory.Standing, error) {
	d.count("standing")
	return d.Backend.Standing(ctx, id)
}

func (d *reading) Service(ctx context.Context, id directory.ServiceID) (directory.Service, error) {
	d.count("service")
	return d.Backend.Service(ctx, id)
}

func (d *reading) ServiceByEntityID(ctx context.Context, id string) (directory.Service, error) {
	d.count("service")
	return d.Backend.ServiceByEntityID(ctx, id)
}

func (d *reading) ServiceByClientID(ctx context.Context, id directory.ClientID) (directory.Service, error) {
	d.count("service")
	return d.Backend.ServiceByClientID(ctx, id)
}

func (d *reading) Collective(ctx context.Context, name directory.CollectiveName) (directory.Collective, error) {
	d.count("collective")
	return d.Backend.Collective(ctx, name)
}

func (d *reading) Consent(ctx context.Context, p directory.PersonID, s directory.ServiceID) (directory.Consent, error) {
	d.count("consent")
	return d.Backend.Consent(ctx, p, s)
}

// TestARememberedConsentCostsNothing: the request of a service that was agreed
// to reaches the store as often as that of one that needs nothing, and the
// directory not at all; once, if the decision is not known here yet.
func TestARememberedConsentCostsNothing(t *testing.T) {
	var counted *reading
	var trips *storetest.Counter
	clau := idptest.Start(t, idptest.Options{Configure: func(c *idp.Config) {
		counted = &reading{Backend: c.Directory, reads: map[string]int{}}
		trips = storetest.Counting(c.Store)
		c.Directory, c.Store = counted, trips
		unhurried(c)
	}})
	forum, clock := clau.Party(t, "forum"), clau.Party(t, "clock")
	clock.Scope = []string{"openid"}
	v := given(t, clau, forum, "anna")
	v.Open(clock.URL + "/login")

	authorize := func(p *idptest.Party) (stored int, read map[string]int) {
		counted.since()
		trips.Reset()
		r, err := http.NewRequest(http.MethodGet, p.Begin(), nil)
		check(t, err)
		v.browser.Catch(p.URL)
		v.browser.Send(r)
		v.browser.Catch("")
		return trips.Trips(), counted.since()
	}
	plain, _ := authorize(clock)
	stored, read := authorize(forum)
	if stored > plain || stored > 2 {
		t.Errorf("%d round trips to the store, %d where nothing is asked", stored, plain)
	}
	if len(read) > 0 {
		t.Errorf("what is cached is read: %v", read)
	}

	id := clau.People["anna"].ID
	c, err := clau.Directory.Consent(context.Background(), id, forum.Service.ID)
	check(t, err)
	check(t, clau.Directory.PutConsent(context.Background(), "service:"+string(forum.Service.ID), c)) // as another node would
	idptest.Eventually(t, 5*time.Second, "the decision is read anew, once and alone", func() bool {
		_, read := authorize(forum)
		return len(read) == 1 && read["consent"] == 1
	})
}

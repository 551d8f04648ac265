// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
)

func shop() sp { return sp{entityID: "https://shop.example/saml"} }

// TestKeptFresh: a service's new address and keys arrive without anybody doing
// anything, and the record says so once.
func TestKeptFresh(t *testing.T) {
	w, k := newTown(t), keysOf(t)
	w.federates(wiki(), shop())
	id, other := w.registers("https://wiki.example/saml"), w.registers("https://shop.example/saml")
	w.refresher.Round(t.Context())
	same(t, "nothing new", w.shelf.writes, 0)

	moved := wiki()
	moved.acs = acs(0, "https://new.wiki.example/acs")
	moved.keys = keyDescriptor("", k.second.text())
	w.federates(moved, shop())
	w.hours(7)
	same(t, "address", w.provider(id).ACS[0].Location, "https://new.wiki.example/acs")
	same(t, "keys", len(w.provider(id).SigningKeys), 1)
	same(t, "fetched", w.settings(id).Fetched.After(noon), true)
	events := w.record.Events()
	same(t, "events", len(events), 1)
	same(t, "kind", events[0].Kind, audit.ServiceChanged)
	same(t, "who", events[0].Actor, audit.System)
	same(t, "which", events[0].Service, id)
	if logged := w.logs.String(); !strings.Contains(logged, "endpoints_changed=true keys_changed=true") {
		t.Error(logged)
	}

	// The next day nothing is new but the end: kept, and not told.
	w.days(1)
	w.federates(moved, shop())
	w.hours(7)
	same(t, "events", len(w.record.Events()), 1)
	same(t, "both have the new end", w.provider(other).ValidUntil.After(noon.AddDate(0, 0, 15)), true)
	same(t, "a service keeps its version", w.shelf.services[id].SAML.EntityID, "https://wiki.example/saml")
}

// TestAskedAsOftenAsItSays and no more often, by all nodes together.
func TestAskedAsOftenAsItSays(t *testing.T) {
	w := newTown(t)
	w.federates(wiki(), shop())
	w.registers("https://wiki.example/saml")
	w.registers("https://shop.example/saml")
	second := w.node()
	before := w.requests()
	for range 24 * 6 {
		w.clock.Advance(10 * time.Minute)
		var group sync.WaitGroup
		for _, node := range []*Refresher{w.refresher, second, w.refresher} {
			group.Go(func() { node.Round(t.Context()) })
		}
		group.Wait()
	}
	// Every six hours, at most a tenth earlier: four times a day, after the first.
	if n := w.requests() - before; n < 4 || n > 5 {
		t.Errorf("%d requests in a day", n)
	}
	if w.unchanged == 0 {
		t.Error("a document that did not change was sent again")
	}
}

// TestLastGoodCopy is the other half of P25 and A27: whatever a source does, the
// copy on hand stays, until it says itself that it is over.
func TestLastGoodCopy(t *testing.T) {
	k := keysOf(t)
	good := func(w *town) directory.ServiceID {
		w.federates(wiki(), shop())
		id := w.registers("https://wiki.example/saml")
		w.refresher.Round(t.Context())
		return id
	}
	evil := wiki()
	evil.acs = acs(0, "https://evil.example/acs")
	for name, misbehave := range map[string]func(w *town){
		"down":      func(w *town) { w.CloseClientConnections(); w.Close() },
		"error":     func(w *town) { w.answers(500) },
		"not found": func(w *town) { w.answers(404) },
		"redirect":  func(w *town) { w.answers(302) },
		"rubbish":   func(w *town) { w.publish("/all", []byte("<html>hello</html>")) },
		"signed by another": func(w *town) {
			w.publish("/all", signed(t, aggregate(until(w.clock.Now().AddDate(0, 0, 14)), evil.text(), shop().text()), k.first))
		},
		"unsigned": func(w *town) {
			w.publish("/all", []byte(aggregate(until(w.clock.Now().AddDate(0, 0, 14)), evil.text(), shop().text())))
		},
		"valid for ever": func(w *town) {
			w.publish("/all", signed(t, aggregate(until(w.clock.Now().AddDate(10, 0, 0)), evil.text(), shop().text()), k.fed))
		},
		"broken": func(w *town) {
			broken := evil
			broken.acs = acs(0, "http://evil.example/acs")
			w.federates(broken, shop())
		},
		"twice":            func(w *town) { w.federates(wiki(), evil, shop()) },
		"left out":         func(w *town) { w.federates(sp{entityID: "https://a.example/"}, shop()) },
		"an older one":     func(w *town) { w.publish("/all", signed(t, aggregate(until(noon), evil.text(), shop().text()), k.fed)) },
		"another entity":   func(w *town) { w.publish("/all", signed(t, shop().text(), k.fed)) },
		"the same, for us": func(w *town) {},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			id := good(w)
			kept := string(w.shelf.services[id].SAML.Metadata)
			misbehave(w)
			w.days(13)
			same(t, "the copy", string(w.shelf.services[id].SAML.Metadata), kept)
			must(t, w.use(id))
			w.days(1)
			is(t, w.use(id), ErrExpired)
			if name != "the same, for us" && !strings.Contains(w.logs.String(), "last good copy stays") {
				t.Error("nobody was told")
			}
		})
	}
}

// TestRecovered: what failed is tried again, and serves again, soon after the
// source does.
func TestRecovered(t *testing.T) {
	w := newTown(t)
	w.federates(wiki(), shop())
	id := w.registers("https://wiki.example/saml")
	w.answers(503)
	w.days(1)
	w.answers(0)
	changed := wiki()
	changed.acs = acs(0, "https://new.wiki.example/acs")
	w.federates(changed, shop())
	w.hours(1)
	same(t, "address", w.provider(id).ACS[0].Location, "https://new.wiki.example/acs")
}

// TestShrunk: an aggregate that suddenly lacks a third of its entities is taken
// for an accident, until it has stayed so for a week.
func TestShrunk(t *testing.T) {
	w := newTown(t)
	others := func(n int) []sp {
		all := []sp{wiki()}
		for i := range n {
			all = append(all, sp{entityID: fmt.Sprintf("https://sp%d.example/saml", i)})
		}
		return all
	}
	w.federates(others(9)...)
	id := w.registers("https://wiki.example/saml")
	w.refresher.Round(t.Context())

	fewer := others(6) // seven of ten are left
	fewer[0].acs = acs(0, "https://seven.example/acs")
	w.federates(fewer...)
	w.hours(7)
	same(t, "seven of ten", w.provider(id).ACS[0].Location, "https://seven.example/acs")

	few := others(3) // four of seven
	few[0].acs = acs(0, "https://four.example/acs")
	w.federates(few...)
	w.days(6)
	same(t, "four of seven", w.provider(id).ACS[0].Location, "https://seven.example/acs")
	if !strings.Contains(w.logs.String(), "before=7 now=4") {
		t.Error("nobody was told")
	}
	w.days(2)
	same(t, "after a week", w.provider(id).ACS[0].Location, "https://four.example/acs")
}

// TestNothingIsLoosened: a service that said that it signs its requests does not
// stop doing so by a document.
func TestNothingIsLoosened(t *testing.T) {
	w, k := newTown(t), keysOf(t)
	strict := wiki()
	strict.role, strict.keys = `AuthnRequestsSigned="true"`, keyDescriptor("signing", k.first.text())
	w.federates(strict, shop())
	id := w.registers("https://wiki.example/saml")
	same(t, "not needed yet", w.settings(id).RequireSigned, false)

	loose := strict
	loose.role = ""
	w.federates(loose, shop())
	w.hours(7)
	same(t, "metadata", w.provider(id).AuthnRequestsSigned, false)
	same(t, "record", w.settings(id).RequireSigned, true)
	if !strings.Contains(w.logs.String(), "until an admin lifts it") {
		t.Error("nobody was told")
	}

	keyless := loose
	keyless.keys = ""
	w.federates(keyless, shop())
	w.hours(7)
	same(t, "nobody can sign any more: not taken", len(w.provider(id).SigningKeys), 1)

	s := w.shelf.services[id]
	s.SAML.Settings.RequireSigned = false // an admin lifts it
	w.shelf.services[id] = s
	w.federates(keyless, shop())
	w.hours(13)
	same(t, "taken now", len(w.provider(id).SigningKeys), 0)
	same(t, "and not demanded again", w.settings(id).RequireSigned, false)
}

// TestShadow is a part of A27: a federation that names an entity which was
// registered elsewhere changes nothing of it.
func TestShadow(t *testing.T) {
	w := newTown(t)
	local := w.keeps(directory.SAMLProvider{EntityID: "https://shop.example/saml", Metadata: shop().xml()})
	elsewhere := w.keeps(directory.SAMLProvider{EntityID: "https://lib.example/saml", Metadata: sp{entityID: "https://lib.example/saml"}.xml()})
	lib := w.shelf.services[elsewhere]
	lib.SAML.Settings.MetadataURL = w.publish("/lib", sp{entityID: "https://lib.example/saml"}.xml())

	evil, evilLib := shop(), sp{entityID: "https://lib.example/saml"}
	evil.acs, evilLib.acs = acs(0, "https://evil.example/acs"), acs(0, "https://evil.example/acs")
	w.federates(wiki(), evil, evilLib)
	w.registers("https://wiki.example/saml")
	w.days(1)
	same(t, "a file", w.provider(local).ACS[0].Location, "https://shop.example/acs")
	same(t, "another source", w.provider(elsewhere).ACS[0].Location, "https://lib.example/acs")
}

// TestMeanwhile: what an admin does while a document is on its way is not undone.
func TestMeanwhile(t *testing.T) {
	w := newTown(t)
	w.federates(wiki(), shop())
	id := w.registers("https://wiki.example/saml")
	listed := w.shelf.services[id]
	fresh := chosen{copies: map[string]Copy{"https://wiki.example/saml": {
		Provider: parsed(t, wiki().xml()), Metadata: wiki().xml(),
	}}}
	file := listed
	record := *listed.SAML
	record.Settings.MetadataURL = ""
	file.SAML = &record
	w.shelf.services[id] = file
	must(t, w.refresher.apply(t.Context(), listed, fresh))
	same(t, "it comes as a file now", w.shelf.writes, 0)

	other := listed
	other.SAML, other.OIDC = nil, &directory.OIDCClient{}
	w.shelf.services[id] = other
	must(t, w.refresher.apply(t.Context(), listed, fresh))
	same(t, "it speaks another protocol now", w.shelf.writes, 0)

	delete(w.shelf.services, id)
	must(t, w.refresher.apply(t.Context(), listed, fresh))
	same(t, "it is gone", w.shelf.writes, 0)
}

// TestDirectoryDown: what could not be written comes again.
func TestDirectoryDown(t *testing.T) {
	w := newTown(t)
	w.federates(wiki(), shop())
	id := w.registers("https://wiki.example/saml")
	w.refresher.Round(t.Context())
	for _, failure := range []error{directory.ErrUnavailable, directory.ErrConflict} {
		changed, where := wiki(), fmt.Sprintf("https://wiki.example/%d", w.clock.Now().Unix())
		changed.acs = acs(0, where)
		w.federates(changed, shop())
		w.shelf.fails = failure
		w.hours(7)
		w.shelf.fails = nil
		w.hours(1)
		same(t, "address", w.provider(id).ACS[0].Location, where)
	}
}

// TestStoreDown: without the store nobody knows who asks, so nobody does.
func TestStoreDown(t *testing.T) {
	w := newTown(t)
	w.federates(wiki(), shop())
	w.registers("https://wiki.example/saml")
	before := w.requests()
	must(t, w.store.Close())
	w.refresher.Round(t.Context())
	same(t, "requests", w.requests(), before)
	if !strings.Contains(w.logs.String(), "last good copy stays") {
		t.Error("nobody was told")
	}
}

// TestRunEnds when it is told to.
func TestRunEnds(t *testing.T) {
	w := newTown(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { w.refresher.Run(ctx); close(done) }()
	cancel()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on")
	}
}

// TestWhenItIsDue holds the bounds, whatever a source says.
func TestWhenItIsDue(t *testing.T) {
	w := newTown(t)
	for _, c := range []struct {
		name         string
		cache, until time.Duration
		want         time.Duration // at most; at least nine tenths of it
	}{
		{"says nothing", 0, 0, dueFor},
		{"an hour and a half", 90 * time.Minute, 0, 90 * time.Minute},
		{"a second", time.Second, 0, dueMin},
		{"a year", 365 * 24 * time.Hour, 0, dueMax},
		{"ends in six hours", 24 * time.Hour, 6 * time.Hour, 3 * time.Hour},
		{"has ended", 0, -time.Hour, dueMin},
	} {
		end := time.Time{}
		if c.until != 0 {
			end = noon.Add(c.until)
		}
		if wait := w.refresher.due(c.cache, end).Sub(noon); wait > c.want || wait < c.want*9/10 {
			t.Errorf("%s: %s", c.name, wait)
		}
	}
	w.refresher.c.Rand = broken{}
	same(t, "without dice", w.refresher.due(0, time.Time{}), noon.Add(dueFor))
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("no randomness") }

// TestRestored: a copy that is older than what the nodes know, as after a restore
// of the directory, is renewed before its end even by a source that has nothing
// new to say.
func TestRestored(t *testing.T) {
	w := newTown(t)
	w.federates(wiki(), shop())
	id := w.registers("https://wiki.example/saml")
	old := w.shelf.services[id]
	w.days(10)
	w.federates(wiki(), shop())
	w.days(1)
	same(t, "renewed", w.provider(id).ValidUntil.After(noon.AddDate(0, 0, 20)), true)

	w.shelf.services[id] = old
	w.days(4)
	must(t, w.use(id))
	same(t, "renewed again", w.provider(id).ValidUntil.After(noon.AddDate(0, 0, 20)), true)
}

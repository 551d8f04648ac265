// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// fortnight is an end that an aggregate may have.
func fortnight() string { return until(noon.AddDate(0, 0, 14)) }

func pinned(p ...pair) [][]byte {
	var ders [][]byte
	for _, one := range p {
		ders = append(ders, one.der)
	}
	return ders
}

// TestOneService is fetched from its own address: TLS vouches for the host, and
// the admin for the address.
func TestOneService(t *testing.T) {
	f := newFederation(t)
	c, err := f.fetcher.Fetch(t.Context(), Source{URL: f.publish("/saml", wiki().xml())})
	must(t, err)
	same(t, "entity", c.Provider.EntityID, "https://wiki.example/saml")
	same(t, "signed", c.Signed, false)
	same(t, "what is kept is what was read", parsed(t, c.Metadata).EntityID, c.Provider.EntityID)
	_, err = f.fetcher.Fetch(t.Context(), Source{URL: f.URL + "/saml", EntityID: "https://other.example/"})
	is(t, err, ErrEntity)
}

// TestOneOfMany is taken out of an aggregate that a pinned key signs.
func TestOneOfMany(t *testing.T) {
	f, k := newFederation(t), keysOf(t)
	address := f.publish("/all", signed(t, federationOf(t, 20, map[int]sp{3: {entityID: "https://sp3.example/saml", keys: keyDescriptor("", "x")}}), k.fed))
	s := Source{URL: address, EntityID: "https://sp7.example/saml", Keys: pinned(k.second, k.fed)}
	c, err := f.fetcher.Fetch(t.Context(), s)
	must(t, err)
	same(t, "entity", c.Provider.EntityID, "https://sp7.example/saml")
	same(t, "signed", c.Signed, true)
	same(t, "ends with what it was in", parsed(t, c.Metadata).ValidUntil, noon.AddDate(0, 0, 14))

	s.EntityID = "https://sp3.example/saml"
	_, err = f.fetcher.Fetch(t.Context(), s)
	sameAll(t, "a broken one", codes(t, err), []string{"key-unreadable"})
	s.EntityID = "https://sp77.example/saml"
	_, err = f.fetcher.Fetch(t.Context(), s)
	is(t, err, ErrEntity)
	s.EntityID = ""
	_, err = f.fetcher.Fetch(t.Context(), s)
	sameAll(t, "which one?", codes(t, err), []string{"aggregate"})
}

// TestTheRecordOfACopy leads back to where it came from.
func TestTheRecordOfACopy(t *testing.T) {
	f, k := newFederation(t), keysOf(t)
	provider := wiki()
	provider.attributes = until(noon.AddDate(0, 0, 14))
	s := Source{URL: f.publish("/saml", signed(t, provider.text(), k.fed)), EntityID: "https://wiki.example/saml", Keys: pinned(k.fed)}
	c, err := f.fetcher.Fetch(t.Context(), s)
	must(t, err)
	record := s.Record(c, noon)
	same(t, "entity", record.EntityID, "https://wiki.example/saml")
	same(t, "fetched", record.Settings.Fetched, noon)
	if bytes.Contains(record.Metadata, []byte("Signature")) {
		t.Error("the copy has a signature that is not over it")
	}
	back, fetched := SourceOf(record)
	same(t, "fetched", fetched, true)
	same(t, "source", back.id(), s.id())
	record.Settings.MetadataKeys = []string{"%"}
	back, _ = SourceOf(record)
	_, err = f.fetcher.Fetch(t.Context(), back)
	is(t, err, ErrUntrusted) // a pin that was damaged is not the absence of one
	record.Settings.MetadataURL = ""
	_, fetched = SourceOf(record)
	same(t, "a file", fetched, false)
}

// TestA27: what a source must not be able to do.
func TestA27(t *testing.T) {
	k := keysOf(t)
	many := aggregate(fortnight(), wiki().text(), sp{entityID: "https://shop.example/saml"}.text())
	for name, c := range map[string]struct {
		document []byte
		keys     [][]byte
		want     error
	}{
		"an unsigned aggregate, nothing pinned": {document: []byte(many), want: ErrUntrusted},
		"a signed aggregate, nothing pinned":    {document: signed(t, many, k.fed), want: ErrUntrusted},
		"an unsigned aggregate":                 {document: []byte(many), keys: pinned(k.fed), want: ErrUntrusted},
		"an unsigned entity, something pinned":  {document: wiki().xml(), keys: pinned(k.fed), want: ErrUntrusted},
		"signed by an unknown key":              {document: signed(t, many, k.first), keys: pinned(k.fed), want: ErrUntrusted},
		"changed after it was signed":           {document: bytes.Replace(signed(t, many, k.fed), []byte("/acs"), []byte("/own"), 1), keys: pinned(k.fed), want: ErrUntrusted},
		"only an entity in it is signed":        {document: []byte(aggregate(fortnight(), string(signed(t, wiki().text(), k.fed)))), keys: pinned(k.fed), want: ErrUntrusted},
		"pinned to a curve":                     {document: signed(t, many, k.fed), keys: pinned(k.curve), want: ErrUntrusted},
		"pinned to nonsense":                    {document: signed(t, many, k.fed), keys: [][]byte{[]byte("x")}, want: ErrUntrusted},
		"a good pin and an empty one":           {document: signed(t, many, k.fed), keys: [][]byte{k.fed.der, nil}, want: ErrUntrusted},
		"expired":                               {document: signed(t, aggregate(until(noon), wiki().text()), k.fed), keys: pinned(k.fed), want: ErrValidity},
		"one entity without an end":             {document: signed(t, wiki().text(), k.fed), keys: pinned(k.fed), want: ErrValidity},
		"one entity, for ten years":             {document: signed(t, sp{entityID: "https://wiki.example/saml", attributes: until(noon.AddDate(10, 0, 0))}.text(), k.fed), keys: pinned(k.fed), want: ErrValidity},
		"an expired entity":                     {document: signed(t, sp{entityID: "https://wiki.example/saml", attributes: until(noon.Add(-time.Hour))}.text(), k.fed), keys: pinned(k.fed), want: ErrValidity},
		"valid for ten years":                   {document: signed(t, aggregate(until(noon.AddDate(10, 0, 0)), wiki().text()), k.fed), keys: pinned(k.fed), want: ErrValidity},
		"valid a second too long":               {document: signed(t, aggregate(until(noon.Add(validityMax+time.Second)), wiki().text()), k.fed), keys: pinned(k.fed), want: ErrValidity},
		"without an end":                        {document: signed(t, aggregate("", wiki().text()), k.fed), keys: pinned(k.fed), want: ErrValidity},
		"an end that is none":                   {document: signed(t, aggregate(`validUntil="soon"`, wiki().text()), k.fed), keys: pinned(k.fed), want: ErrValidity},
		"an entity twice":                       {document: signed(t, aggregate(fortnight(), wiki().text(), strings.Replace(wiki().text(), "/acs", "/own", 1)), k.fed), keys: pinned(k.fed), want: ErrEntity},
		"another document":                      {document: []byte(`<html/>`), want: ErrFaulty},
		"no document":                           {document: nil, want: ErrFaulty},
		"a large entity, nothing pinned":        {document: append(wiki().xml(), bytes.Repeat([]byte(" "), maxUnsigned)...), want: ErrSource},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFederation(t)
			_, err := f.fetcher.Fetch(t.Context(), Source{URL: f.publish("/m", c.document), EntityID: "https://wiki.example/saml", Keys: c.keys})
			is(t, err, c.want)
		})
	}
	t.Run("valid for exactly 28 days", func(t *testing.T) {
		f := newFederation(t)
		document := signed(t, aggregate(until(noon.Add(validityMax)), wiki().text()), k.fed)
		_, err := f.fetcher.Fetch(t.Context(), Source{URL: f.publish("/m", document), EntityID: "https://wiki.example/saml", Keys: pinned(k.fed)})
		must(t, err)
	})
	t.Run("200 MB", func(t *testing.T) {
		f := newFederation(t)
		f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			block := bytes.Repeat([]byte("<a/>"), 1<<18)
			for range 200 {
				if _, err := w.Write(block); err != nil {
					return // hung up on, as should be
				}
			}
			t.Error("all of it was read")
		})
		_, err := f.fetcher.Fetch(t.Context(), Source{URL: f.URL + "/m", Keys: pinned(k.fed)})
		is(t, err, ErrSource)
	})
}

// TestSourcesAreAddressesOfTheWorld: the guarded client refuses what is not public, and this
// package what is not https, before anybody is asked.
func TestSourcesAreAddressesOfTheWorld(t *testing.T) {
	f := newFederation(t)
	for address, code := range map[string]string{
		"http://" + f.Listener.Addr().String() + "/m": "address-https",
		"file:///etc/passwd":                          "address-script",
		"https://user@wiki.example/":                  "address-user",
		"wiki.example/saml":                           "address",
	} {
		_, err := f.fetcher.Fetch(t.Context(), Source{URL: address})
		sameAll(t, address, codes(t, err), []string{code})
	}
	_, err := f.fetcher.Fetch(t.Context(), Source{URL: "https://10.0.0.1/m"})
	is(t, err, ErrSource)
	same(t, "requests", f.requests(), 0)
}

// TestP25 is metadata by query. The half of it that is about copies on hand is
// in the refresher's stories.
func TestP25(t *testing.T) {
	f, k := newFederation(t), keysOf(t)
	id := "https://wiki.example/saml?a b+c=ü"
	provider := wiki()
	provider.entityID = strings.ReplaceAll(id, " ", "%20")
	provider.attributes = fortnight()
	provider.acs = acs(0, "https://wiki.example/acs")
	id = provider.entityID
	f.publish("/mdq/entities/https%3A%2F%2Fwiki.example%2Fsaml%3Fa%2520b%2Bc%3D%C3%BC", signed(t, provider.text(), k.fed))
	s := Source{URL: MDQ(f.URL+"/mdq/", id), EntityID: id, Keys: pinned(k.fed)}
	t.Run("hit", func(t *testing.T) {
		c, err := f.fetcher.Fetch(t.Context(), s)
		must(t, err)
		same(t, "entity", c.Provider.EntityID, id)
		if !strings.HasPrefix(f.accept, MediaType) {
			t.Errorf("asked for %q", f.accept)
		}
	})
	t.Run("not known", func(t *testing.T) {
		_, err := f.fetcher.Fetch(t.Context(), Source{URL: MDQ(f.URL+"/mdq", "https://nobody.example/"), EntityID: "https://nobody.example/", Keys: pinned(k.fed)})
		is(t, err, ErrEntity)
	})
	t.Run("another entity than was asked for", func(t *testing.T) {
		address := f.publish("/mdq/entities/other", signed(t, provider.text(), k.fed))
		_, err := f.fetcher.Fetch(t.Context(), Source{URL: address, EntityID: "other", Keys: pinned(k.fed)})
		is(t, err, ErrEntity)
	})
	for _, status := range []int{500, 503, 301, 302, 307, 204, 403, 304} {
		f := newFederation(t)
		f.answers(status)
		_, err := f.fetcher.Fetch(t.Context(), Source{URL: f.URL + "/x"})
		is(t, err, ErrSource)
		same(t, "redirects are not followed", f.requests(), 1)
	}
	t.Run("down", func(t *testing.T) {
		f := newFederation(t)
		f.Close()
		_, err := f.fetcher.Fetch(t.Context(), Source{URL: f.URL + "/x"})
		is(t, err, ErrSource)
	})
}

// TestA30 is the part of A30 that is here. That a stranger's request leads to no
// fetch at all is the engine's: what it asks, a [Book], has nothing to fetch with.
func TestA30(t *testing.T) {
	t.Run("who asks for the same waits for one answer", func(t *testing.T) {
		f := newFederation(t)
		flood := func() {
			var group sync.WaitGroup
			for range 50 {
				group.Go(func() {
					_, err := f.fetcher.Fetch(t.Context(), Source{URL: f.URL + "/nothing"})
					is(t, err, ErrEntity)
				})
			}
			group.Wait()
		}
		flood()
		same(t, "requests", f.requests(), 1)
		f.clock.Advance(calm - time.Second)
		flood()
		same(t, "requests, while it is known to fail", f.requests(), 1)
		f.publish("/nothing", wiki().xml())
		f.clock.Advance(time.Second)
		_, err := f.fetcher.Fetch(t.Context(), Source{URL: f.URL + "/nothing"})
		must(t, err)
	})
	t.Run("what is remembered of failures is bounded", func(t *testing.T) {
		f := newFederation(t)
		for i := range failuresMax + 100 {
			_, err := f.fetcher.Fetch(t.Context(), Source{URL: "no address", EntityID: strconv.Itoa(i)})
			is(t, err, ErrFaulty)
		}
		same(t, "remembered", f.fetcher.failures.Len(), failuresMax)
	})
	t.Run("who does not want to wait does not, and spoils it for nobody", func(t *testing.T) {
		f := newFederation(t)
		f.arrived, f.leave = make(chan struct{}, 2), make(chan struct{})
		s := Source{URL: f.publish("/saml", wiki().xml())}
		hasty, cancel := context.WithCancel(t.Context())
		left, served := make(chan error, 1), make(chan error, 1)
		go func() { _, err := f.fetcher.Fetch(hasty, s); left <- err }()
		<-f.arrived
		go func() { _, err := f.fetcher.Fetch(t.Context(), s); served <- err }()
		cancel()
		is(t, <-left, context.Canceled)
		close(f.leave)
		must(t, <-served)
	})
}

// TestPins are the certificates that an admin brings.
func TestPins(t *testing.T) {
	k := keysOf(t)
	armoured := func(p pair) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.der}))
	}
	two, err := Pin([]byte("the federation's:\n" + armoured(k.fed) + armoured(k.second)))
	must(t, err)
	same(t, "certificates", len(two), 2)
	one, err := Pin(k.fed.der)
	must(t, err)
	same(t, "the same", bytes.Equal(one[0], two[0]), true)
	for name, text := range map[string]string{
		"nothing": "", "no certificate": "hello", "a curve": armoured(k.curve), "a short key": armoured(k.short),
		"one good, one not": armoured(k.fed) + armoured(k.curve),
	} {
		if _, err := Pin([]byte(text)); !errors.Is(err, ErrUntrusted) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func is(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v is not %q", err, want)
	}
}

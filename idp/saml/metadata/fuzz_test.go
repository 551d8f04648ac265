// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"errors"
	"net/url"
	"reflect"
	"testing"
)

// FuzzMetadata: nothing that an admin hands in, or a source delivers, makes the
// reader fall over; what it takes keeps the rules; and what is taken out of a
// document says the same when it is read again.
func FuzzMetadata(f *testing.F) {
	// Documents with keys in them are in testdata: made anew, they would be others
	// each time, and what was found could not be found again.
	f.Add(wiki().xml())
	f.Add([]byte(aggregate(fortnight(), wiki().text())))
	f.Fuzz(func(t *testing.T, raw []byte) {
		alone, err := Parse(raw, noon, Options{})
		if err == nil {
			keepsTheRules(t, &alone)
		} else if len(codes(t, err)) == 0 {
			t.Fatal("refused without a reason")
		}
		for e, err := range Split(raw, noon, Options{}) {
			if !errors.Is(err, ErrFaulty) && err != nil {
				t.Fatal(err)
			}
			if err == nil {
				readsTheSame(t, e)
			}
		}
	})
}

func keepsTheRules(t *testing.T, p *Provider) {
	t.Helper()
	if _, err := url.Parse(p.EntityID); err != nil || len(p.EntityID) > entityIDMax {
		t.Errorf("entityID %q", p.EntityID)
	}
	if _, ok := p.DefaultACS(); !ok {
		t.Error("nowhere to answer")
	}
	for _, e := range append(p.ACS, p.SLO...) {
		for _, location := range []string{e.Location, e.Answer()} {
			u, err := url.Parse(location)
			if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
				t.Errorf("%q was taken", location)
			}
		}
	}
	if p.AuthnRequestsSigned && len(p.SigningKeys) == 0 {
		t.Error("nobody can sign what must be signed")
	}
	_ = p.Title("ca")
}

func readsTheSame(t *testing.T, e Entity) {
	t.Helper()
	keepsTheRules(t, &e.Provider)
	raw, err := e.XML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(raw, noon, Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	want := e.Provider
	again.CacheDuration, want.CacheDuration = 0, 0 // parts of seconds are not written
	again.ValidUntil, want.ValidUntil = again.ValidUntil.Truncate(1e9), want.ValidUntil.Truncate(1e9)
	if !reflect.DeepEqual(again, want) {
		t.Errorf("%+v\nis not\n%+v", again, want)
	}
}

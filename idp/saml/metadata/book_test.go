// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/store/storetest"
)

func serviceOf(id directory.ServiceID, version string, p sp) directory.Service {
	return directory.Service{ID: id, Version: version, SAML: &directory.SAMLProvider{EntityID: p.entityID, Metadata: p.xml()}}
}

// TestBookReadsOnce: one edition of a record is parsed once, and a new one anew.
func TestBookReadsOnce(t *testing.T) {
	b := NewBook(BookConfig{Now: storetest.NewClock(noon).Now})
	for _, version := range []string{"1", ""} {
		first, err := b.Provider(serviceOf("s1", version, wiki()))
		must(t, err)
		again, err := b.Provider(serviceOf("s1", version, wiki()))
		must(t, err)
		same(t, "the same", first == again, true)
		moved := wiki()
		moved.acs = acs(0, "https://new.wiki.example/acs")
		next, err := b.Provider(serviceOf("s1", version+next(version), moved))
		must(t, err)
		same(t, "the new edition", next.ACS[0].Location, "https://new.wiki.example/acs")
	}
}

// next is what a version has more after a write; where there is none, the text tells.
func next(version string) string {
	if version == "" {
		return ""
	}
	return "1"
}

// TestBookIsBounded: many services push each other out, and are read again.
func TestBookIsBounded(t *testing.T) {
	b := NewBook(BookConfig{Now: storetest.NewClock(noon).Now, Size: 2})
	for _, id := range []directory.ServiceID{"a", "b", "c", "a"} {
		_, err := b.Provider(serviceOf(id, "1", wiki()))
		must(t, err)
	}
	same(t, "remembered", b.entries.Len(), 2)
}

// TestBookHoldsToTheEnd where somebody renews it: a file's end is its admin's
// affair.
func TestBookHoldsToTheEnd(t *testing.T) {
	clock := storetest.NewClock(noon)
	b := NewBook(BookConfig{Now: clock.Now})
	brief := wiki()
	brief.attributes = until(noon.Add(48 * time.Hour))
	file, fetched := serviceOf("file", "1", brief), serviceOf("fetched", "1", brief)
	fetched.SAML.Settings.MetadataURL = "https://wiki.example/saml"
	for _, s := range []directory.Service{file, fetched} {
		_, err := b.Provider(s)
		must(t, err)
	}
	clock.Advance(48 * time.Hour)
	_, err := b.Provider(file)
	must(t, err)
	_, err = b.Provider(fetched)
	is(t, err, ErrExpired)
}

// TestBookRefuses what registration would have refused: whoever may write into
// the directory does not get past the rules.
func TestBookRefuses(t *testing.T) {
	b := NewBook(BookConfig{Now: storetest.NewClock(noon).Now})
	_, err := b.Provider(directory.Service{ID: "other", OIDC: &directory.OIDCClient{}})
	is(t, err, ErrFaulty)

	evil := wiki()
	evil.acs = acs(0, "javascript:alert(1)")
	_, err = b.Provider(serviceOf("evil", "1", evil))
	is(t, err, ErrFaulty)

	stolen := serviceOf("stolen", "1", wiki())
	stolen.SAML.EntityID = "https://shop.example/saml"
	_, err = b.Provider(stolen)
	is(t, err, ErrEntity)
	same(t, "remembered", b.entries.Len(), 0)
}

// BenchmarkBook is what a sign-on pays.
func BenchmarkBook(b *testing.B) {
	book, s := NewBook(BookConfig{Now: storetest.NewClock(noon).Now}), serviceOf("s1", "1", wiki())
	b.ReportAllocs()
	for b.Loop() {
		_, err := book.Provider(s)
		must(b, err)
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/store"
)

// A service brings its own request about Anna by whatever browser it likes. What
// it wants to read there is where else she is a guest, and as whom.
func TestWhatALogoutShowsIsOfThisBrowsersSession(t *testing.T) {
	ways := map[string]func(b *browser, s *sp, y bye) *page{
		"redirect": func(b *browser, s *sp, y bye) *page { return b.leavesBy(s, y, "") },
		"form":     func(b *browser, s *sp, y bye) *page { return b.posts(posted(s.signedXML(y.xml()), "")) },
	}
	for name, bring := range ways {
		for _, as := range []string{"nobody", "somebody else"} {
			t.Run(name+", brought by "+as, func(t *testing.T) {
				l := leave(t)
				evil := l.provider("evil", directory.SAMLSettings{}, byRedirect("evil"))
				clinic := l.provider("clinic", directory.SAMLSettings{}, byRedirect("clinic"))
				anna, mallory := l.browser(), l.browser()
				if as == "somebody else" {
					mallory.asks(evil).through("bernat").granted()
				}
				atClinic, atEvil := l.signsOn(anna, clinic), l.signsOn(anna, evil)
				key := l.session(atEvil)
				p := bring(mallory, evil, evil.leaves(atEvil, func(y *bye) { y.indexes = nil }))
				if l.alive(key) {
					t.Fatal("the service may end what it began, and did not")
				}
				m := l.brings(p) // at once, with no page between
				if m.to != "https://evil.example/slo" || !m.success || !m.partial {
					t.Errorf("to %s, success %v, partial %v", m.to, m.success, m.partial)
				}
				for _, said := range []string{"clinic", atClinic.name.Value, atClinic.index} {
					if strings.Contains(p.body, said) || strings.Contains(p.header.Get("Location"), said) {
						t.Errorf("%q is told: %s", said, text(p.body))
					}
				}
				_, told, err := l.room.Last(t.Context(), "1")
				l.must(err)
				if len(told) != 1 || told[0].Participant.Service != clinic.service.ID || told[0].Status != logout.Browser {
					t.Errorf("Anna reads of %+v", told)
				}
				if as == "somebody else" && len(cookieOf(mallory)) == 0 {
					t.Error("somebody else was logged out")
				}
			})
		}
		t.Run(name+", brought by her own browser, with a session in another one", func(t *testing.T) {
			l := leave(t)
			wiki := l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
			forum := l.provider("forum", directory.SAMLSettings{}, byRedirect("forum"))
			clinic := l.provider("clinic", directory.SAMLSettings{}, byRedirect("clinic"))
			laptop, phone := l.browser(), l.browser()
			here, there := l.signsOn(laptop, wiki), l.signsOn(phone, wiki)
			l.signsOn(laptop, forum)
			l.signsOn(phone, clinic)
			one, two := l.session(here), l.session(there)
			y := wiki.leaves(here, func(y *bye) { y.indexes = nil })
			p := bring(laptop, wiki, y).at("/farewell")
			if strings.Contains(p.body, "clinic") || !strings.Contains(p.body, "The forum") {
				t.Errorf("she reads %s", text(p.body))
			}
			m := l.brings(p.goesOn())
			if m.to != "https://forum.example/slo" || l.alive(one) || l.alive(two) {
				t.Fatalf("to %s; alive: %v, %v", m.to, l.alive(one), l.alive(two))
			}
			p = laptop.answers(forum, forum.hears(m), m.relay)
			if p.status == http.StatusOK {
				p = p.goesOn()
			}
			if m := l.wantAnswer(p, "https://wiki.example/slo", y, ""); !m.partial {
				t.Error("nobody told the clinic, and the wiki hears that all were told")
			}
		})
	}
}

// A form brings no cookie: the browser comes by once more, and what it came for
// is done once.
func TestAPostedLogoutIsDoneOnce(t *testing.T) {
	l := leave(t)
	wiki := l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
	b := l.browser()
	k := l.signsOn(b, wiki)
	key := l.session(k)
	way := b.hop(sloAddress, posted(wiki.signedXML(wiki.leaves(k).xml()), "relay"))
	if m := l.brings(b.get(way)); m.relay != "relay" || l.alive(key) {
		t.Fatalf("relay %q, the session lives: %v", m.relay, l.alive(key))
	}
	again := l.session(l.signsOn(b, wiki))
	b.get(way).told("expired")
	if !l.alive(again) {
		t.Error("the way back ended the next session")
	}
}

// Two services that compare what they saw of one log-out, or of one session,
// find nothing that is the same.
func TestServicesCompareNothing(t *testing.T) {
	l := leave(t)
	l.clock.Set(noon.Add(17*time.Minute + 23*time.Second + 456*time.Millisecond))
	wiki := l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
	forum := l.provider("forum", directory.SAMLSettings{}, byRedirect("forum"))
	b := l.browser()
	for _, s := range []*sp{wiki, forum} {
		p := b.asks(s).through("anna.vila")
		raw, err := base64.StdEncoding.DecodeString(p.form.Get("SAMLResponse"))
		l.must(err)
		statement := regexp.MustCompile(`<saml:AuthnStatement[^>]*>`).FindString(string(raw))
		if !strings.Contains(statement, `AuthnInstant="2026-03-01T12:17:00Z"`) || !strings.Contains(statement, `SessionNotOnOrAfter="2026-03-08T12:00:00Z"`) {
			t.Errorf("%s is told %s", s.name, statement)
		}
	}
	one := l.brings(b.get("/bye").goesOn())
	first := map[string]*sp{"https://wiki.example/slo": wiki, "https://forum.example/slo": forum}[one.to]
	two := l.brings(b.answers(first, first.hears(one), one.relay).goesOn())
	if one.to == two.to || len(one.relay) < 22 || len(two.relay) < 22 {
		t.Fatalf("to %s by %s, to %s by %s", one.to, one.relay, two.to, two.relay)
	}
	for i := range len(one.relay) - 5 {
		if part := one.relay[i : i+6]; strings.Contains(two.relay, part) || strings.Contains(two.attr("ID"), part) {
			t.Errorf("%s and %s share %s", one.relay, two.relay, part)
		}
	}
}

// A session that ends soon is not one that ended.
func TestTheEndOfASessionIsNeverOver(t *testing.T) {
	for before, want := range map[time.Duration]string{
		26 * time.Hour: "2026-03-02T14:00:00Z", 50 * time.Minute: "2026-03-01T13:00:00Z", 20 * time.Second: "2026-03-01T13:00:00Z",
		70 * time.Minute: "2026-03-01T13:00:00Z",
	} {
		if got := sessionEnd(noon.Add(before), noon).Format(time.RFC3339); got != want {
			t.Errorf("%v before its end: %s", before, got)
		}
	}
}

// A session that ended while a sign-on of it was answered stays so.
func TestAnAnswerRevivesNoSession(t *testing.T) {
	between := &between{}
	l := leave(t, func(c *Config) { between.Store = c.Store; c.Store = between })
	wiki := l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
	anna := l.browser()
	key := l.session(l.signsOn(anna, wiki))
	l.clock.Advance(10 * time.Minute)
	between.once = func() { _, err := l.room.End(t.Context(), key); l.must(err) }
	anna.asks(wiki)
	if between.once != nil {
		t.Fatal("nothing came between")
	}
	if list, err := l.sessions.Of(t.Context(), "1"); err != nil || l.alive(key) || len(list) != 0 {
		t.Errorf("alive: %v, listed: %d, %v", l.alive(key), len(list), err)
	}
	anna.asks(wiki).at("/login")
}

// hop posts from another site, and says where the browser is asked to come by.
func (b *browser) hop(address string, form url.Values) string {
	b.w.t.Helper()
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	b.w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := b.away.Do(r)
	b.w.must(err)
	return res.Header.Get("Location")
}

// between is a store where something happens before an answer is written.
type between struct {
	store.Store
	once func()
}

func (b *between) WriteNew(ctx context.Context, key string, value []byte, ttl time.Duration, ops ...store.Op) error {
	if once := b.once; once != nil {
		b.once = nil
		once()
	}
	return b.Store.WriteNew(ctx, key, value, ttl, ops...)
}

func cookieOf(b *browser) string {
	at, _ := url.Parse(issuer)
	for _, c := range b.client.Jar.Cookies(at) {
		if c.Name == "__Host-clau_session" {
			return c.Value
		}
	}
	return ""
}

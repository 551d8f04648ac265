// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/saml/xmlsig"
)

// wantAnswer is that the browser is on its way to the service with a signed answer.
func (l *leaving) wantAnswer(p *page, to string, y bye, relay string) sent {
	l.t.Helper()
	m := l.brings(p)
	if m.root.Tag != "LogoutResponse" || m.to != to || m.attr("InResponseTo") != y.id || m.attr("Destination") != to || m.relay != relay || !m.success {
		l.t.Fatalf("%s to %s, in response to %s, relay %q, success %v", m.root.Tag, m.to, m.attr("InResponseTo"), m.relay, m.success)
	}
	return m
}

func TestP26LogoutFromAService(t *testing.T) {
	settings := directory.SAMLSettings{}
	for name, indexes := range map[string]func(first, second known) []string{
		"no index: all sessions": func(known, known) []string { return nil },
		"one index":              func(first, _ known) []string { return []string{first.index} },
		"several indexes":        func(first, second known) []string { return []string{"another", first.index, second.index} },
		"an unknown index":       func(known, known) []string { return []string{"another"} },
	} {
		t.Run(name, func(t *testing.T) {
			l := leave(t)
			wiki := l.provider("wiki", settings, byRedirect("wiki"))
			laptop, phone := l.browser(), l.browser()
			first, second := l.signsOn(laptop, wiki), l.signsOn(phone, wiki)
			one, two := l.session(first), l.session(second)
			y := wiki.leaves(first, func(y *bye) { y.indexes = indexes(first, second) })
			p := laptop.leavesBy(wiki, y, "state~&%20=1")
			if m := l.wantAnswer(p, "https://wiki.example/slo", y, "state~&%20=1"); m.partial {
				t.Error("partial, with nobody else to tell")
			}
			wantOne, wantTwo := name == "an unknown index", name == "an unknown index" || name == "one index"
			if l.alive(one) != wantOne || l.alive(two) != wantTwo {
				t.Errorf("this session lives: %v, the other: %v", l.alive(one), l.alive(two))
			}
			if !wantOne && !strings.Contains(strings.Join(p.header.Values("Set-Cookie"), ";"), "clau_session=;") {
				t.Error("the browser keeps the cookie")
			}
		})
	}
	t.Run("by form, answered by form to the ResponseLocation", func(t *testing.T) {
		l := leave(t)
		wiki := l.provider("wiki", settings, slo(metadata.BindingRedirect, "https://wiki.example/slo",
			metadata.BindingPOST, "https://wiki.example/post https://wiki.example/answers"))
		b := l.browser()
		k := l.signsOn(b, wiki)
		key := l.session(k)
		y := wiki.leaves(k)
		m := l.wantAnswer(b.posts(posted(wiki.signedXML(y.xml()), "r")), "https://wiki.example/answers", y, "r")
		if m.partial || l.alive(key) {
			t.Errorf("partial %v, the session lives: %v", m.partial, l.alive(key))
		}
	})
	t.Run("by redirect, answered by redirect to the ResponseLocation", func(t *testing.T) {
		l := leave(t)
		wiki := l.provider("wiki", settings, slo(metadata.BindingRedirect, "https://wiki.example/slo https://wiki.example/answers"))
		b := l.browser()
		k := l.signsOn(b, wiki)
		y := wiki.leaves(k)
		l.wantAnswer(b.leavesBy(wiki, y, ""), "https://wiki.example/answers", y, "")
	})
	t.Run("a session that is over is no error", func(t *testing.T) {
		l := leave(t)
		wiki := l.provider("wiki", settings, byRedirect("wiki"))
		b := l.browser()
		k := l.signsOn(b, wiki)
		_, err := l.room.End(t.Context(), l.session(k))
		l.must(err)
		y := wiki.leaves(k)
		l.wantAnswer(b.leavesBy(wiki, y, "r"), "https://wiki.example/slo", y, "r")
	})
}

func TestP7TransientNamesLogOut(t *testing.T) {
	l := leave(t)
	wiki := l.provider("wiki", directory.SAMLSettings{NameID: "transient"}, byRedirect("wiki"))
	b := l.browser()
	first, second := l.signsOn(b, wiki), l.signsOn(b, wiki)
	if first.name.Value == second.name.Value || first.index != second.index {
		t.Fatalf("%+v and %+v", first, second)
	}
	key := l.session(second)
	y := wiki.leaves(first) // the service may remember any of them
	l.wantAnswer(b.leavesBy(wiki, y, ""), "https://wiki.example/slo", y, "")
	if l.alive(key) {
		t.Error("the session lives")
	}
}

func TestP27ThreeServicesAndOneIsDown(t *testing.T) {
	for _, down := range []bool{false, true} {
		l := leave(t)
		wiki := l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
		forum := l.provider("forum", directory.SAMLSettings{}, byRedirect("forum"))
		maps := l.provider("maps", directory.SAMLSettings{}, slo(metadata.BindingPOST, "https://maps.example/slo"))
		b := l.browser()
		k := l.signsOn(b, wiki)
		others := map[string]*sp{"https://forum.example/slo": forum, "https://maps.example/slo": maps}
		names := map[string]known{"https://forum.example/slo": l.signsOn(b, forum), "https://maps.example/slo": l.signsOn(b, maps)}
		key := l.session(k)
		y := wiki.leaves(k)
		p := b.leavesBy(wiki, y, "relay").at("/farewell")
		if l.alive(key) {
			t.Error("the session outlives the log-out")
		}
		for range 2 {
			p = p.goesOn()
			m := l.brings(p)
			who := others[m.to]
			if who == nil || m.root.Tag != "LogoutRequest" || m.attr("Destination") != m.to || m.attr("NotOnOrAfter") == "" {
				t.Fatalf("%s to %s", m.root.Tag, m.to)
			}
			name := readNameID(xmlsig.Child(m.root, nsAssertion, "NameID"))
			index := xmlsig.Text(xmlsig.Child(m.root, nsProtocol, "SessionIndex"))
			if name != names[m.to].name || index != names[m.to].index {
				t.Errorf("%s is told of %+v %s", m.to, name, index)
			}
			delete(others, m.to)
			if who == maps && down {
				p = b.get("/farewell?h=" + l.handleOf(m.relay)).submit() // continue without
				continue
			}
			p = b.answers(who, who.hears(m), m.relay)
		}
		if p.status == http.StatusOK {
			p = p.goesOn()
		}
		if m := l.wantAnswer(p, "https://wiki.example/slo", y, "relay"); m.partial != down {
			t.Errorf("down %v, partial %v", down, m.partial)
		}
	}
}

func (l *leaving) handleOf(relay string) string {
	l.t.Helper()
	d, _, err := l.room.Relayed(l.t.Context(), relay)
	l.must(err)
	return d.Handle
}

func TestP28LogoutsOfBothWorlds(t *testing.T) {
	t.Run("begun at Clau", func(t *testing.T) {
		l := leave(t)
		wiki := l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
		b := l.browser()
		k := l.signsOn(b, wiki)
		l.joins(l.session(k), "cloud")
		p := b.get("/bye").at("/farewell")
		if len(l.others.told) != 1 {
			t.Errorf("the other world heard %+v", l.others.told)
		}
		p = p.goesOn()
		m := l.brings(p)
		if m.root.Tag != "LogoutRequest" || m.to != "https://wiki.example/slo" {
			t.Fatalf("%s to %s", m.root.Tag, m.to)
		}
		p = b.answers(wiki, wiki.hears(m), m.relay).at("/farewell")
		if strings.Count(p.body, `outcome-status done`) != 2 || strings.Contains(p.body, `id="continue"`) {
			t.Errorf("the person reads %s", text(p.body))
		}
	})
	t.Run("begun by a service of SAML", func(t *testing.T) {
		for _, deaf := range []bool{false, true} {
			l := leave(t)
			wiki := l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
			b := l.browser()
			k := l.signsOn(b, wiki)
			l.joins(l.session(k), "cloud")
			if deaf {
				l.others.deaf = logout.ErrUnsupported
			}
			y := wiki.leaves(k)
			m := l.wantAnswer(b.leavesBy(wiki, y, ""), "https://wiki.example/slo", y, "")
			if m.partial != deaf || deaf == (len(l.others.told) == 1) {
				t.Errorf("deaf %v: partial %v, told %+v", deaf, m.partial, l.others.told)
			}
		}
	})
}

func TestP29NobodyWaitsForAnAnswer(t *testing.T) {
	l := leave(t)
	wiki := l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
	b := l.browser()
	k := l.signsOn(b, wiki)
	key := l.session(k)
	y := wiki.leaves(k, func(y *bye) {
		y.before = `<samlp:Extensions><aslo:Asynchronous xmlns:aslo="` + nsAsynchronous + `"/></samlp:Extensions>`
	})
	p := b.leavesBy(wiki, y, "relay")
	if p.header.Get("Location") != "" || p.form.Has(samlResponse) || !strings.Contains(p.body, "You are logged out") || l.alive(key) {
		t.Errorf("%d to %q: %s", p.status, p.header.Get("Location"), text(p.body))
	}
}

func TestP31ClocksThatAreOff(t *testing.T) {
	for off, good := range map[time.Duration]bool{4 * time.Minute: true, -4 * time.Minute: true, 6 * time.Minute: false, -6 * time.Minute: false} {
		l := leave(t)
		wiki := l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
		b := l.browser()
		k := l.signsOn(b, wiki)
		key := l.session(k)
		at := l.clock.Now().Add(off)
		y := wiki.leaves(k, func(y *bye) {
			y.issued, y.until = at.Format(time.RFC3339), at.Add(time.Minute).Format(time.RFC3339)
		})
		p := b.leavesBy(wiki, y, "")
		if l.alive(key) == good {
			t.Errorf("%v: %d, the session lives: %v", off, p.status, l.alive(key))
		}
		if !good {
			p.told("message-stale")
		}
	}
}

// Transient names, addresses and qualifiers come back to the letter, and a
// service may leave out what it does not know.
func TestNamesAreComparedAsTheStandardSays(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*nameID)
		good   bool
	}{
		"as it was given":            {func(*nameID) {}, true},
		"without qualifiers":         {func(n *nameID) { n.Qualifier, n.SPQualifier = "", "" }, true},
		"without a format":           {func(n *nameID) { n.Format = "" }, true},
		"of unspecified format":      {func(n *nameID) { n.Format = metadata.NameIDUnspecified }, true},
		"of another format":          {func(n *nameID) { n.Format = metadata.NameIDEmailAddress }, false},
		"qualified by another":       {func(n *nameID) { n.SPQualifier = "https://forum.example/metadata" }, false},
		"of another identity centre": {func(n *nameID) { n.Qualifier = "https://evil.example" }, false},
		"another":                    {func(n *nameID) { n.Value += "x" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := leave(t)
			wiki := l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
			b := l.browser()
			k := l.signsOn(b, wiki)
			key := l.session(k)
			sent := k
			test.change(&sent.name)
			b.leavesBy(wiki, wiki.leaves(sent), "")
			if l.alive(key) == test.good {
				t.Errorf("the session lives: %v", l.alive(key))
			}
		})
	}
}

// A service without a front door, such as one that only takes SOAP, leaves the
// person with our own page; one whose registration is gone does too.
func TestAnAnswerThatCannotBeBrought(t *testing.T) {
	l := leave(t)
	wiki := l.provider("wiki", directory.SAMLSettings{})
	b := l.browser()
	k := l.signsOn(b, wiki)
	key := l.session(k)
	if p := b.leavesBy(wiki, wiki.leaves(k), ""); !strings.Contains(p.body, "You are logged out") || l.alive(key) {
		t.Errorf("%d: %s", p.status, text(p.body))
	}
}

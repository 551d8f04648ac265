// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/saml/xmlsig/xmlsigtest"
)

// victim is somebody signed on at the wiki, and a second service with a key of
// its own.
func victim(t *testing.T, settings directory.SAMLSettings) (l *leaving, wiki, forum *sp, b *browser, k known, key string) {
	t.Helper()
	l = leave(t)
	doors := slo(metadata.BindingRedirect, "https://wiki.example/slo", metadata.BindingPOST, "https://wiki.example/post")
	wiki = l.provider("wiki", settings, doors)
	forum = l.provider("forum", directory.SAMLSettings{}, byRedirect("forum"))
	b = l.browser()
	k = l.signsOn(b, wiki)
	return l, wiki, forum, b, k, l.session(k)
}

// A5: whatever is wrapped around a signed request, nothing but what was signed ends.
func TestA5WrappedLogoutRequests(t *testing.T) {
	l, wiki, _, b, k, key := victim(t, directory.SAMLSettings{})
	stranger := known{name: nameID{Value: "somebody-else", Format: metadata.NameIDPersistent}, index: "other"}
	signed := wiki.signedXML(wiki.leaves(stranger).xml())
	for _, attack := range xmlsigtest.Wrap(signed, wiki.leaves(k).xml()) {
		p := b.posts(posted(attack.Document, ""))
		if p.header.Get("Location") != "" || p.form.Has(samlResponse) || p.status == http.StatusOK {
			t.Errorf("%s: %d at %s", attack.Name, p.status, p.path)
		}
		if !l.alive(key) {
			t.Fatalf("%s: ended the session", attack.Name)
		}
	}
}

func TestA9AndA10StrangersNamespaces(t *testing.T) {
	l, wiki, _, b, k, key := victim(t, directory.SAMLSettings{})
	mine := known{name: nameID{Value: "nobody", Format: metadata.NameIDPersistent}, index: "x"}
	for name, change := range map[string]func(*bye){
		"NameID of a stranger's namespace": func(y *bye) {
			y.name = `<x:NameID xmlns:x="urn:foreign">` + k.name.Value + `</x:NameID>`
		},
		"NameID within another": func(y *bye) {
			y.name = `<saml:NameID>` + nameXML(k.name) + `</saml:NameID>`
		},
		"two NameIDs": func(y *bye) { y.name = nameXML(mine.name) + nameXML(k.name) },
		"NameID in a comment": func(y *bye) {
			y.name = `<saml:NameID>` + k.name.Value[:4] + `<!-- -->` + k.name.Value[4:] + `</saml:NameID>`
		},
		"NameID beside a BaseID": func(y *bye) { y.name = `<saml:BaseID/>` + nameXML(k.name) },
		"no name at all":         func(y *bye) { y.name = "" },
		"an empty name":          func(y *bye) { y.name = `<saml:NameID/>` },
		"two Issuers":            func(y *bye) { y.issuer += y.issuer },
		"no ID":                  func(y *bye) { y.id = "" },
		"an ID with a space":     func(y *bye) { y.id = "a b" },
		"a time without a zone":  func(y *bye) { y.issued = "2026-03-01T12:00:00" },
		"until never":            func(y *bye) { y.until = "never" },
		"a thousand sessions":    func(y *bye) { y.indexes = slices.Repeat([]string{"x"}, 51) },
	} {
		p := b.leavesBy(wiki, wiki.leaves(k, change), "")
		if p.status < 400 || !l.alive(key) {
			t.Errorf("%s: %d at %s, the session lives: %v", name, p.status, p.path, l.alive(key))
		}
	}
	y := wiki.leaves(k, func(y *bye) {
		y.indexes = nil
		y.before = `<x:SessionIndex xmlns:x="urn:foreign">nothing</x:SessionIndex>`
	})
	if b.leavesBy(wiki, y, ""); l.alive(key) { // as if it were not there: all sessions
		t.Error("a foreign SessionIndex was read")
	}
}

func TestA18Destination(t *testing.T) {
	l, wiki, _, b, k, key := victim(t, directory.SAMLSettings{})
	for _, destination := range []string{"", ssoAddress, soapAddress, "http://id.example/saml/slo", "https://evil.example/saml/slo", sloAddress + "/"} {
		b.leavesBy(wiki, wiki.leaves(k, func(y *bye) { y.destination = destination }), "").told("message-unproven")
		if !l.alive(key) {
			t.Fatalf("%q: ended the session", destination)
		}
	}
}

func TestA20LogoutsThatAreNotBelieved(t *testing.T) {
	t.Run("unsigned", func(t *testing.T) {
		l, wiki, _, b, k, key := victim(t, directory.SAMLSettings{})
		b.get("/saml/slo?" + redirected(wiki.leaves(k).xml(), "")).told("message-unproven")
		b.posts(posted(wiki.leaves(k).xml(), "")).told("message-unproven")
		if !l.alive(key) {
			t.Error("ended the session")
		}
	})
	t.Run("signed by another service, with the victim's name", func(t *testing.T) {
		l, wiki, forum, b, k, key := victim(t, directory.SAMLSettings{})
		b.leavesBy(forum, wiki.leaves(k), "").told("message-unproven")
		// In its own name it is answered, and finds nobody it knows.
		p := b.leavesBy(forum, forum.leaves(k), "")
		if m := l.brings(p); m.to != "https://forum.example/slo" || !l.alive(key) {
			t.Errorf("to %s, the session lives: %v", m.to, l.alive(key))
		}
	})
	t.Run("signed with the key of encryption", func(t *testing.T) {
		l := leave(t)
		wiki := l.provider("wiki", directory.SAMLSettings{Encrypt: "never"}, func(l *look) {
			l.encryption = keyDescriptor("encryption", pairNamed("hidden"))
		}, byRedirect("wiki"))
		b := l.browser()
		k := l.signsOn(b, wiki)
		key := l.session(k)
		wrong := *wiki
		wrong.keys = pairNamed("hidden")
		b.leavesBy(&wrong, wiki.leaves(k), "").told("message-unproven")
		if !l.alive(key) {
			t.Error("ended the session")
		}
	})
	t.Run("replayed", func(t *testing.T) {
		l, wiki, _, b, k, _ := victim(t, directory.SAMLSettings{})
		y := wiki.leaves(k)
		b.leavesBy(wiki, y, "")
		again := l.signsOn(b, wiki)
		key := l.session(again)
		y.indexes = nil // what was seen once has the same ID, whatever else it says
		b.leavesBy(wiki, y, "").told("expired")
		if !l.alive(key) {
			t.Error("a replay ended the next session")
		}
	})
	t.Run("too old by its own word", func(t *testing.T) {
		l, wiki, _, b, k, key := victim(t, directory.SAMLSettings{})
		until := l.clock.Now().Add(-6 * time.Minute).Format(time.RFC3339)
		b.leavesBy(wiki, wiki.leaves(k, func(y *bye) { y.until = until }), "").told("message-stale")
		if !l.alive(key) {
			t.Error("ended the session")
		}
	})
	t.Run("of a service that was stopped", func(t *testing.T) {
		l, wiki, _, b, k, key := victim(t, directory.SAMLSettings{})
		l.town.change(wiki.service.ID, func(s *directory.Service) { s.State = directory.Suspended })
		b.leavesBy(wiki, wiki.leaves(k), "").told("client-unknown")
		if !l.alive(key) {
			t.Error("ended the session")
		}
	})
	t.Run("a request where responses go, and the other way round", func(t *testing.T) {
		l, wiki, _, b, k, key := victim(t, directory.SAMLSettings{})
		query := strings.Replace(redirected(wiki.leaves(k).xml(), ""), "SAMLRequest=", "SAMLResponse=", 1)
		b.get("/saml/slo?" + wiki.signedQuery(query))
		b.sso(wiki.signedQuery(redirected(wiki.leaves(k).xml(), ""))).told("bad-request")
		if !l.alive(key) {
			t.Error("ended the session")
		}
	})
}

// Services that cannot sign may be allowed to ask; then it is the person who is
// asked, in a way that no other page can answer for them.
func TestA20AnUnsignedLogoutAsksThePerson(t *testing.T) {
	unsigned := directory.SAMLSettings{UnsignedLogout: true}
	t.Run("and they say yes", func(t *testing.T) {
		for _, posting := range []bool{false, true} {
			l, wiki, _, b, k, key := victim(t, unsigned)
			y := wiki.leaves(k)
			p := b.get("/saml/slo?" + redirected(y.xml(), "relay"))
			to := "https://wiki.example/slo"
			if posting {
				to, p = "https://wiki.example/post", b.posts(posted(y.xml(), "relay"))
			}
			p.at("/saml/slo/confirm")
			if !strings.Contains(p.body, `id="logout-confirm"`) || !strings.Contains(p.body, "The wiki") || !l.alive(key) {
				t.Fatalf("not asked: %s", text(p.body))
			}
			if policy := p.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https://wiki.example") {
				t.Errorf("browsers stop the way back: %s", policy)
			}
			l.wantAnswer(p.submit(), to, y, "") // anybody could have written the relay
			if l.alive(key) {
				t.Error("the session lives")
			}
		}
	})
	t.Run("and nothing ends before they do", func(t *testing.T) {
		l, wiki, _, b, k, key := victim(t, unsigned)
		p := b.get("/saml/slo?" + redirected(wiki.leaves(k).xml(), "")).at("/saml/slo/confirm")
		thief := l.browser()
		r, err := http.NewRequest(http.MethodPost, issuer+p.action, strings.NewReader(p.form.Encode()))
		l.must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		res, err := b.client.Do(r) // a page elsewhere posts with the victim's cookies
		l.must(err)
		if res.StatusCode != http.StatusForbidden || !l.alive(key) {
			t.Errorf("%d, the session lives: %v", res.StatusCode, l.alive(key))
		}
		thief.get("/saml/slo/confirm?" + p.form.Encode())
		if !l.alive(key) {
			t.Error("another browser ended it")
		}
	})
	t.Run("about somebody else", func(t *testing.T) {
		l, wiki, _, b, k, key := victim(t, unsigned)
		stranger := k
		stranger.name.Value = "somebody-else"
		p := b.get("/saml/slo?" + redirected(wiki.leaves(stranger).xml(), "")).at("/saml/slo/confirm")
		if !l.alive(key) || !strings.Contains(p.body, `id="logout-confirm"`) {
			t.Errorf("nobody was asked: %s", text(p.body))
		}
	})
	t.Run("where nobody is logged in: nothing is signed to whoever made it up", func(t *testing.T) {
		l, wiki, _, _, k, key := victim(t, unsigned)
		for _, posting := range []bool{false, true} {
			y, stranger := wiki.leaves(k, func(y *bye) { y.id += "-chosen" }), l.browser()
			p := stranger.get("/saml/slo?" + redirected(y.xml(), "https://evil.example/"))
			if posting {
				p = stranger.posts(posted(wiki.leaves(k).xml(), "https://evil.example/"))
			}
			p.at("/saml/slo/confirm")
			if p.header.Get("Location") != "" || p.form.Has(samlResponse) || strings.Contains(p.body, "evil") || !l.alive(key) {
				t.Errorf("posting %v: sent to %q, the session lives: %v: %s", posting, p.header.Get("Location"), l.alive(key), text(p.body))
			}
			if !strings.Contains(p.body, `href="https://wiki.example/"`) {
				t.Errorf("no way back: %s", text(p.body))
			}
		}
	})
	t.Run("about a session of another browser", func(t *testing.T) {
		l, wiki, _, _, k, key := victim(t, unsigned)
		other := l.browser()
		l.signsOn(other, wiki)
		y := wiki.leaves(k) // the index of the first
		other.get("/saml/slo?" + redirected(y.xml(), ""))
		if !l.alive(key) {
			t.Error("ended the session of another browser")
		}
	})
	t.Run("with a signature that is wrong", func(t *testing.T) {
		l, wiki, forum, b, k, key := victim(t, unsigned)
		b.leavesBy(forum, wiki.leaves(k), "").told("message-unproven")
		if !l.alive(key) {
			t.Error("ended the session")
		}
	})
	t.Run("with a hidden name", func(t *testing.T) {
		l, wiki, _, b, k, key := victim(t, unsigned)
		y := wiki.leaves(k, func(y *bye) { y.name = hidden(t, l, k.name) })
		b.get("/saml/slo?" + redirected(y.xml(), "")).told("bad-request")
		if !l.alive(key) {
			t.Error("ended the session")
		}
	})
}

// on the way is a departure whose wiki was asked and has not answered.
func onTheWay(t *testing.T, settings directory.SAMLSettings) (l *leaving, wiki, forum *sp, b *browser, m sent) {
	t.Helper()
	l, wiki, forum, b, _, _ = victim(t, settings)
	l.signsOn(b, forum)
	p := b.get("/bye").at("/farewell").goesOn()
	if m = l.brings(p); m.to == "https://forum.example/slo" {
		p = b.answers(forum, forum.hears(m), m.relay).at("/farewell").goesOn()
		m = l.brings(p)
	}
	return l, wiki, forum, b, m
}

// stands reports whether the wiki is still waited for.
func (l *leaving) stands(t *testing.T, m sent) bool {
	t.Helper()
	_, i, err := l.room.Relayed(t.Context(), m.relay)
	if err != nil {
		return false
	}
	d, _, err := l.room.Relayed(t.Context(), m.relay)
	return err == nil && d.Legs[i].Waits()
}

func TestA21OnlyTheAwaitedResponseGoesOn(t *testing.T) {
	for name, bring := range map[string]func(wiki, forum *sp, b *browser, m sent) *page{
		"to another request": func(wiki, _ *sp, b *browser, m sent) *page {
			return b.answers(wiki, wiki.hears(m, func(h *heard) { h.to = "_" + strings.Repeat("A", 22) }), m.relay)
		},
		"to nothing": func(wiki, _ *sp, b *browser, m sent) *page {
			return b.answers(wiki, wiki.hears(m, func(h *heard) { h.to = "" }), m.relay)
		},
		"with another relay": func(wiki, _ *sp, b *browser, m sent) *page {
			return b.answers(wiki, wiki.hears(m), m.relay[:21]+"_")
		},
		"of another service": func(_, forum *sp, b *browser, m sent) *page {
			return b.answers(forum, forum.hears(m), m.relay)
		},
		"signed by another": func(wiki, forum *sp, b *browser, m sent) *page {
			return b.answers(forum, wiki.hears(m), m.relay)
		},
		"of a stranger": func(wiki, _ *sp, b *browser, m sent) *page {
			return b.answers(wiki, wiki.hears(m, func(h *heard) { h.issuer = "https://evil.example" }), m.relay)
		},
		"unsigned": func(wiki, _ *sp, b *browser, m sent) *page {
			return b.get("/saml/slo?" + strings.Replace(redirected(wiki.hears(m).xml(), m.relay), "SAMLRequest", "SAMLResponse", 1))
		},
		"tampered with": func(wiki, _ *sp, b *browser, m sent) *page {
			signed := wiki.signedXML(wiki.hears(m, func(h *heard) { h.status = statusRequester }).xml())
			return b.posts(responding(strings.Replace(signed, statusRequester, statusSuccess, 1), m.relay))
		},
		"to another door": func(wiki, _ *sp, b *browser, m sent) *page {
			return b.answers(wiki, wiki.hears(m, func(h *heard) { h.destination = ssoAddress }), m.relay)
		},
		"yesterday's": func(wiki, _ *sp, b *browser, m sent) *page {
			at := wiki.w.clock.Now().Add(-24 * time.Hour).Format(time.RFC3339)
			return b.answers(wiki, wiki.hears(m, func(h *heard) { h.issued = at }), m.relay)
		},
		"without a status": func(wiki, _ *sp, b *browser, m sent) *page {
			xml := wiki.hears(m).xml()
			i, j := strings.Index(xml, "<samlp:Status>"), strings.Index(xml, "</samlp:LogoutResponse>")
			return b.posts(responding(wiki.signedXML(xml[:i]+xml[j:]), m.relay))
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, wiki, forum, b, m := onTheWay(t, directory.SAMLSettings{})
			p := bring(wiki, forum, b, m)
			if !l.stands(t, m) {
				t.Fatalf("the departure moved on: %d at %s", p.status, p.path)
			}
			if p.path != "/farewell" {
				t.Errorf("the person is left at %s (%d)", p.path, p.status)
			}
			// The true one still counts.
			if b.answers(wiki, wiki.hears(m), m.relay); l.stands(t, m) {
				t.Error("the awaited answer was not taken")
			}
		})
	}
	t.Run("wrapped", func(t *testing.T) {
		l, wiki, _, b, m := onTheWay(t, directory.SAMLSettings{})
		signed := wiki.signedXML(wiki.hears(m, func(h *heard) { h.to = "_" + strings.Repeat("A", 22) }).xml())
		for _, attack := range xmlsigtest.Wrap(signed, wiki.hears(m).xml()) {
			if b.posts(responding(attack.Document, m.relay)); !l.stands(t, m) {
				t.Fatalf("%s: the departure moved on", attack.Name)
			}
		}
	})
	t.Run("without a relay, as some services answer", func(t *testing.T) {
		l, wiki, _, b, m := onTheWay(t, directory.SAMLSettings{})
		if b.answers(wiki, wiki.hears(m), ""); l.stands(t, m) {
			t.Error("not taken")
		}
	})
	t.Run("by form, which brings no cookie", func(t *testing.T) {
		l, wiki, _, b, m := onTheWay(t, directory.SAMLSettings{})
		p := b.posts(responding(wiki.signedXML(wiki.hears(m).xml()), m.relay))
		if l.stands(t, m) || !strings.Contains(p.body, "You are logged out") {
			t.Errorf("at %s: %s", p.path, text(p.body))
		}
	})
	t.Run("that says no", func(t *testing.T) {
		l, wiki, _, b, m := onTheWay(t, directory.SAMLSettings{})
		p := b.answers(wiki, wiki.hears(m, func(h *heard) { h.status = statusResponder }), m.relay)
		if l.stands(t, m) || !strings.Contains(p.body, "outcome-status failed") {
			t.Errorf("at %s: %s", p.path, text(p.body))
		}
	})
	t.Run("unsigned, of a service that cannot sign: it goes on, and is not believed", func(t *testing.T) {
		l, wiki, _, b, m := onTheWay(t, directory.SAMLSettings{UnsignedLogout: true})
		p := b.get("/saml/slo?" + strings.Replace(redirected(wiki.hears(m).xml(), m.relay), "SAMLRequest", "SAMLResponse", 1))
		if l.stands(t, m) || !strings.Contains(p.body, "outcome-status asked") {
			t.Errorf("at %s: %s", p.path, text(p.body))
		}
	})
}

func responding(xml, relay string) url.Values {
	return url.Values{samlResponse: {base64.StdEncoding.EncodeToString([]byte(xml))}, "RelayState": {relay}}
}

// A22: what a service sends along comes back to it, and leads nobody anywhere.
func TestA22RelayStateIsNotFollowed(t *testing.T) {
	for _, evil := range []string{"https://evil.example/", "//evil.example", "javascript:alert(1)", "/account/erase"} {
		l, wiki, _, b, k, _ := victim(t, directory.SAMLSettings{})
		y := wiki.leaves(k)
		l.wantAnswer(b.leavesBy(wiki, y, evil), "https://wiki.example/slo", y, evil)
		if p := b.answers(wiki, wiki.hears(sent{root: etree.NewElement("x")}), evil); strings.Contains(p.header.Get("Location"), "evil") {
			t.Errorf("gone to %s", p.header.Get("Location"))
		}
	}
}

// hidden is a name that only Clau can read.
func hidden(t *testing.T, l *leaving, n nameID) string {
	t.Helper()
	doc := etree.NewElement("saml:NameID")
	doc.CreateAttr("xmlns:saml", nsAssertion)
	for key, value := range map[string]string{"Format": n.Format, "NameQualifier": n.Qualifier, "SPNameQualifier": n.SPQualifier} {
		if value != "" {
			doc.CreateAttr(key, value)
		}
	}
	doc.SetText(n.Value)
	data, err := xmlsig.Encrypt(doc, &l.certs.key.PublicKey, xmlsig.AES128GCM, l.p.c.Rand)
	l.must(err)
	wrapper := etree.NewElement("saml:EncryptedID")
	wrapper.CreateAttr("xmlns:saml", nsAssertion)
	wrapper.AddChild(data)
	raw, err := xmlsig.Bytes(wrapper)
	l.must(err)
	return string(raw)
}

func TestA23HiddenNames(t *testing.T) {
	l, wiki, _, b, k, key := victim(t, directory.SAMLSettings{})
	good := hidden(t, l, k.name)
	stranger := *l.certs
	l.certs.key = pairNamed("stranger").key
	wrong := hidden(t, l, k.name)
	l.certs.key = stranger.key
	i := strings.LastIndex(good, "CipherValue>")
	flipped := good[:i-20] + "AAAA" + good[i-16:]
	for name, name2 := range map[string]string{
		"for another key": wrong, "altered": flipped, "twice": good + good, "beside a name in clear": good + nameXML(k.name),
		"empty": `<saml:EncryptedID/>`, "of nothing": `<saml:EncryptedID><x xmlns="urn:x"/></saml:EncryptedID>`,
	} {
		p := b.leavesBy(wiki, wiki.leaves(k, func(y *bye) { y.name = name2 }), "").told("bad-request")
		if !l.alive(key) {
			t.Errorf("%s: ended the session (%d)", name, p.status)
		}
	}
	y := wiki.leaves(k, func(y *bye) { y.name = good })
	l.wantAnswer(b.leavesBy(wiki, y, ""), "https://wiki.example/slo", y, "")
	if l.alive(key) {
		t.Error("a hidden name was not found")
	}
}

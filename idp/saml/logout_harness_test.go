// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/farewell"
	"commonscloud.coop/clau/idp/logout"
	"commonscloud.coop/clau/idp/saml/metadata"
	"commonscloud.coop/clau/idp/saml/xmlsig"
	"commonscloud.coop/clau/idp/session"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/web"
)

const (
	sloAddress  = issuer + "/saml/slo"
	soapAddress = issuer + "/saml/soap"
)

// leaving is the world with the log-out wired in, and one more protocol: its
// services are told behind the scenes.
type leaving struct {
	*world
	others *others
	room   *logout.Room
	goodby *farewell.Room
}

// others is a protocol such as OpenID Connect.
type others struct {
	mu   sync.Mutex
	deaf error
	told []logout.Participant
}

func (*others) Protocol() string { return "oidc" }

func (o *others) Deliver(_ context.Context, p logout.Participant) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.deaf != nil {
		return o.deaf
	}
	o.told = append(o.told, p)
	return nil
}

func leave(t testing.TB, change ...func(*Config)) *leaving {
	t.Helper()
	l := &leaving{others: &others{}}
	l.world = start(t, append(change, func(c *Config) {
		l.room = c.Room
		l.goodby = farewell.New(farewell.Config{Logout: c.Room, Browsers: c.Sessions.(*session.Manager), Directory: c.Directory, Pages: drawn()})
		c.Farewell = l.goodby
	})...)
	l.room.Employ(l.p, l.others)
	l.goodby.Employ(l.p)
	at, err := url.Parse(issuer)
	l.must(err)
	l.handler, err = web.NewRouter(web.Config{
		Issuer: at, Pages: drawn(), Logger: slog.New(slog.NewTextHandler(l.logs, nil)), Now: time.Now, Rand: rand.Reader,
		Limits: web.Limits{PerSecond: 1e9, Burst: 1 << 30},
	}, l.pipeline, l.p, l.goodby, l)
	l.must(err)
	return l
}

// Routes is the log-out that a person begins at Clau itself.
func (l *leaving) Routes() []web.Route {
	return []web.Route{{Pattern: "GET /bye", Needs: web.Anyone, Handle: func(w http.ResponseWriter, r *http.Request) error {
		s, err := l.sessions.Read(r)
		if err != nil {
			return err
		}
		outcomes, err := l.room.End(r.Context(), s.Key)
		if err != nil {
			return err
		}
		return l.goodby.Begin(w, r, logout.Departure{Protocol: "account"}, outcomes)
	}}}
}

// slo adds SingleLogoutServices to a provider's metadata: bindings and locations
// in turn; a location may hold the ResponseLocation after a space.
func slo(pairs ...string) func(*look) {
	out := ""
	for i := 0; i < len(pairs); i += 2 {
		location, response, apart := strings.Cut(pairs[i+1], " ")
		out += `<md:SingleLogoutService Binding="` + pairs[i] + `" Location="` + location + `"`
		if apart {
			out += ` ResponseLocation="` + response + `"`
		}
		out += `/>`
	}
	return func(l *look) { l.formats = out + l.formats }
}

// byRedirect is the log-out that most services have.
func byRedirect(name string) func(*look) {
	return slo(metadata.BindingRedirect, "https://"+name+".example/slo")
}

// known is how a service knows somebody's session.
type known struct {
	name  nameID
	index string
}

var (
	nameInside  = regexp.MustCompile(`<saml:NameID([^>]*)>([^<]*)</saml:NameID>`)
	indexInside = regexp.MustCompile(`SessionIndex="([^"]*)"`)
	attrInside  = regexp.MustCompile(`(\w+)="([^"]*)"`)
)

// signsOn signs the browser's person on at a service.
func (l *leaving) signsOn(b *browser, s *sp, change ...func(*ask)) known {
	l.t.Helper()
	p := b.asks(s, change...).through("anna.vila")
	raw, err := base64.StdEncoding.DecodeString(p.form.Get("SAMLResponse"))
	l.must(err)
	name, index := nameInside.FindSubmatch(raw), indexInside.FindSubmatch(raw)
	if name == nil || index == nil {
		l.t.Fatalf("not signed on at %s: %s %.300s", s.name, p.path, raw)
	}
	k := known{name: nameID{Value: string(name[2])}, index: string(index[1])}
	for _, a := range attrInside.FindAllStringSubmatch(string(name[1]), -1) {
		switch a[1] {
		case "Format":
			k.name.Format = a[2]
		case "NameQualifier":
			k.name.Qualifier = a[2]
		case "SPNameQualifier":
			k.name.SPQualifier = a[2]
		}
	}
	return k
}

// bye is a LogoutRequest before it is written.
type bye struct {
	id, issued, until, destination string
	issuer, name                   string // elements
	before                         string // between Issuer and name
	indexes                        []string
}

func (s *sp) leaves(k known, change ...func(*bye)) bye {
	y := bye{
		id: s.w.nextID(), issued: s.w.clock.Now().Format(time.RFC3339), destination: sloAddress,
		issuer: `<saml:Issuer>` + s.entityID + `</saml:Issuer>`, name: nameXML(k.name), indexes: []string{k.index},
	}
	for _, one := range change {
		one(&y)
	}
	return y
}

func nameXML(n nameID) string {
	doc := etree.NewDocument()
	doc.SetRoot(n.element())
	out, err := doc.WriteToString()
	if err != nil {
		panic(err)
	}
	return out
}

func (y bye) xml() string {
	out := `<samlp:LogoutRequest xmlns:samlp="` + nsProtocol + `" xmlns:saml="` + nsAssertion + `" Version="2.0"`
	for _, one := range [][2]string{{"ID", y.id}, {"IssueInstant", y.issued}, {"NotOnOrAfter", y.until}, {"Destination", y.destination}} {
		if one[1] != "" {
			out += ` ` + one[0] + `="` + one[1] + `"`
		}
	}
	out += `>` + y.issuer + y.before + y.name
	for _, index := range y.indexes {
		out += `<samlp:SessionIndex>` + index + `</samlp:SessionIndex>`
	}
	return out + `</samlp:LogoutRequest>`
}

// leavesBy brings a signed LogoutRequest by redirect.
func (b *browser) leavesBy(s *sp, y bye, relay string) *page {
	b.w.t.Helper()
	return b.get("/saml/slo?" + s.signedQuery(redirected(y.xml(), relay)))
}

// posts brings a message from another site, and goes on as a browser does.
func (b *browser) posts(form url.Values) *page {
	b.w.t.Helper()
	r, err := http.NewRequest(http.MethodPost, sloAddress, strings.NewReader(form.Encode()))
	b.w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := b.away.Do(r)
	b.w.must(err)
	to := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/") {
		return b.read(res)
	}
	return b.get(to)
}

// goesOn follows the link of the farewell page.
func (p *page) goesOn() *page {
	p.b.w.t.Helper()
	found := regexp.MustCompile(`href="([^"]*)" id="continue"`).FindStringSubmatch(p.body)
	if found == nil {
		p.b.w.t.Fatalf("no way on at %s (%d): %s", p.path, p.status, text(p.body))
	}
	return p.b.get(html.UnescapeString(found[1]))
}

// sent is a message of Clau's that the browser is on its way with.
type sent struct {
	to      string // where, without the query
	root    *etree.Element
	relay   string
	success bool // of a response
	partial bool
}

// brings reads the message that the page sends the browser away with, and
// verifies its signature.
func (l *leaving) brings(p *page) sent {
	l.t.Helper()
	if to := p.header.Get("Location"); to != "" {
		at, err := url.Parse(to)
		l.must(err)
		q, err := xmlsig.ReadQuery(at.RawQuery)
		l.must(err)
		l.must(q.Verify(keysOf(l.certs), xmlsig.Options{}))
		root, err := xmlsig.Parse(q.Message, xmlsig.Message())
		l.must(err)
		at.RawQuery = ""
		return read(at.String(), root, q.RelayState)
	}
	name := samlRequest
	if p.form.Has(samlResponse) {
		name = samlResponse
	}
	raw, err := base64.StdEncoding.DecodeString(p.form.Get(name))
	l.must(err)
	if len(raw) == 0 {
		l.t.Fatalf("nothing is sent from %s (%d): %s", p.path, p.status, text(p.body))
	}
	root, err := xmlsig.Parse(raw, xmlsig.Message())
	l.must(err)
	root, err = xmlsig.Verify(root, keysOf(l.certs), xmlsig.Options{})
	l.must(err)
	return read(p.action, root, p.form.Get("RelayState"))
}

func read(to string, root *etree.Element, relay string) sent {
	m := sent{to: to, root: root, relay: relay}
	code := xmlsig.Child(xmlsig.Child(root, nsProtocol, "Status"), nsProtocol, "StatusCode")
	value, _ := xmlsig.Attr(code, "Value")
	second, _ := xmlsig.Attr(xmlsig.Child(code, nsProtocol, "StatusCode"), "Value")
	m.success, m.partial = value == statusSuccess, second == statusPartialLogout
	return m
}

func (m sent) attr(name string) string {
	value, _ := xmlsig.Attr(m.root, name)
	return value
}

// heard is a LogoutResponse before it is written.
type heard struct {
	id, issued, destination, to string
	issuer, status              string
}

func (s *sp) hears(m sent, change ...func(*heard)) heard {
	h := heard{
		id: s.w.nextID(), issued: s.w.clock.Now().Format(time.RFC3339), destination: sloAddress, to: m.attr("ID"),
		issuer: s.entityID, status: statusSuccess,
	}
	for _, one := range change {
		one(&h)
	}
	return h
}

func (h heard) xml() string {
	return fmt.Sprintf(`<samlp:LogoutResponse xmlns:samlp="%s" xmlns:saml="%s" ID="%s" Version="2.0" IssueInstant="%s" Destination="%s" InResponseTo="%s">`+
		`<saml:Issuer>%s</saml:Issuer><samlp:Status><samlp:StatusCode Value="%s"/></samlp:Status></samlp:LogoutResponse>`,
		nsProtocol, nsAssertion, h.id, h.issued, h.destination, h.to, h.issuer, h.status)
}

// answers brings the service's signed answer by redirect.
func (b *browser) answers(s *sp, h heard, relay string) *page {
	b.w.t.Helper()
	query := strings.Replace(redirected(h.xml(), relay), "SAMLRequest=", "SAMLResponse=", 1)
	return b.get("/saml/slo?" + s.signedQuery(query))
}

// session is the key of the session that a service knows by its index.
func (l *leaving) session(k known) string {
	l.t.Helper()
	key, _, err := l.room.BySID(l.t.Context(), k.index)
	l.must(err)
	return key
}

func (l *leaving) alive(key string) bool {
	l.t.Helper()
	_, err := l.sessions.Load(l.t.Context(), key)
	if err != nil && !errors.Is(err, session.ErrNone) {
		l.t.Fatal(err)
	}
	return err == nil
}

// joins lets a service of another protocol take part in a session.
func (l *leaving) joins(key string, service directory.ServiceID) {
	l.t.Helper()
	s, err := l.sessions.Load(l.t.Context(), key)
	l.must(err)
	l.town.mu.Lock()
	l.town.services[service] = directory.Service{ID: service, Title: "The " + string(service), State: directory.Active, OIDC: &directory.OIDCClient{}}
	l.town.mu.Unlock()
	var ops []store.Op = l.room.Enter(s, logout.Participant{Protocol: "oidc", Service: service, Subject: "sub", SID: "sid-" + key})
	l.must(l.store.Write(l.t.Context(), ops...))
}

func keysOf(p *pair) []crypto.PublicKey { return []crypto.PublicKey{p.key.Public()} }

// SPDX-License-Identifier: AGPL-3.0-or-later

package idptest

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp"
	"commonscloud.coop/clau/idp/audit"
	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/keys"
	"commonscloud.coop/clau/idp/store"
	"commonscloud.coop/clau/idp/store/bolt"
	"commonscloud.coop/clau/idp/web"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/embedded"
	"commonscloud.coop/clau/themes"
)

// drawn are the pages: read once, since nothing changes them and it takes long.
var drawn = sync.OnceValues(func() (*themes.Themes, error) { return themes.New(themes.Config{}) })

// Options say how a Clau is started. The zero value is embedded, with the
// sample federation.
type Options struct {
	// Servers are used instead of the embedded stores.
	Servers *Servers

	// Nodes is how many of Clau answer in turn, as behind a balancer, with the
	// same stores and master secret; zero: one.
	Nodes int

	// TLS makes the issuer https, with a certificate that [Clau.Roots] trusts.
	TLS bool

	// Configure changes the wiring before it is made.
	Configure func(*idp.Config)
}

// Clau is a running Clau with the sample federation in it.
type Clau struct {
	Issuer    string
	Directory directory.Backend
	Store     store.Store
	People    map[string]directory.Person // by handle
	Clock     *Clock
	Logs      *Logs
	Audit     *audit.Memory
	Mail      *Mailbox
	Roots     *x509.CertPool // nil: the system's

	held    held
	nodes   []*idp.Clau
	servers *Servers // nil: embedded
	dir     string   // of the embedded files
	rewrite []func(context.Context) error
}

// Node is the first of those that answer.
func (c *Clau) Node() *idp.Clau { return c.nodes[0] }

// Tidy rewrites the embedded files, as happens every day.
func (c *Clau) Tidy(t testing.TB) {
	t.Helper()
	c.Node().Tidy(context.Background())
}

// Later lets time pass, and does what is due then.
func (c *Clau) Later(t testing.TB, d time.Duration) {
	t.Helper()
	c.Clock.Advance(d)
	must(t, c.Node().Sweep(context.Background()))
}

// Start runs a Clau in this process until the test ends.
func Start(t testing.TB, o Options) *Clau {
	t.Helper()
	c := &Clau{Clock: &Clock{}, Logs: &Logs{}, Audit: &audit.Memory{}, Mail: &Mailbox{}, servers: o.Servers}
	t.Cleanup(func() { c.afterwards(t) })
	c.open(t, o.Servers)
	c.People = Populate(t, c.Directory)
	c.serve(t, o)
	return c
}

// open opens the directory and the store.
func (c *Clau) open(t testing.TB, servers *Servers) {
	t.Helper()
	if servers != nil {
		c.Directory, c.held.Store = servers.open(t, c)
	} else {
		c.Directory, c.held.Store = embeddedStores(t, c)
	}
	c.Store = &c.held
	t.Cleanup(func() {
		c.Directory.Close()
		c.Store.Close()
	})
}

func embeddedStores(t testing.TB, c *Clau) (directory.Backend, store.Store) {
	t.Helper()
	const base = "dc=clau,dc=test"
	dir := t.TempDir()
	c.dir = dir
	server, err := embedded.Open(embedded.Config{
		Path: filepath.Join(dir, "directory.db"), Base: base, Now: c.Clock.Now, Rand: rand.Reader,
		Logger: c.Logs.Logger(), Argon2: embedded.Argon2{Memory: 64, Time: 1, Threads: 1},
	})
	must(t, err)
	t.Cleanup(func() { server.Close() })
	backend, err := ldapbackend.Open(ldapbackend.Config{
		Dial: server.Dial, Base: base, Now: c.Clock.Now, Rand: rand.Reader, Logger: c.Logs.Logger(),
	})
	must(t, err)
	state, err := bolt.Open(bolt.Config{Path: filepath.Join(dir, "state.db"), Now: c.Clock.Now, Logger: c.Logs.Logger()})
	must(t, err)
	c.rewrite = []func(context.Context) error{server.Compact, state.Compact}
	return backend, state
}

// serve wires the nodes and lets them answer in turn on a free port.
func (c *Clau) serve(t testing.TB, o Options) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	c.Issuer = strings.Replace("http://"+server.Listener.Addr().String(), "127.0.0.1", "localhost", 1)
	if o.TLS {
		c.Issuer = "https://" + server.Listener.Addr().String() // the name in the certificate
	}
	config := c.config(t, o)
	nodes := make([]http.Handler, max(1, o.Nodes))
	for i := range nodes {
		nodes[i] = c.node(t, config)
	}
	var turn atomic.Uint32
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nodes[int(turn.Add(1))%len(nodes)].ServeHTTP(w, r)
	})
	t.Cleanup(server.Close)
	if !o.TLS {
		server.Start()
		return
	}
	server.StartTLS()
	c.Roots = x509.NewCertPool()
	c.Roots.AddCert(server.Certificate())
}

// node runs one Clau until the test ends.
func (c *Clau) node(t testing.TB, config idp.Config) http.Handler {
	t.Helper()
	node, err := idp.New(config)
	must(t, err)
	c.nodes = append(c.nodes, node)
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = node.Run(ctx) // ends with ctx
	}()
	t.Cleanup(func() {
		cancel()
		<-over
	})
	select {
	case <-node.Ready():
	case <-time.After(20 * time.Second):
		t.Fatalf("clau is not ready:\n%s", c.Logs)
	}
	return node
}

func (c *Clau) config(t testing.TB, o Options) idp.Config {
	t.Helper()
	issuer, err := url.Parse(c.Issuer)
	must(t, err)
	master, err := keys.NewMaster(rand.Reader)
	must(t, err)
	pages, err := drawn()
	must(t, err)
	config := idp.Config{
		Issuer: issuer, Directory: c.Directory, Store: c.Store, Master: master, Themes: pages,
		Mail: c.Mail, Audit: c.Audit, Logger: c.Logs.Logger(), Now: c.Clock.Now, Rand: rand.Reader,
		Outbound: web.NewOutbound(web.OutboundConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}),
		RSABits:  2048,
		Rewrite:  c.rewrite,
	}
	if o.Configure != nil {
		o.Configure(&config)
	}
	return config
}

// afterwards looks at what every story must leave behind: no panic, and no
// password in the log.
func (c *Clau) afterwards(t testing.TB) {
	t.Helper()
	c.Logs.Hides(t, map[string]string{"a panic": "panic", "a password": Password})
	for key, fault := range c.held.faults {
		t.Errorf("the store's %s %s", key, fault)
	}
	if t.Failed() {
		t.Logf("what Clau said:\n%s", tail(c.Logs.String(), 6000))
	}
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// AddService registers a service.
func (c *Clau) AddService(t testing.TB, s directory.Service) {
	t.Helper()
	must(t, c.Directory.AddService(context.Background(), directory.System(), s))
}

// AddPerson makes a member of the Ateneu, with everybody's password.
func (c *Clau) AddPerson(t testing.TB, handle string) directory.Person {
	t.Helper()
	ctx, by := context.Background(), directory.System()
	p := someone(handle, handle, Ateneu)
	must(t, c.Directory.AddPerson(ctx, by, p))
	must(t, c.Directory.SetPassword(ctx, by, p.ID, Password))
	must(t, c.Directory.AddMember(ctx, by, Ateneu, p.ID))
	return p
}

// SetPolicy writes what a collective has decided about consent: members of the
// JSON object beyond those that every policy has.
func (c *Clau) SetPolicy(t testing.TB, name directory.CollectiveName, members string) {
	t.Helper()
	raw := []byte(`{"remember_days":365,"anonymous":true,"pseudonyms":true` + members + `}`)
	must(t, c.Directory.ChangeCollective(context.Background(), directory.System(), name, directory.CollectiveChange{Policy: &raw}))
}

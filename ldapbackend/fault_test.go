// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/ldapbackend"
	"commonscloud.coop/clau/ldapbackend/slapdtest"
)

func somebody(handle string) directory.Person {
	return directory.Person{
		ID: directory.PersonID(uuid.NewString()), Handle: directory.Handle(handle), State: directory.Active,
		Name: "Marta Soler", Seed: []byte("seed"),
	}
}

func add(t *testing.T, b *ldapbackend.Backend, handle string) directory.Person {
	t.Helper()
	p := somebody(handle)
	if err := b.AddPerson(t.Context(), directory.System(), p); err != nil {
		t.Fatal(err)
	}
	return p
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

// within fails the test if do takes longer.
func within(t *testing.T, limit time.Duration, do func()) {
	t.Helper()
	began := time.Now()
	do()
	if took := time.Since(began); took > limit {
		t.Fatalf("took %v, want less than %v", took, limit)
	}
}

// eventually repeats do until it succeeds.
func eventually(t *testing.T, limit time.Duration, do func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = do(); err == nil {
			return
		}
	}
	t.Fatal(err)
}

// TestAServerThatIsDown: opening a backend does not need the server, calls say
// that it is away, and work resumes when it is there.
func TestAServerThatIsDown(t *testing.T) {
	server := slapdtest.Start(t)
	server.Stop()
	b := open(t, server.Config())
	is(t, b.Ready(t.Context()), directory.ErrUnavailable)
	is(t, b.AddPerson(t.Context(), directory.System(), somebody("marta")), directory.ErrUnavailable)
	_, err := b.Authenticate(t.Context(), "x", "a password")
	is(t, err, directory.ErrUnavailable)
	is(t, b.AuthenticateNobody(t.Context(), "a password"), directory.ErrUnavailable)
	is(t, b.Watch(t.Context(), func(directory.Change) {}), directory.ErrUnavailable)
	for _, err := range b.ListPeople(t.Context(), directory.PersonFilter{}) {
		is(t, err, directory.ErrUnavailable)
	}
	server.Restart()
	eventually(t, 5*time.Second, func() error { return b.Ready(t.Context()) })
	p := add(t, b, "marta")

	// A restart between two calls goes unnoticed: the read is tried again.
	server.Restart()
	if _, err := b.Person(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	_, err = b.Person(t.Context(), p.ID)
	is(t, err, directory.ErrUnavailable)
	server.Restart()
	eventually(t, 5*time.Second, func() error { _, err := b.Person(t.Context(), p.ID); return err })
}

// TestAServerThatHangs: nobody waits longer than the timeout or the caller's
// own patience, also for a request too large for the buffers of the line.
func TestAServerThatHangs(t *testing.T) {
	server := slapdtest.Start(t)
	config := server.Config()
	config.Timeout = 700 * time.Millisecond
	b := open(t, config)
	p := add(t, b, "marta")
	server.Freeze()
	within(t, 500*time.Millisecond, func() {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := b.Person(ctx, p.ID)
		is(t, err, context.DeadlineExceeded)
		is(t, err, directory.ErrUnavailable)
	})
	within(t, 4*time.Second, func() {
		_, err := b.Person(t.Context(), p.ID)
		is(t, err, directory.ErrUnavailable)
	})
	server.Thaw()
	eventually(t, 5*time.Second, func() error { _, err := b.Person(t.Context(), p.ID); return err })
	server.Freeze()
	huge := strings.Repeat("x", 16<<20)
	within(t, 500*time.Millisecond, func() {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		is(t, b.ChangePerson(ctx, directory.System(), p.ID, directory.PersonChange{Name: &huge}), directory.ErrUnavailable)
	})
	within(t, 4*time.Second, func() { _ = b.Close() })
}

// TestALineThatIsBlocked: the server reads nothing of a large write. The
// library would wait for ever; the deadline on the line ends it.
func TestALineThatIsBlocked(t *testing.T) {
	server := slapdtest.Start(t)
	proxy := newProxy(t, strings.TrimPrefix(server.LDAPS(), "ldaps://"))
	config := server.Config()
	config.URLs = []string{"ldaps://" + proxy.address}
	config.Timeout = 500 * time.Millisecond
	b := open(t, config)
	unit := directory.Collective{ID: uuid.NewString(), Name: "ateneu", State: directory.Active, Title: "Ateneu"}
	if err := b.AddCollective(t.Context(), directory.System(), unit); err != nil {
		t.Fatal(err)
	}
	proxy.hold()
	huge := strings.Repeat("x", 16<<20) // more than the sockets hold
	within(t, 20*time.Second, func() {
		err := b.ChangeCollective(t.Context(), directory.System(), "ateneu", directory.CollectiveChange{Description: &huge})
		is(t, err, directory.ErrUnavailable)
	})
}

// TestTheNextServerIsTaken: of two addresses the first is dead, or takes
// connections and says nothing, or dies while in use.
func TestTheNextServerIsTaken(t *testing.T) {
	server := slapdtest.Start(t)
	live := strings.TrimPrefix(server.LDAPS(), "ldaps://")
	t.Run("refused", func(t *testing.T) {
		config := server.Config()
		config.URLs = []string{"ldaps://" + deadAddress(t), server.LDAPS()}
		within(t, 2*time.Second, func() {
			if err := open(t, config).Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	})
	t.Run("silent", func(t *testing.T) {
		silent := newProxy(t, live)
		silent.hold()
		config := server.Config()
		config.URLs, config.Timeout = []string{"ldaps://" + silent.address, server.LDAPS()}, 500*time.Millisecond
		b := open(t, config)
		within(t, 3*time.Second, func() {
			if err := b.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
		within(t, 300*time.Millisecond, func() { // and is not asked again at once
			if err := b.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	})
	t.Run("falls silent", func(t *testing.T) {
		first := newProxy(t, live)
		config := server.Config()
		config.URLs, config.Timeout = []string{"ldaps://" + first.address, server.LDAPS()}, 500*time.Millisecond
		b := open(t, config)
		p := add(t, b, "marta")
		first.hold()
		within(t, 3*time.Second, func() {
			if _, err := b.Person(t.Context(), p.ID); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// TestABrokenWatchSaysSo: the server goes away under a watch.
func TestABrokenWatchSaysSo(t *testing.T) {
	server := slapdtest.Start(t)
	b := open(t, server.Config())
	stands, ended := make(chan struct{}, 8), make(chan error, 1)
	go func() {
		ended <- b.Watch(t.Context(), func(directory.Change) { stands <- struct{}{} })
	}()
	<-stands
	server.Stop()
	select {
	case err := <-ended:
		is(t, err, directory.ErrUnavailable)
	case <-time.After(5 * time.Second):
		t.Fatal("the watch does not notice")
	}
}

// TestACacheOverSlapd: what somebody else writes is seen, before and after the
// server was away.
func TestACacheOverSlapd(t *testing.T) {
	server := slapdtest.Start(t)
	b, other := open(t, server.Config()), open(t, server.Config())
	cache := directory.NewCache(b, directory.CacheConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = cache.Run(ctx) })
	defer running.Wait()
	defer cancel()
	p := add(t, other, "marta")
	rename := func(name string) {
		t.Helper()
		eventually(t, 5*time.Second, func() error {
			return other.ChangePerson(t.Context(), directory.System(), p.ID, directory.PersonChange{Name: &name})
		})
		eventually(t, 5*time.Second, func() error {
			got, err := cache.Person(t.Context(), p.ID)
			if err == nil && got.Name != name {
				err = errors.New("still " + got.Name)
			}
			return err
		})
	}
	rename("Marta")
	rename("Marta S.")
	server.Restart()
	rename("Marta Soler i Vila")
}

// TestOnlyTheRightServer: a certificate of somebody else is refused, over TLS
// and over StartTLS, and no password is sent to whoever shows it.
func TestOnlyTheRightServer(t *testing.T) {
	server := slapdtest.Start(t)
	for name, config := range map[string]ldapbackend.Config{
		"ldaps":    {URLs: []string{server.LDAPS()}},
		"StartTLS": {URLs: []string{server.LDAP()}, StartTLS: true},
	} {
		config.Base, config.BindDN, config.BindPassword = server.Base, "cn=idp,ou=system,"+server.Base, slapdtest.SystemPassword
		config.TLS = server.ClientTLS()
		if err := open(t, config).Ready(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		trips := 0
		config.Trips = func() { trips++ }
		config.TLS = &tls.Config{RootCAs: x509.NewCertPool()}
		is(t, open(t, config).Ready(t.Context()), directory.ErrUnavailable)
		if trips != 0 {
			t.Errorf("%s: %d requests to an unknown server", name, trips)
		}
	}
}

// TestWaysToLogIn: without a password by certificate, and over the socket.
func TestWaysToLogIn(t *testing.T) {
	server := slapdtest.Start(t)
	for name, config := range map[string]ldapbackend.Config{
		"certificate":              {URLs: []string{server.LDAPS()}, TLS: server.ClientCertificate()},
		"certificate and StartTLS": {URLs: []string{server.LDAP()}, TLS: server.ClientCertificate(), StartTLS: true},
		"socket":                   {URLs: []string{server.Socket()}, BindDN: "cn=idp,ou=system," + server.Base, BindPassword: slapdtest.SystemPassword},
	} {
		config.Base = server.Base
		b := open(t, config)
		if got := wrong(t, b.CheckSetup(t.Context())); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
	clear := ldapbackend.Config{URLs: []string{server.LDAP()}, Base: server.Base, BindDN: "cn=idp,ou=system," + server.Base, BindPassword: slapdtest.SystemPassword}
	is(t, open(t, clear).Ready(t.Context()), directory.ErrUnavailable) // the server takes no password in clear
	anonymous := ldapbackend.Config{URLs: []string{server.LDAPS()}, Base: server.Base, TLS: server.ClientTLS()}
	is(t, open(t, anonymous).Ready(t.Context()), directory.ErrUnavailable)
}

func deadAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// federation is one with certificates, of which nodes can be had.
type federation struct {
	*testing.T
	shelf  *shelf
	clock  *clock
	master Master
}

func newFederation(t *testing.T) *federation {
	return &federation{t, newShelf(), new(clock), testMaster(t)}
}

// node is one that has not loaded anything.
func (f *federation) node() *Certificates {
	return NewCertificates(CertificatesConfig{
		Directory: f.shelf, Sealer: testSealer(f, f.master), Now: f.clock.now, Rand: rand.Reader, Name: "clau.example",
	})
}

func (f *federation) loaded() *Certificates {
	f.Helper()
	c := f.node()
	f.ok(c.Load(f.Context()))
	return c
}

func (f *federation) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *federation) is(err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Fatalf("got %v, want %v", err, want)
	}
}

// ids are those published, the signing one first.
func ids(c *Certificates) []directory.KeyID {
	var all []directory.KeyID
	for _, each := range c.Published() {
		all = append(all, each.ID)
	}
	return all
}

func (f *federation) publishes(c *Certificates, want ...directory.KeyID) {
	f.Helper()
	if got := ids(c); !slices.Equal(got, want) {
		f.Fatalf("published %v, want %v", got, want)
	}
	signs, err := c.Signing("")
	f.ok(err)
	if signs.ID != want[0] {
		f.Fatalf("%s signs, want %s", signs.ID, want[0])
	}
}

// TestTheFirstCertificate is as service providers want it, and signs.
func TestTheFirstCertificate(t *testing.T) {
	f := newFederation(t)
	if _, err := f.node().Signing(""); !errors.Is(err, ErrNoKey) {
		t.Fatal(err)
	}
	signing, err := f.loaded().Signing("")
	f.ok(err)
	x, err := x509.ParseCertificate(signing.DER)
	f.ok(err)
	now := f.clock.now()
	switch {
	case x.Subject.CommonName != "clau.example" || x.Issuer.CommonName != "clau.example":
		t.Error(x.Subject, x.Issuer)
	case x.IsCA || !x.BasicConstraintsValid || x.KeyUsage != x509.KeyUsageDigitalSignature:
		t.Error("it certifies others")
	case !x.NotBefore.Before(now) || x.NotAfter.Before(now.AddDate(10, 0, -1)):
		t.Error(x.NotBefore, x.NotAfter)
	case x.SignatureAlgorithm != x509.SHA256WithRSA:
		t.Error(x.SignatureAlgorithm)
	case x.SerialNumber.Sign() <= 0 || x.SerialNumber.BitLen() < 64 || x.SerialNumber.BitLen() > 159:
		t.Error(x.SerialNumber)
	}
	sum := sha256.Sum256([]byte("a message"))
	signature, err := signing.Signer.Sign(rand.Reader, sum[:], crypto.SHA256)
	f.ok(err)
	f.ok(rsa.VerifyPKCS1v15(x.PublicKey.(*rsa.PublicKey), crypto.SHA256, sum[:], signature))

	other := newFederation(t)
	theirs, err := other.loaded().Signing("")
	f.ok(err)
	y, err := x509.ParseCertificate(theirs.DER)
	f.ok(err)
	if x.SerialNumber.Cmp(y.SerialNumber) == 0 {
		t.Error("two installations, one serial number")
	}
}

// TestNodesThatStartTogetherMakeOneCertificate: metadata that named two would
// be pinned by services with either.
func TestNodesThatStartTogetherMakeOneCertificate(t *testing.T) {
	f := newFederation(t)
	nodes := []*Certificates{f.node(), f.node(), f.node()}
	var all, read sync.WaitGroup
	read.Add(len(nodes))
	var reads atomic.Int32
	f.shelf.listed = func() { // all have read before any writes
		if int(reads.Add(1)) <= len(nodes) {
			read.Done()
			read.Wait()
		}
	}
	for _, c := range nodes {
		all.Go(func() {
			if err := c.Load(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(f.shelf.keys) != 1 {
		t.Fatalf("%d certificates", len(f.shelf.keys))
	}
	for _, c := range nodes {
		f.publishes(c, ids(nodes[0])...)
	}
}

// TestCertificatesAreTurnedOver in the three steps of an operator, over years.
func TestCertificatesAreTurnedOver(t *testing.T) {
	f := newFederation(t)
	ctx, c := t.Context(), f.loaded()
	old := ids(c)[0]
	f.clock.advance(5 * 365 * 24 * time.Hour)

	next, err := c.Publish(ctx)
	f.ok(err)
	f.publishes(c, old, next)
	again, err := c.Publish(ctx)
	f.ok(err)
	if again != next {
		t.Fatal("a second one beside the one that waits")
	}
	f.clock.advance(CertificateNotice - time.Second)
	f.is(c.Sign(ctx, next, false), ErrEarly)
	f.publishes(c, old, next)
	f.clock.advance(time.Second)
	f.is(c.Withdraw(ctx, old), ErrSigns)
	f.ok(c.Sign(ctx, next, false))
	f.publishes(c, next, old)

	// A service that pinned the old one is answered with it.
	signing, err := c.Signing(old)
	f.ok(err)
	if signing.ID != old {
		t.Fatal(signing.ID)
	}
	// Something went wrong: back, and forth within the same second.
	f.ok(c.Sign(ctx, old, false))
	f.publishes(c, old, next)
	f.ok(c.Sign(ctx, next, false))
	f.publishes(f.loaded(), next, old)

	f.is(c.Withdraw(ctx, next), ErrSigns)
	f.ok(c.Withdraw(ctx, old))
	f.publishes(c, next)
	_, err = c.Signing(old)
	f.is(err, ErrNoKey)
	f.is(c.Withdraw(ctx, old), directory.ErrNotFound)
	f.is(c.Sign(ctx, old, true), directory.ErrNotFound)
	left := f.shelf.keys[old]
	if len(left.Sealed) > 0 || len(left.Public) == 0 || left.Retires.IsZero() {
		t.Errorf("what is left: %+v", left)
	}

	// In an emergency there is no time, and no name comes back.
	third, err := c.Publish(ctx)
	f.ok(err)
	if third == old || third == next {
		t.Fatal("a name is used again")
	}
	f.ok(c.Sign(ctx, third, true))
	f.ok(c.Withdraw(ctx, next))
	f.publishes(f.loaded(), third)
}

// TestOneThatWasPublishedByMistake goes without having signed.
func TestOneThatWasPublishedByMistake(t *testing.T) {
	f := newFederation(t)
	ctx, c := t.Context(), f.loaded()
	old := ids(c)[0]
	mistake, err := c.Publish(ctx)
	f.ok(err)
	f.ok(c.Withdraw(ctx, mistake))
	f.publishes(c, old)
	next, err := c.Publish(ctx)
	f.ok(err)
	if next == mistake {
		t.Fatal("another certificate under the name of one that was withdrawn")
	}
	f.is(c.Sign(ctx, "", true), directory.ErrNotFound)
	f.is(c.Withdraw(ctx, "nobody"), directory.ErrNotFound)
}

// TestOtherNodesFollow at once when they are told, and within a minute when not.
func TestOtherNodesFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFederation(t)
		operator, node := f.loaded(), f.loaded()
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() { defer close(over); node.Run(ctx) }()
		old := ids(node)[0]
		next, err := operator.Publish(ctx)
		f.ok(err)
		f.publishes(node, old)
		node.Refresh()
		synctest.Wait()
		f.publishes(node, old, next)
		f.ok(operator.Sign(ctx, next, true))
		time.Sleep(time.Minute)
		synctest.Wait()
		f.publishes(node, next, old)

		f.shelf.setDown(directory.ErrUnavailable)
		time.Sleep(time.Hour)
		synctest.Wait()
		f.publishes(node, next, old) // SAML goes on while the directory is down
		stop()
		<-over
	})
}

// TestWhoWritesTheDirectorySignsNothing: services would believe the certificate
// that metadata names.
func TestWhoWritesTheDirectorySignsNothing(t *testing.T) {
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(f *federation, k *directory.Key){
		"another certificate": func(f *federation, k *directory.Key) { k.Public = f.certificateOf(stranger) },
		"none":                func(_ *federation, k *directory.Key) { k.Public = nil },
		"two":                 func(_ *federation, k *directory.Key) { k.Public = slices.Concat(k.Public, k.Public) },
		"one changed a little": func(_ *federation, k *directory.Key) {
			k.Public = []byte(strings.Replace(string(k.Public), "clau.example", "evil.example", 1))
		},
		"a key under another name": func(_ *federation, k *directory.Key) { k.ID += "2" },
		"a key in clear": func(_ *federation, k *directory.Key) {
			k.Sealed, _ = x509.MarshalPKCS8PrivateKey(stranger)
		},
		"a key that signs tokens": func(f *federation, k *directory.Key) {
			r := loaded(f, Config{Sealer: testSealer(f, f.master), Algorithms: []string{RS256}})
			k.Sealed = r.state.Load().keys[0].Sealed
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFederation(t)
			running := f.loaded()
			f.shelf.change(func(k *directory.Key) { spoil(f, k) })
			c := f.node()
			f.is(c.Load(t.Context()), ErrSealBroken)
			if len(c.Published()) > 0 {
				t.Error("published")
			}
			before := ids(running)
			f.is(running.Load(t.Context()), ErrSealBroken)
			f.publishes(running, before...)
		})
	}
}

// certificateOf is one of a key that Clau does not have.
func (f *federation) certificateOf(k *rsa.PrivateKey) []byte {
	der, err := f.node().certify(k, f.clock.now())
	f.ok(err)
	return der
}

// TestNothingIsMadeBesideCertificatesOfAnotherMaster: with the wrong secret file
// a node must not come up as another identity provider.
func TestNothingIsMadeBesideCertificatesOfAnotherMaster(t *testing.T) {
	f := newFederation(t)
	f.loaded()
	f.master = testMaster(t)
	f.is(f.node().Load(t.Context()), ErrOtherMaster)
	_, err := f.node().Publish(t.Context())
	f.is(err, ErrOtherMaster)
	if len(f.shelf.keys) != 1 {
		t.Error("made")
	}
}

// TestRingAndCertificatesLeaveEachOtherAlone, though they live in one place.
func TestRingAndCertificatesLeaveEachOtherAlone(t *testing.T) {
	f := newFederation(t)
	c := f.loaded()
	r := loaded(t, Config{Directory: f.shelf, Sealer: testSealer(t, f.master), Now: f.clock.now, Algorithms: fastAlgorithms})
	f.ok(c.Load(t.Context()))
	certificate := ids(c)
	for range 3 {
		f.clock.advance(200 * 24 * time.Hour)
		f.ok(r.Load(t.Context()))
		f.ok(r.Rotate(t.Context(), ES256, true))
	}
	f.is(r.Withdraw(t.Context(), certificate[0]), directory.ErrNotFound)
	f.publishes(f.loaded(), certificate...)
	if body, _ := r.JWKS(); strings.Contains(string(body), string(certificate[0])) {
		t.Error("the certificate's key is published for tokens")
	}
	token := directory.KeyID(kidOf(t, r, ES256))
	f.is(c.Withdraw(t.Context(), token), directory.ErrNotFound)
	f.is(c.Sign(t.Context(), token, true), directory.ErrNotFound)
}

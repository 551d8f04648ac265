// SPDX-License-Identifier: AGPL-3.0-or-later

package embedded_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"commonscloud.coop/clau/ldapbackend/embedded"
	"commonscloud.coop/clau/ldapbackend/embedded/wire"
)

// raw connects without a client library.
func raw(t *testing.T, s *embedded.Server) net.Conn {
	t.Helper()
	c, err := s.Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// answer reads one message and returns the tag of its operation and its code.
func answer(t *testing.T, c net.Conn) (tag ber.Tag, code int64) {
	t.Helper()
	p, err := ber.ReadPacket(c)
	if err != nil {
		t.Fatal("no answer:", err)
	}
	op := p.Children[1]
	code, _ = op.Children[0].Value.(int64)
	return op.Tag, code
}

// deepSearch is a search for what is not not not … there.
func deepSearch(depth int) string {
	var filter wire.Builder
	filter.Add(0x87, "uid")
	for range depth {
		var outer wire.Builder
		outer.Nest(0xa2, func() { outer.Raw(filter.Bytes()) })
		filter = outer
	}
	var w wire.Builder
	w.Nest(wire.TagSequence, func() {
		w.Integer(wire.TagInteger, 1)
		w.Nest(0x63, func() {
			w.Text(people)
			w.Integer(wire.TagEnumerated, 2)
			w.Integer(wire.TagEnumerated, 0)
			w.Integer(wire.TagInteger, 0)
			w.Integer(wire.TagInteger, 0)
			w.Flag(false)
			w.Raw(filter.Bytes())
			w.Nest(wire.TagSequence, func() {})
		})
	})
	return string(w.Bytes())
}

func TestNonsenseEndsTheConnection(t *testing.T) {
	for name, bytes := range map[string]string{
		"text":             "GET / HTTP/1.1\r\n\r\n",
		"indefinite":       "\x30\x80\x02\x01\x01",
		"no operation":     "\x30\x03\x02\x01\x01",
		"unknown":          "\x30\x05\x02\x01\x01\x7f\x00",
		"cut short inside": "\x30\x07\x02\x01\x01\x60\x7f\x02\x01",
		"deep filter":      deepSearch(1000),
		"too long":         "\x30\x84\x7f\xff\xff\xff\x02\x01\x01",
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			c := raw(t, s)
			go func() { _, _ = io.WriteString(c, bytes) }()
			left, err := io.ReadAll(c)
			if err != nil {
				t.Fatal("the connection stays open:", err)
			}
			if name != "too long" && !strings.Contains(string(left), wire.OIDDisconnection) {
				t.Errorf("no notice of disconnection: %x", left)
			}
			find(t, asIDP(t, s), people, ldap.ScopeSingleLevel, "(uid=marta)") // others go on
		})
	}
}

func TestABindWithoutAPasswordIsRefused(t *testing.T) {
	s := start(t)
	c := raw(t, s)
	bind := ber.NewSequence("")
	bind.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 1, ""))
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, 0, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 3, ""))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, marta, ""))
	op.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, "", ""))
	bind.AppendChild(op)
	if _, err := c.Write(bind.Bytes()); err != nil {
		t.Fatal(err)
	}
	if tag, code := answer(t, c); tag != ldap.ApplicationBindResponse || code != ldap.LDAPResultUnwillingToPerform {
		t.Errorf("tag %d, code %d", tag, code)
	}
}

func TestAnonymousClientsSendLittle(t *testing.T) {
	s := start(t)
	big := ldap.NewAddRequest("clauId=n1,"+people, nil)
	big.Attribute("jpegPhoto", []string{strings.Repeat("x", 300<<10)})
	err := dial(t, s).Add(big)
	if code := codeOf(err); err == nil || code > 0 && code < ldap.ErrorNetwork {
		t.Error("300 KiB from nobody are read:", err)
	}
	wantCode(t, asIDP(t, s).Add(big), ldap.LDAPResultObjectClassViolation)
}

func TestOneConnectionServesMany(t *testing.T) {
	s := start(t)
	c := asIDP(t, s)
	var all sync.WaitGroup
	for i := range 64 {
		all.Add(1)
		go func() {
			defer all.Done()
			for range 20 {
				if i%4 == 0 {
					m := modify(pau, func(m *ldap.ModifyRequest) { m.Replace("displayName", []string{fmt.Sprint("Pau ", i)}) })
					if err := c.Modify(m); err != nil {
						t.Error(err)
					}
					continue
				}
				r, err := c.Search(ldap.NewSearchRequest(people, 1, 0, 0, 0, false, "(uid=marta)", nil, nil))
				if err != nil || len(r.Entries) != 1 {
					t.Error(err)
				}
			}
		}()
	}
	all.Wait()
}

func TestCountersAndTokensAreTakenOnce(t *testing.T) {
	s := start(t)
	setup := asIDP(t, s)
	if got := setTo(marta, "clauTokenEpoch", "0")(setup); got != "0" {
		t.Fatal(got)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 16 {
		c := asIDP(t, s)
		all.Add(1)
		go func() {
			defer all.Done()
			if err := c.Modify(modify(marta, func(m *ldap.ModifyRequest) { m.Increment("clauTokenEpoch", "1") })); err != nil {
				t.Error(err)
			}
			swap := modify("clauId=b1,"+marta, func(m *ldap.ModifyRequest) {
				m.Delete("clauCounter", []string{"41"})
				m.Add("clauCounter", []string{"42"})
			})
			if c.Modify(swap) == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		}()
	}
	all.Wait()
	if got := read(t, setup, marta, "clauTokenEpoch").GetAttributeValue("clauTokenEpoch"); got != "16" || won != 1 {
		t.Errorf("epoch %s, want 16; %d took the counter, want 1", got, won)
	}
}

func TestTheSocketKnowsItsOwn(t *testing.T) {
	s := start(t)
	dir, err := os.MkdirTemp("", "clau") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "ldapi")
	left, err := net.Listen("unix", path) // as a killed process leaves it
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = left.Close()
	if err := s.ListenUnix(path); err != nil {
		t.Fatal(err)
	}
	if err := s.ListenUnix(path); err == nil {
		t.Error("a socket that answers was taken over")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	c, err := ldap.DialURL("ldapi://" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.ExternalBind(); err != nil {
		t.Fatal(err)
	}
	if who, err := c.WhoAmI(nil); err != nil || who.AuthzID != "dn:"+idp {
		t.Errorf("who am I: %v %v", who, err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.ListenUnix(file); err == nil {
		t.Error("a file was removed for a socket")
	}
}

func TestReadsBeforeAndAfter(t *testing.T) {
	s := start(t)
	c := asIDP(t, s)
	ask := func(oid string) ldap.Control {
		p := ber.NewSequence("")
		p.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "displayName", ""))
		return ldap.NewControlString(oid, true, string(p.Bytes()))
	}
	m := modify(pau, func(m *ldap.ModifyRequest) { m.Replace("displayName", []string{"Pau V."}) }, ask(wire.OIDPreRead), ask(wire.OIDPostRead))
	r, err := c.ModifyWithResult(m)
	if err != nil || len(r.Controls) != 2 {
		t.Fatal(err, r)
	}
	before, after := fmt.Sprint(r.Controls[0]), fmt.Sprint(r.Controls[1])
	if !strings.Contains(before, "Pau Vila") || !strings.Contains(after, "Pau V.") {
		t.Errorf("before %q, after %q", before, after)
	}
}

func TestAFileHasOneOwnerAndOneBase(t *testing.T) {
	c := config(t)
	s, err := embedded.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := embedded.Open(c); err == nil {
		t.Error("opened twice")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error("closed twice:", err)
	}
	c.Base = "dc=other"
	if _, err := embedded.Open(c); err == nil {
		t.Error("opened under another base")
	}
}

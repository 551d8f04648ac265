// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// names resolves names to what a test says, and counts how often it is asked.
type names struct {
	found map[string][]string
	asked atomic.Int64
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.asked.Add(1)
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	var addrs []netip.Addr
	for _, text := range n.found[host] {
		addrs = append(addrs, netip.MustParseAddr(text))
	}
	return addrs, nil
}

func loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

func get(t *testing.T, client *http.Client, address string) (string, *http.Response, error) {
	t.Helper()
	answer, err := client.Get(address)
	if err != nil {
		return "", nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return string(body), answer, err
}

func TestOutboundReachesWhatIsAllowed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.UserAgent())
	}))
	defer server.Close()
	body, _, err := get(t, NewOutbound(OutboundConfig{Allow: loopback()}), server.URL)
	want(t, "error", err, nil)
	want(t, "who we say we are", body, "Clau")
}

// SSRF (CVE-2025-67494 in another provider: unauthenticated, and it read all).
func TestOutboundRefusesWhatOnlyThisMachineReaches(t *testing.T) {
	var reached atomic.Bool
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	resolver := &names{found: map[string][]string{
		"inside.example":   {"127.0.0.1"},
		"mixed.example":    {"93.184.215.14", "127.0.0.1"},
		"metadata.example": {"169.254.169.254"},
		"mapped.example":   {"::ffff:127.0.0.1"},
		"nat64.example":    {"64:ff9b::7f00:1"},
	}}
	client := NewOutbound(OutboundConfig{Resolver: resolver, Timeout: 3 * time.Second})
	for _, host := range []string{
		"127.0.0.1", "[::1]", "inside.example", "mixed.example", "metadata.example", "mapped.example", "nat64.example",
		"[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[fd00:ec2::254]", "[fe80::1]",
	} {
		_, _, err := get(t, client, "https://"+host+":"+port+"/")
		if !errors.Is(err, ErrForbiddenAddress) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if reached.Load() {
		t.Error("a request arrived")
	}
}

func TestWhatIsPublic(t *testing.T) {
	for addr, public := range map[string]bool{
		"93.184.215.14": true, "2606:2800:21f:cb07:6820:80da:af6b:8b2c": true, "::ffff:93.184.215.14": true,
		"100.64.0.1": false, "100.100.100.200": false, "192.0.0.192": false, "198.18.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"0.1.2.3": false, "224.0.0.1": false, "172.16.0.1": false, "172.32.0.1": true, "168.63.129.16": false, "2002:7f00:1::": false,
		"2001:0:1::1": false, "2001:db8::1": false, "64:ff9b::1": false, "fec0::1": false, "ff02::1": false, "::": false, "::7f00:1": false,
		"fe80::1%eth0": false, "fd12::1": false, "3fff::1": false, "4000::1": false,
	} {
		want(t, addr, isPublic(netip.MustParseAddr(addr)), public)
	}
}

func TestOutboundSpeaksTLSUnlessTheAddressIsAllowed(t *testing.T) {
	resolver := &names{found: map[string][]string{"public.example": {"93.184.215.14"}}}
	client := NewOutbound(OutboundConfig{Resolver: resolver, Allow: loopback(), Timeout: 3 * time.Second})
	for _, address := range []string{"http://public.example/", "http://93.184.215.14/", "ftp://public.example/", "file:///etc/passwd", "gopher://x/"} {
		_, _, err := get(t, client, address)
		if !errors.Is(err, ErrNotHTTPS) {
			t.Errorf("%s: %v", address, err)
		}
	}
	_, _, err := get(t, client, "https://user:secret@public.example/")
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a password in the address: %v", err)
	}
}

// A name is resolved once for a connection: what was checked is what is dialled.
func TestANameThatChangesItsMindGainsNothing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	defer server.Close()
	resolver := &names{found: map[string][]string{"app.example": {"127.0.0.1"}}}
	client := NewOutbound(OutboundConfig{Resolver: resolver, Allow: loopback()})
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	body, _, err := get(t, client, "http://app.example:"+port+"/")
	want(t, "error", err, nil)
	want(t, "body", body, "ok")
	want(t, "look-ups", resolver.asked.Load(), 1)
}

func TestOutboundFollowsNoRedirectUnlessTold(t *testing.T) {
	var there *httptest.Server
	there = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "http://10.0.0.1/", http.StatusFound)
			return
		}
		if r.URL.Path != "/end" {
			http.Redirect(w, r, there.URL+"/end", http.StatusFound)
		}
	}))
	defer there.Close()
	_, answer, err := get(t, NewOutbound(OutboundConfig{Allow: loopback()}), there.URL+"/")
	want(t, "error", err, nil)
	want(t, "the redirect itself", answer.StatusCode, 302)

	one := NewOutbound(OutboundConfig{Allow: loopback(), Redirects: 1, Timeout: 3 * time.Second})
	_, answer, err = get(t, one, there.URL+"/")
	want(t, "error", err, nil)
	want(t, "followed", answer.StatusCode, 200)
	_, _, err = get(t, one, there.URL+"/away")
	if !errors.Is(err, ErrForbiddenAddress) {
		t.Errorf("a redirect led inside: %v", err)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", len(r.URL.RawQuery)))
	}))
	defer server.Close()
	client := NewOutbound(OutboundConfig{Allow: loopback(), MaxAnswer: 100})
	body, _, err := get(t, client, server.URL+"/?"+strings.Repeat("y", 100))
	want(t, "exactly", err, nil)
	want(t, "bytes", len(body), 100)
	_, _, err = get(t, client, server.URL+"/?"+strings.Repeat("y", 101))
	if !errors.Is(err, ErrAnswerTooLarge) {
		t.Errorf("one more: %v", err)
	}
}

func TestOutboundWaitsForNobodyForLong(t *testing.T) {
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-done }))
	defer server.Close()
	defer close(done)
	_, _, err := get(t, NewOutbound(OutboundConfig{Allow: loopback(), Timeout: 50 * time.Millisecond}), server.URL)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("got %v", err)
	}
}

func TestOutboundUsesNoProxyAndChecksCertificates(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	// The environment cannot be tried out here: it is read once for a process,
	// and loopback is exempt.
	through := NewOutbound(OutboundConfig{}).Transport.(*outbound)
	want(t, "a proxy", through.secure.Proxy != nil || through.plain.Proxy != nil, false)

	_, _, err := get(t, NewOutbound(OutboundConfig{Allow: loopback()}), server.URL)
	var unknown *url.Error
	if !errors.As(err, &unknown) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody: %v", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	body, _, err := get(t, NewOutbound(OutboundConfig{Allow: loopback(), Roots: roots}), server.URL)
	want(t, "error", err, nil)
	want(t, "body", body, "ok")
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package dynamic

import (
	"context"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
	"commonscloud.coop/clau/idp/web"
)

const oneKey = `{"keys":[{"kty":"EC","crv":"P-256","x":"x","y":"y"}]}`

// What a service names is looked at once, and kept.
func TestWhatAServiceNames(t *testing.T) {
	w := newWorld(t)
	site := newSite(t, w)
	logo := site.has("/logo.png", drawn(t, 16)+"<script>")
	sector := site.has("/sector.json", `["https://nuvol.example/cb","https://other.example/cb"]`)
	r := w.registers("logo_uri", logo, "sector_identifier_uri", sector, "jwks_uri", site.has("/jwks", oneKey), "token_endpoint_auth_method", "private_key_jwt")
	s := w.service(r)
	if !strings.HasPrefix(string(s.Logo), "\x89PNG") || strings.Contains(string(s.Logo), "script") || r.text("logo_uri") != logo {
		t.Errorf("logo %.20q, %s", s.Logo, r.Body)
	}
	if want := "uri:" + strings.TrimPrefix(site.URL, "https://"); s.Sector != want || site.asked.Load() != 3 {
		t.Errorf("sector %q, asked %d times", s.Sector, site.asked.Load())
	}
	same := []any{"logo_uri", logo, "sector_identifier_uri", sector, "jwks_uri", site.URL + "/jwks", "token_endpoint_auth_method", "private_key_jwt"}
	if put := w.puts(r, same...); put.Code != 200 || site.asked.Load() != 3 || w.service(r).Logo == nil {
		t.Errorf("%d, asked %d times", put.Code, site.asked.Load())
	}
	// A redirect address that the host does not vouch for stays outside its sector.
	w.wants(w.puts(r, append(same, "redirect_uris", []string{"https://nuvol.example/cb", "https://evil.example/cb"})...), 400, invalidMetadata)
	if put := w.puts(r); put.Code != 200 || w.service(r).Logo != nil || w.service(r).Sector != "" {
		t.Errorf("what is not named any more stays: %+v", w.service(r))
	}
}

// Whatever is not what it should be is told in one sentence.
func TestAddressesThatHoldSomethingElse(t *testing.T) {
	w := newWorld(t)
	site := newSite(t, w)
	for name, pair := range map[string][2]string{
		"a page as logo":       {"logo_uri", site.has("/page", "<html>")},
		"a large logo":         {"logo_uri", site.has("/large", drawn(t, 16)+strings.Repeat("x", directory.LogoMax))},
		"a wide logo":          {"logo_uri", site.has("/wide", drawn(t, 2001))},
		"no logo":              {"logo_uri", site.URL + "/nowhere"},
		"a drawing of text":    {"logo_uri", site.has("/svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")},
		"a page as keys":       {"jwks_uri", site.URL + "/page"},
		"private keys":         {"jwks_uri", site.has("/private", strings.Replace(oneKey, `"x":"x"`, `"x":"x","d":"d"`, 1))},
		"a page as sector":     {"sector_identifier_uri", site.URL + "/page"},
		"a sector of others":   {"sector_identifier_uri", site.has("/others", `["https://other.example/cb"]`)},
		"a sector of prefixes": {"sector_identifier_uri", site.has("/prefix", `["https://nuvol.example/"]`)},
		"a sector of none":     {"sector_identifier_uri", site.has("/none", `[]`)},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			r := w.call("POST", "/key/register", w.token, metadata(pair[0], pair[1]))
			w.wants(r, 400, invalidMetadata)
			if r.text("error_description") != pair[0]+unreachableFault {
				t.Errorf("told %q", r.text("error_description"))
			}
		})
	}
	if len(w.d.services) != 0 {
		t.Error("registered all the same")
	}
}

// liar answers each question about a name with the next of its addresses: that
// is how a name is made to pass the check and lead inside after it.
type liar struct {
	names map[string][]string
	asked atomic.Int64
}

func (l *liar) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	answers, ok := l.names[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	n := int(l.asked.Add(1)) - 1
	var out []netip.Addr
	for text := range strings.SplitSeq(answers[n%len(answers)], " ") {
		out = append(out, netip.MustParseAddr(text))
	}
	return out, nil
}

// Server-side request forgery (CVE-2025-67494 in another provider): nothing that
// only this machine can reach is reached through the registration, by no
// spelling, redirect or change of mind of a name. And what is told is the same
// whether something is there or not.
func TestNothingInsideIsReached(t *testing.T) {
	w := newWorld(t)
	inside := newSite(t, w)
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	w.must(err)
	inside.has("/logo.png", drawn(t, 16))
	resolver := &liar{names: map[string][]string{
		"inside.example": {"127.0.0.1"}, "metadata.example": {"169.254.169.254"}, "mixed.example": {"93.184.215.14 127.0.0.1"}, "private.example": {"10.0.0.7"},
		"mapped.example": {"::ffff:127.0.0.1"}, "nat64.example": {"64:ff9b::7f00:1"}, "rebinding.example": {"127.0.0.1", "10.0.0.7"}, "localhost": {"127.0.0.1"}, "LOCALHOST": {"127.0.0.1"}, "six.example": {"::1"},
	}}
	w.room.Outbound = web.NewOutbound(web.OutboundConfig{Resolver: resolver, Timeout: 2 * time.Second, Redirects: 2})
	hosts := []string{
		"127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.000.000.001", "0", "0.0.0.0", "127.255.255.254",
		"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]", "[fd00:ec2::254]",
		"10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "[fc00::1]", "224.0.0.1", "255.255.255.255", "192.0.0.192", "198.18.0.1", "168.63.129.16",
		"localhost", "LOCALHOST", "a.localhost", "localhost.", "ip6-localhost", "inside.example", "INSIDE.example", "metadata.example", "mixed.example", "private.example",
		"mapped.example", "nat64.example", "six.example", "rebinding.example", "metadata.google.internal", "kubernetes.default.svc", "①②⑦.⓪.⓪.①", "127。0。0。1", "127.0.0.1.",
	}
	refused := map[string]bool{}
	for _, host := range hosts {
		for _, member := range []string{"logo_uri", "jwks_uri", "sector_identifier_uri"} {
			for _, form := range []string{"https://" + host + ":" + port + "/logo.png", "https://" + host + "/logo.png", "http://" + host + ":" + port + "/logo.png"} {
				r := w.call("POST", "/key/register", w.token, metadata(member, form, "token_endpoint_auth_method", "client_secret_basic"))
				w.wants(r, 400, invalidMetadata)
				refused[r.text("error_description")] = true
			}
		}
	}
	for _, address := range []string{
		"https://user@inside.example:" + port + "/logo.png", "https://93.184.215.14@inside.example/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "ftp://127.0.0.1/", "unix:///run/clau.sock",
		"https://inside.example\\@93.184.215.14/", "https://inside.example:" + port + "#@93.184.215.14/", "//127.0.0.1/", "https:127.0.0.1", "dict://127.0.0.1:11211/", "ldap://127.0.0.1/", "jar:https://127.0.0.1!/",
	} {
		w.wants(w.call("POST", "/key/register", w.token, metadata("logo_uri", address)), 400, invalidMetadata)
	}
	if n := inside.asked.Load(); n != 0 || len(w.d.services) != 0 {
		t.Errorf("%d requests arrived, %d services were registered", n, len(w.d.services))
	}
}

// An address outside that leads on to one inside leads nowhere.
func TestRedirectsLeadNowhereInside(t *testing.T) {
	w := newWorld(t)
	outside := newSite(t, w)
	inside := httptest.NewUnstartedServer(nil)
	t.Cleanup(inside.Close)
	outside.has("/logo.png", drawn(t, 16))
	for name, to := range map[string]string{
		"metadata": "https://169.254.169.254/latest/meta-data/", "private": "https://10.0.0.1/", "six": "https://[::1]/logo.png", "plain": "http://93.184.215.14/",
		"file": "file:///etc/passwd", "in a circle": "/circle",
	} {
		uri := outside.has("/"+strings.ReplaceAll(name, "in a circle", "circle"), "to "+to)
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.wants(w.call("POST", "/key/register", w.token, metadata("logo_uri", uri)), 400, invalidMetadata)
		})
	}
	w.t = t
	if r := w.registers("logo_uri", outside.has("/moved", "to /logo.png")); w.service(r).Logo == nil {
		t.Error("a picture that moved within its server is not found")
	}
}

// A name that is public when it is registered and private when it is asked
// again gains nothing: it is resolved for each connection, and what was checked
// is what is dialled.
func TestANameThatChangesItsMind(t *testing.T) {
	w := newWorld(t)
	inside := newSite(t, w)
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	w.must(err)
	resolver := &liar{names: map[string][]string{"mind.example": {"192.0.2.1", "127.0.0.1"}}}
	w.room.Outbound = web.NewOutbound(web.OutboundConfig{Resolver: resolver, Timeout: time.Second})
	for range 4 {
		w.wants(w.call("POST", "/key/register", w.token, metadata("logo_uri", "https://mind.example:"+port+"/logo.png")), 400, invalidMetadata)
	}
	if inside.asked.Load() != 0 || resolver.asked.Load() != 4 {
		t.Errorf("%d requests arrived, the name was asked for %d times", inside.asked.Load(), resolver.asked.Load())
	}
}

// A sector that an operator chose is not the software's to leave.
func TestAnOperatorsSectorStays(t *testing.T) {
	w := newWorld(t)
	site := newSite(t, w)
	r := w.registers()
	s := w.service(r)
	s.Sector = "coop"
	w.d.services[s.ID] = s
	if w.puts(r, "client_name", "Another"); w.service(r).Sector != "coop" {
		t.Errorf("left for %q", w.service(r).Sector)
	}
	sector := site.has("/sector.json", `["https://nuvol.example/cb","https://other.example/cb"]`)
	if put := w.puts(r, "sector_identifier_uri", sector); put.Code != 200 || w.service(r).Sector != "coop" {
		t.Errorf("%d, and is in %q", put.Code, w.service(r).Sector)
	}
}

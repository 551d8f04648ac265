// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxHops bounds how far a forged X-Forwarded-For makes us walk.
const maxHops = 32

// clientAddr is the address that a request comes from. Each proxy appends the
// address it saw to X-Forwarded-For, so the list is walked from the right, and
// only as long as whoever spoke is a trusted proxy: what stands further left
// was written by the client, and may be anything. Text that is no address ends
// the walk at the proxy that passed it on.
//
// The Forwarded header (RFC 7239) is not read: two headers that may disagree
// are a way to be deceived.
func clientAddr(r *http.Request, trusted []netip.Prefix) netip.Addr {
	client := parseAddr(r.RemoteAddr)
	hops := hopsOf(r.Header.Values("X-Forwarded-For"))
	for i := len(hops) - 1; i >= 0 && within(client, trusted); i-- {
		before := parseAddr(hops[i])
		if !before.IsValid() {
			return client
		}
		client = before
	}
	return client
}

// hopsOf returns the last hops of the header, oldest first. Lines of the same
// name are one list (RFC 9110 section 5.3).
func hopsOf(lines []string) []string {
	hops := strings.Split(strings.Join(lines, ","), ",")
	return hops[max(0, len(hops)-maxHops):]
}

// parseAddr reads an address with or without a port. Mapped IPv4 addresses
// become IPv4, so that they meet the prefixes that operators write.
func parseAddr(text string) netip.Addr {
	text = strings.TrimSpace(text)
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		port, portErr := netip.ParseAddrPort(text)
		if portErr != nil {
			return netip.Addr{}
		}
		addr = port.Addr()
	}
	return addr.Unmap().WithZone("")
}

func within(addr netip.Addr, prefixes []netip.Prefix) bool {
	return addr.IsValid() && slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// dropForwarded removes headers that only a trusted proxy may set, so that no
// handler believes one by mistake. Variants with underscores are removed from
// everybody: some proxies strip X-Forwarded-For and pass X_Forwarded_For on,
// and some programs read both as one. What else was removed is returned, for a
// [Relay] that proves itself later.
func dropForwarded(r *http.Request, trusted []netip.Prefix) (dropped http.Header) {
	fromProxy := within(parseAddr(r.RemoteAddr), trusted)
	for name := range r.Header {
		plain := strings.ToLower(strings.ReplaceAll(name, "_", "-"))
		if !isForwarded(plain) {
			continue
		}
		odd := plain == "forwarded" || strings.Contains(name, "_")
		if !odd && !fromProxy {
			dropped = keep(dropped, name, r.Header[name])
		}
		if odd || !fromProxy {
			delete(r.Header, name)
		}
	}
	return dropped
}

func keep(h http.Header, name string, values []string) http.Header {
	if h == nil {
		h = http.Header{}
	}
	h[name] = values
	return h
}

func isForwarded(name string) bool {
	switch name {
	case "forwarded", "x-real-ip", "x-client-ip", "true-client-ip", "x-cluster-client-ip",
		"x-original-url", "x-original-uri", "x-original-method", "x-rewrite-url", "x-host":
		return true
	}
	return strings.HasPrefix(name, "x-forwarded")
}

// addrPrefix is what one client is counted by: an IPv4 address, or the /64 that
// an IPv6 client may change addresses within at will.
func addrPrefix(addr netip.Addr) netip.Prefix {
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}

// AddrKey is the key that a [Limiter] counts an address by: an IPv4 address, or
// the /64 of an IPv6 one.
func AddrKey(addr netip.Addr) string { return addrPrefix(addr).String() }

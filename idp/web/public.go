// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/netip"
	"slices"
)

// isPublic reports whether an address is out on the internet, where anybody
// could reach it as well as we can.
func isPublic(addr netip.Addr) bool {
	addr = addr.Unmap()
	if !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.Zone() != "" {
		return false
	}
	if addr.Is6() && !netip.MustParsePrefix("2000::/3").Contains(addr) {
		return false
	}
	return !slices.ContainsFunc(specialPurpose(), func(p netip.Prefix) bool { return p.Contains(addr) })
}

// specialPurpose lists what looks like a public address and is none: the
// special-purpose registries of IANA (RFC 6890), ranges that carry an IPv4
// address inside, and one provider's metadata service. All IPv6 outside of
// 2000::/3 is refused without being listed.
func specialPurpose() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),       // this network
		netip.MustParsePrefix("100.64.0.0/10"),   // shared address space, RFC 6598
		netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
		netip.MustParsePrefix("192.0.2.0/24"),    // documentation
		netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
		netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
		netip.MustParsePrefix("198.51.100.0/24"), // documentation
		netip.MustParsePrefix("203.0.113.0/24"),  // documentation
		netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast
		netip.MustParsePrefix("168.63.129.16/32"),
		netip.MustParsePrefix("2001::/23"),     // Teredo, ORCHID and other assignments
		netip.MustParsePrefix("2001:db8::/32"), // documentation
		netip.MustParsePrefix("2002::/16"),     // 6to4: any IPv4 address inside
		netip.MustParsePrefix("3fff::/20"),     // documentation
	}
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package membership

import (
	"net/netip"
	"time"

	"github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// brakeSize bounds the memory that networks can take; who comes from more is
// forgotten oldest first.
const brakeSize = 16384

// brake lets each network through a number of times at once, and then once in
// a while. It is in this process alone and costs nobody anything: a flood is
// slowed here before it reaches the directory.
type brake struct {
	burst int
	every time.Duration
	seen  *lru.Cache[netip.Prefix, *rate.Limiter]
}

func newBrake(burst int, every time.Duration) *brake {
	seen, err := lru.New[netip.Prefix, *rate.Limiter](brakeSize)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &brake{burst: burst, every: every, seen: seen}
}

func (b *brake) lets(from netip.Addr, now time.Time) bool {
	key := network(from)
	limiter, found := b.seen.Get(key)
	if !found {
		limiter = rate.NewLimiter(rate.Every(b.every), b.burst)
		if earlier, found, _ := b.seen.PeekOrAdd(key, limiter); found {
			limiter = earlier
		}
	}
	return limiter.AllowN(now, 1)
}

// network is what one household or server is given at once: an address of
// IPv4, and of IPv6 the 56 bits that leave it 256 networks of its own
// (RFC 6177 section 2).
func network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 56
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // no address at all: all such are one
	}
	return p
}

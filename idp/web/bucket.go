// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http"
	"net/netip"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// maxBuckets bounds the memory that addresses can take: some 2 MB. Who asks
// from more addresses than that is forgotten oldest first.
const maxBuckets = 16384

// buckets is a token bucket for each client, in this process only. It exempts
// nobody: a proxy that forgot to forward addresses is braked as one client,
// and one that is exempt by its address exempts everybody behind it.
type buckets struct {
	perSecond rate.Limit
	burst     int
	byClient  *lru.Cache[netip.Prefix, *rate.Limiter]
}

func newBuckets(perSecond float64, burst int) *buckets {
	byClient, err := lru.New[netip.Prefix, *rate.Limiter](maxBuckets)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &buckets{perSecond: rate.Limit(perSecond), burst: burst, byClient: byClient}
}

func (b *buckets) allow(client netip.Addr, now time.Time) bool {
	key := addrPrefix(client)
	bucket, ok := b.byClient.Get(key)
	if !ok {
		fresh := rate.NewLimiter(b.perSecond, b.burst)
		earlier, found, _ := b.byClient.PeekOrAdd(key, fresh)
		bucket = fresh
		if found {
			bucket = earlier
		}
	}
	return bucket.AllowN(now, 1)
}

// brake refuses a request of somebody who asks too often.
func (rt *router) brake(limit *buckets, r *http.Request) error {
	if limit.allow(eventOf(r.Context()).client, rt.Now()) {
		return nil
	}
	return tooMany(time.Second, nil)
}

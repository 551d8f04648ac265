// SPDX-License-Identifier: AGPL-3.0-or-later

package saml

import (
	"context"
	"testing"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// searched is a directory that counts who is looked for.
type searched struct {
	Directory
	times int
}

func (s *searched) ServiceByEntityID(ctx context.Context, id string) (directory.Service, error) {
	s.times++
	return s.Directory.ServiceByEntityID(ctx, id)
}

func TestAnUnknownIssuerIsNotLookedUpAgainAndAgain(t *testing.T) {
	s := &searched{}
	l := leave(t, func(c *Config) { s.Directory, c.Directory = c.Directory, s })
	wiki := l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
	l.town.mu.Lock()
	delete(l.town.services, wiki.service.ID)
	l.town.mu.Unlock()
	b := l.browser()
	for range 3 {
		b.asks(wiki).told("client-unknown")
		b.leavesBy(wiki, wiki.leaves(known{name: nameID{Value: "x"}, index: "x"}), "").told("client-unknown")
	}
	if s.times != 1 {
		t.Errorf("looked up %d times", s.times)
	}
	l.clock.Advance(strangerFor)
	l.provider("wiki", directory.SAMLSettings{}, byRedirect("wiki"))
	b.asks(wiki).through("anna.vila").granted()
	for i := range strangersMax + 10 {
		l.p.strangers.meet(string(rune('a'+i)), noon.Add(time.Hour))
	}
	if n := l.p.strangers.until.Len(); n != strangersMax {
		t.Errorf("%d are remembered", n)
	}
}

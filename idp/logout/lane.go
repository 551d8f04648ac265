// SPDX-License-Identifier: AGPL-3.0-or-later

package logout

import (
	"context"
	"sync"
	"time"

	"commonscloud.coop/clau/idp/directory"
)

// A service whose last attempts all failed is left alone for a while: waiting
// for it in vain would keep people, and other services, waiting too.
const (
	deafAfter = 3 // attempts in a row
	deafFor   = 5 * time.Minute
)

// lanes are how this node reaches services: so many deliveries at once in all,
// and so many to one service.
type lanes struct {
	all   chan struct{}
	width int

	mu        sync.Mutex
	ofService map[directory.ServiceID]*lane
}

type lane struct {
	places chan struct{}

	// Guarded by lanes.mu.
	failed int       // attempts in a row
	until  time.Time // nobody enters before, but one to see whether it hears again
}

func newLanes(all, width int) *lanes {
	return &lanes{all: make(chan struct{}, all), width: width, ofService: map[directory.ServiceID]*lane{}}
}

func (l *lanes) of(service directory.ServiceID) *lane {
	one, ok := l.ofService[service]
	if !ok {
		one = &lane{places: make(chan struct{}, l.width)}
		l.ofService[service] = one
	}
	return one
}

// deaf reports whether the service is left alone now.
func (l *lanes) deaf(service directory.ServiceID, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.of(service)
	return one.failed >= deafAfter && now.Before(one.until)
}

// enter waits for a place, and returns how to leave it; false when there is none
// in time, or the service is left alone.
func (l *lanes) enter(ctx context.Context, service directory.ServiceID, now time.Time) (leave func(now time.Time, heard bool), ok bool) {
	one, ok := l.open(service, now)
	if !ok {
		return nil, false
	}
	for _, places := range []chan struct{}{one.places, l.all} {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			if places == l.all {
				<-one.places
			}
			return nil, false
		}
	}
	return func(now time.Time, heard bool) {
		<-l.all
		<-one.places
		l.learn(one, now, heard)
	}, true
}

// open lets everybody into the lane of a service that hears, and of a deaf one,
// when its time has come, one.
func (l *lanes) open(service directory.ServiceID, now time.Time) (*lane, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.of(service)
	if one.failed < deafAfter {
		return one, true
	}
	if now.Before(one.until) {
		return nil, false
	}
	one.until = now.Add(firstPause)
	return one, true
}

func (l *lanes) learn(one *lane, now time.Time, heard bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if heard {
		one.failed = 0
		return
	}
	one.failed++
	if over := one.failed - deafAfter; over >= 0 {
		one.until = now.Add(min(firstPause<<min(over, 8), deafFor))
	}
}

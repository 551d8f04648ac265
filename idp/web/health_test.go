// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestReadinessNamesWhatIsDown(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	var broken, asked atomic.Int64
	health := NewHealth(func() time.Time { return now }, map[string]func(context.Context) error{
		"directory": func(context.Context) error { return nil },
		"store": func(context.Context) error {
			asked.Add(1)
			if broken.Load() > 0 {
				return errors.New("dial tcp 10.0.0.5:6379: refused")
			}
			return nil
		},
	})
	d := newDoor(t, nil, health.Routes()...)
	look := func() (int, readiness) {
		w := d.get("/readyz")
		var seen readiness
		err := json.Unmarshal(w.Body.Bytes(), &seen)
		if err != nil || strings.Contains(w.Body.String(), "10.0.0.5") {
			t.Fatalf("%v: %q", err, w.Body)
		}
		return w.Code, seen
	}

	status, seen := look()
	want(t, "status", status, 200)
	want(t, "store", seen.Parts["store"], "up")

	broken.Store(1)
	status, _ = look()
	want(t, "within the same second", status, 200)
	want(t, "asked", asked.Load(), 1)

	now = now.Add(2 * time.Second)
	status, seen = look()
	want(t, "status", status, 503)
	want(t, "store", seen.Parts["store"], "down")
	want(t, "directory", seen.Parts["directory"], "up")
	want(t, "still lives", d.get("/healthz").Code, 200)

	broken.Store(0)
	now = now.Add(2 * time.Second)
	status, _ = look()
	want(t, "back again", status, 200)
}

// A directory that hangs must not hang the answer, nor gather goroutines.
func TestACheckThatHangsIsDownAndNotStartedTwice(t *testing.T) {
	release := make(chan struct{})
	var started atomic.Int64
	hung := &part{name: "directory", check: func(context.Context) error {
		started.Add(1)
		<-release
		return nil
	}}
	health := &Health{parts: []*part{hung}, now: time.Now}
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		want(t, "ready", health.checkAll(ctx).Ready, false)
		cancel()
	}
	want(t, "started", started.Load(), 1)
	close(release)
	for deadline := time.Now().Add(5 * time.Second); hung.busy.Load() && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	want(t, "ready when it came back", health.checkAll(t.Context()).Ready, true)
}

func TestACrowdAsksOnce(t *testing.T) {
	var asked atomic.Int64
	health := NewHealth(time.Now, map[string]func(context.Context) error{
		"store": func(context.Context) error { asked.Add(1); return nil },
	})
	d := newDoor(t, nil, health.Routes()...)
	var crowd sync.WaitGroup
	for range 50 {
		crowd.Go(func() { want(t, "status", d.get("/readyz").Code, 200) })
	}
	crowd.Wait()
	if asked.Load() > 2 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestMetricsCountByRouteAndNameNobody(t *testing.T) {
	metrics := NewMetrics()
	d := newDoor(t, func(c *Config) { c.Metrics = metrics },
		Route{Pattern: "GET /collectives/{name}", Needs: Anyone, Handle: hello})
	d.get("/collectives/canary-name?q=canary-query")
	d.get("/canary-path")
	metrics.Trip("store", time.Millisecond, nil)
	metrics.Trip("directory", time.Millisecond, errors.New("canary-error"))

	w := httptest.NewRecorder()
	metrics.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, line := range []string{
		`clau_requests_total{route="GET /collectives/{name}",status="200"} 1`,
		`clau_requests_total{route="none",status="404"} 1`,
		`clau_trip_seconds_count{outcome="error",part="directory"} 1`,
		`clau_trip_seconds_count{outcome="ok",part="store"} 1`,
	} {
		if !strings.Contains(w.Body.String(), line) {
			t.Errorf("no line %s", line)
		}
	}
	for _, personal := range []string{"canary", "198.51.100.7"} {
		if strings.Contains(w.Body.String(), personal) {
			t.Errorf("%s is in the metrics", personal)
		}
	}
}

func TestNoMetricsIsFine(t *testing.T) {
	var none *Metrics
	none.Trip("store", time.Second, nil)
	none.request("GET /x", 200, time.Second)
}

// SPDX-License-Identifier: AGPL-3.0-or-later

package logout_test

import (
	"testing"

	"commonscloud.coop/clau/idp/logout"
)

// BenchmarkEndTenThousand ends 10,000 sessions with 20 services each: 200,000
// deliveries. It is to take less than ten seconds.
func BenchmarkEndTenThousand(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		w := startIn(b)
		keys := w.crowd(10_000, some(20, "service")...)
		told := newSlow()
		w.room.Employ(told)
		b.StartTimer()
		outcomes, err := w.room.EndBut(b.Context(), "", keys...)
		if err != nil || len(outcomes) != 200_000 {
			b.Fatalf("%d outcomes, %v", len(outcomes), err)
		}
		b.StopTimer()
		done := 0
		for _, o := range outcomes {
			if o.Status == logout.Done {
				done++
			}
		}
		b.ReportMetric(float64(done), "done")
		b.StartTimer()
	}
}

// BenchmarkEnd is a log-out as people make it.
func BenchmarkEnd(b *testing.B) {
	w := startIn(b)
	w.room.Employ(newSlow())
	keys := w.crowd(b.N+1, some(20, "service")...)
	b.ResetTimer()
	for i := range b.N {
		if _, err := w.room.End(b.Context(), keys[i]); err != nil {
			b.Fatal(err)
		}
	}
}

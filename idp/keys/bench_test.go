// SPDX-License-Identifier: AGPL-3.0-or-later

package keys

import (
	"testing"
	"time"
)

func BenchmarkSign(b *testing.B) {
	r := loaded(b, Config{})
	claims := testClaims(r.c.Now(), time.Hour)
	for _, alg := range Algorithms() {
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sign(b, r, alg, "JWT", claims)
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	r := loaded(b, Config{})
	for _, alg := range Algorithms() {
		token := sign(b, r, alg, "JWT", testClaims(r.c.Now(), time.Hour))
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := r.Verify(token, expectJWT()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

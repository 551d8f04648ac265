// SPDX-License-Identifier: AGPL-3.0-or-later

package consent_test

import (
	"testing"

	"commonscloud.coop/clau/consent"
)

// A remembered consent is judged at every sign-on, and at every use of a token.
func BenchmarkJudge(b *testing.B) {
	in := first(all()...)
	in.Policy = bressola()
	c, err := consent.Settle(in, answer(consent.Judge(in).Ask))
	if err != nil {
		b.Fatal(err)
	}
	in.Consent = &c
	b.ReportAllocs()
	for b.Loop() {
		consent.Judge(in)
	}
}

func BenchmarkParsePolicy(b *testing.B) {
	raw, err := bressola().Encode(consent.JSON)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := consent.ParsePolicy(raw, consent.JSON); err != nil {
			b.Fatal(err)
		}
	}
}

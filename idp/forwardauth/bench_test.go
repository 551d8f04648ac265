// SPDX-License-Identifier: AGPL-3.0-or-later

package forwardauth_test

import (
	"net/http"
	"testing"

	"commonscloud.coop/clau/idp/directory"
)

// BenchmarkCheck is what each request to an application costs at Clau, but for
// the signature.
func BenchmarkCheck(b *testing.B) {
	w := start(b, func(s *directory.Service) {
		s.Forward.Rules = []directory.ForwardRule{{Prefix: "/admin", Groups: []string{"ateneu.admin"}}, {Prefix: "/fonts", Open: true}}
	})
	shows := w.with(w.inside())
	for b.Loop() {
		if answer := w.asks("/check", "/pages/acta", shows); answer.StatusCode != http.StatusOK {
			b.Fatal(answer.StatusCode)
		}
	}
}

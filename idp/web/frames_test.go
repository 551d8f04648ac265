// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestFramesAreAllowedByOrigin(t *testing.T) {
	w := httptest.NewRecorder()
	err := AllowFrames(w, "https://moodle.example/logout?sid=1", "https://moodle.example/other", "http://127.0.0.1:8080/x")
	if err != nil {
		t.Fatal(err)
	}
	policy := w.Header().Get(cspHeader)
	if !strings.HasSuffix(policy, "; frame-src https://moodle.example http://127.0.0.1:8080") ||
		!strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Error(policy)
	}
}

func TestFramesOfNothingToLookAt(t *testing.T) {
	for _, odd := range []string{"", "javascript:alert(1)", "data:text/html,x", "app://x", "//elsewhere", "https://", "https://a;script-src *"} {
		w := httptest.NewRecorder()
		if AllowFrames(w, "https://good.example/", odd) == nil || strings.Contains(w.Header().Get(cspHeader), "frame-src") {
			t.Errorf("%q was taken", odd)
		}
	}
	w := httptest.NewRecorder()
	if AllowFrames(w) != nil || w.Header().Get(cspHeader) != "" {
		t.Error("no frame, and a policy for it")
	}
}

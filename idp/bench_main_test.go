// SPDX-License-Identifier: AGPL-3.0-or-later

package idp_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
)

// emptyServer names the variable that makes this program serve nothing but an
// empty answer: the yardstick for all that is measured.
const emptyServer = "CLAU_BENCH_EMPTY"

func TestMain(m *testing.M) {
	if addr := os.Getenv(emptyServer); addr != "" {
		serveEmpty(addr)
		return
	}
	os.Exit(m.Run())
}

func serveEmpty(addr string) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	handler := func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "{}") }
	_ = http.Serve(listener, http.HandlerFunc(handler)) // until it is stopped
}

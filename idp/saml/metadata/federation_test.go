// SPDX-License-Identifier: AGPL-3.0-or-later

package metadata

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync"
	"testing"

	"commonscloud.coop/clau/idp/store/storetest"
	"commonscloud.coop/clau/idp/web"
)

// federation is a server that hands out metadata, and that tests tell to
// misbehave.
type federation struct {
	*httptest.Server
	clock   *storetest.Clock
	fetcher *Fetcher

	mu        sync.Mutex
	documents map[string][]byte // by escaped path
	status    int               // in place of 200
	asked     int
	unchanged int           // how often the answer was 304
	accept    string        // of the last request
	arrived   chan struct{} // if set, told of each request,
	leave     chan struct{} // which waits for this
}

// newFederation starts one, with a fetcher that may reach it.
func newFederation(t testing.TB) *federation {
	t.Helper()
	f := &federation{documents: map[string][]byte{}, clock: storetest.NewClock(noon)}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.StartTLS()
	t.Cleanup(f.Close)
	roots := x509.NewCertPool()
	roots.AddCert(f.Certificate())
	client := web.NewOutbound(web.OutboundConfig{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		Roots: roots, MaxAnswer: 300 << 20,
	})
	f.fetcher = NewFetcher(FetcherConfig{Client: client, Now: f.clock.Now})
	return f
}

func (f *federation) serve(w http.ResponseWriter, r *http.Request) {
	if f.arrived != nil {
		f.arrived <- struct{}{}
		<-f.leave
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	f.accept = r.Header.Get("Accept")
	document, known := f.documents[r.URL.EscapedPath()]
	switch {
	case f.status/100 == 3:
		http.Redirect(w, r, "/elsewhere", f.status)
		return
	case f.status != 0:
		http.Error(w, "no", f.status)
		return
	case !known:
		http.NotFound(w, r)
		return
	}
	sum := sha256.Sum256(document)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	if r.Header.Get("If-None-Match") == tag {
		f.unchanged++
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("ETag", tag)
	w.Header().Set("Content-Type", MediaType)
	_, _ = w.Write(document)
}

// publish puts a document at a path, and returns its address.
func (f *federation) publish(path string, document []byte) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	parsed, err := url.Parse(path)
	if err != nil {
		panic(err)
	}
	f.documents[parsed.EscapedPath()] = document
	return f.URL + path
}

func (f *federation) answers(status int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status = status
}

func (f *federation) requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

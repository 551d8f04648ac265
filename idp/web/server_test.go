// SPDX-License-Identifier: AGPL-3.0-or-later

package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// running is a server in the background, and how it ended.
type running struct {
	stop  context.CancelFunc
	ended chan error
}

func start(t *testing.T, c ServerConfig) running {
	t.Helper()
	c.Logger = slog.New(slog.DiscardHandler)
	ctx, stop := context.WithCancel(context.Background())
	s := running{stop: stop, ended: make(chan error, 1)}
	go func() { s.ended <- Serve(ctx, c) }()
	t.Cleanup(stop)
	return s
}

func (s running) end(t *testing.T) error {
	t.Helper()
	s.stop()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("the server did not end")
		return nil
	}
}

// certificate borrows the one that httptest carries.
func certificate() (tls.Certificate, *x509.CertPool) {
	lender := httptest.NewTLSServer(http.NotFoundHandler())
	defer lender.Close()
	roots := x509.NewCertPool()
	roots.AddCert(lender.Certificate())
	return lender.TLS.Certificates[0], roots
}

func TestWhatIsInFlightIsFinished(t *testing.T) {
	arrived, finish := make(chan struct{}), make(chan struct{})
	l := listen(t)
	s := start(t, ServerConfig{Listeners: []net.Listener{l}, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-finish
		if r.Context().Err() != nil {
			t.Error("the request was cancelled")
		}
		_, _ = io.WriteString(w, "finished")
	})})
	answers := make(chan string, 1)
	go func() {
		answer, err := http.Get("http://" + l.Addr().String())
		if err != nil {
			answers <- err.Error()
			return
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		answers <- string(body)
	}()
	<-arrived
	s.stop()
	refused := func() bool {
		conn, err := net.DialTimeout("tcp", l.Addr().String(), time.Second)
		if err == nil {
			conn.Close()
		}
		return err != nil
	}
	for deadline := time.Now().Add(5 * time.Second); !refused() && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	want(t, "new connections refused", refused(), true)
	close(finish)
	want(t, "answer", <-answers, "finished")
	want(t, "end", s.end(t), nil)
}

func TestWhoeverHangsIsCutOffAfterTheGrace(t *testing.T) {
	arrived, never := make(chan struct{}), make(chan struct{})
	defer close(never)
	l := listen(t)
	s := start(t, ServerConfig{Listeners: []net.Listener{l}, Grace: 20 * time.Millisecond, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-never
	})})
	go func() {
		answer, err := http.Get("http://" + l.Addr().String())
		if err == nil {
			answer.Body.Close()
		}
	}()
	<-arrived
	if err := s.end(t); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ended with %v", err)
	}
}

// The listening socket is asked, not the configuration (CVE-2024-23656 in
// another provider: TLS 1.0 was served because the configuration was dropped).
func TestNothingBelowTLS12IsSpoken(t *testing.T) {
	cert, roots := certificate()
	l := listen(t)
	s := start(t, ServerConfig{
		Listeners: []net.Listener{l},
		Handler:   http.NotFoundHandler(),
		TLS:       &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10},
	})
	for version, spoken := range map[uint16]bool{
		tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true,
	} {
		conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{
			RootCAs: roots, ServerName: "example.com", MinVersion: version, MaxVersion: version,
		})
		want(t, tls.VersionName(version), err == nil, spoken)
		if err == nil {
			conn.Close()
		}
	}
	want(t, "end", s.end(t), nil)
}

func TestHTTP2IsSpokenOverTLS(t *testing.T) {
	cert, roots := certificate()
	l := listen(t)
	s := start(t, ServerConfig{
		Listeners: []net.Listener{l},
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }),
		TLS:       &tls.Config{Certificates: []tls.Certificate{cert}},
	})
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "example.com"}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	body, _, err := get(t, &http.Client{Transport: transport}, "https://"+l.Addr().String())
	want(t, "error", err, nil)
	want(t, "protocol", body, "HTTP/2.0")
	want(t, "end", s.end(t), nil)
}

func TestMetricsHaveAListenerOfTheirOwn(t *testing.T) {
	world, inside := listen(t), listen(t)
	s := start(t, ServerConfig{
		Listeners: []net.Listener{world}, Handler: http.NotFoundHandler(),
		Metrics: inside, MetricsHandler: NewMetrics().Handler(),
	})
	_, answer, err := get(t, http.DefaultClient, "http://"+inside.Addr().String())
	want(t, "error", err, nil)
	want(t, "inside", answer.StatusCode, 200)
	_, answer, err = get(t, http.DefaultClient, "http://"+world.Addr().String()+"/metrics")
	want(t, "error", err, nil)
	want(t, "the world", answer.StatusCode, 404)
	want(t, "end", s.end(t), nil)
}

func TestABrokenListenerEndsTheServer(t *testing.T) {
	one, two := listen(t), listen(t)
	s := start(t, ServerConfig{Listeners: []net.Listener{one, two}, Handler: http.NotFoundHandler()})
	one.Close()
	select {
	case err := <-s.ended:
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("half a server goes on")
	}
	_, err := net.Dial("tcp", two.Addr().String())
	if err == nil {
		t.Error("the other listener is still open")
	}
}

func TestAnIncompleteServerDoesNotStart(t *testing.T) {
	if Serve(t.Context(), ServerConfig{}) == nil {
		t.Error("served nothing to nobody")
	}
}

func TestHeadersAreBounded(t *testing.T) {
	l := listen(t)
	s := start(t, ServerConfig{Listeners: []net.Listener{l}, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})})
	r, err := http.NewRequest("GET", "http://"+l.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	want(t, "status", answer.StatusCode, 431)
	want(t, "end", s.end(t), nil)
}
